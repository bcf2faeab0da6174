package io.mcpagent.problem;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that can go wrong for a caller: a closed list, so that no answer ever carries an exception's text.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457, Problem Details for HTTP APIs</a>
 */
public enum Problem {
    INVALID_REQUEST(
            400,
            "The request is not valid",
            "The body, a header or a parameter is missing, malformed or of the wrong form. Read the detail, correct the request and send it again."),
    UNAUTHORIZED(
            401,
            "Sign in first",
            "The request carries no credentials, or credentials that are not valid any more. Send a bearer token or an API key that this service accepts."),
    FORBIDDEN(
            403,
            "This is not allowed",
            "The credentials are valid, but do not allow this. Or authentication is off, and a page of another site sent the request. Sending it again does not help."),
    NOT_FOUND(404, "There is nothing here", "Nothing is offered under this path. Check its spelling."),
    CONVERSATION_NOT_FOUND(
            404,
            "There is no such conversation",
            "The conversation never existed, was deleted, has expired, or belongs to somebody else; the answer is the same for all of them."),
    RUN_NOT_FOUND(
            404,
            "No turn is running in this conversation",
            "The conversation has no running turn that could be stopped, or is not yours."),
    APPROVAL_NOT_FOUND(
            404,
            "No such tool call waits for approval",
            "The call never waited, or its turn is over. The conversation has the calls that wait."),
    METHOD_NOT_ALLOWED(405, "This method is not offered here", "The path exists, but not for this HTTP method."),
    NOT_ACCEPTABLE(
            406,
            "None of the accepted media types is offered here",
            "Answers come as application/json or, for turns, as text/event-stream. Accept one of them."),
    CONVERSATION_BUSY(
            409,
            "Another turn of this conversation is running",
            "One turn runs in a conversation at a time. Wait for its answer, or stop it with DELETE /chat/{id}/run."),
    APPROVAL_PENDING(
            409,
            "A tool call of this conversation waits for approval",
            "A tool call waits for a person. Approve or decline it before you continue the conversation."),
    APPROVAL_DECIDED(
            409,
            "This tool call was decided before",
            "A call can be approved or declined once, and somebody has decided already."),
    APPROVAL_NEEDS_ANOTHER(
            409,
            "Somebody else has to approve this call first",
            "Calls of this tool need a second person. Nothing was done, and the call still waits. Approve it after a named approver has approved it, or decline it."),
    TOOL_CHANGED(
            409,
            "The tool has changed since this approval was asked for",
            "The description, schema or hints of the tool have changed. The call was not made and waits again. Look at it again, then approve or decline it."),
    APPROVAL_CHANGED(
            409,
            "This is not the tool call that was shown",
            "The decision names other arguments than those of the call that waits. Nothing was decided. Look at the conversation again."),
    REQUEST_RUNNING(
            409,
            "A request with this Idempotency-Key is still running",
            "The same request is being answered right now. Send it again in a moment to get its answer."),
    TURN_CANCELLED(
            409,
            "The turn was cancelled",
            "The turn was stopped by its owner, or its client left. The conversation is as it was before."),
    APPROVAL_EXPIRED(
            410,
            "The time to approve this tool call is over",
            "The call was not approved in time, and did not happen. Ask again if it is still wanted."),
    TOO_LARGE(
            413,
            "The request is too large",
            "The body or the message is larger than this service takes. The detail says how much it takes."),
    URI_TOO_LONG(414, "The address is too long", "The request's path and query are longer than this service takes."),
    UNSUPPORTED_MEDIA_TYPE(
            415, "The request must be JSON", "The body must be JSON, sent with Content-Type: application/json."),
    IDEMPOTENCY_KEY_REUSED(
            422,
            "This Idempotency-Key belongs to another request",
            "An Idempotency-Key stands for one request. Send a new key with a new request."),
    RATE_LIMITED(
            429,
            "Too many requests",
            "You sent more requests, or run more turns at once, than you may. Wait for as long as Retry-After says."),
    BUDGET_EXCEEDED(
            429,
            "The budget is used up",
            "A limit on dollars or tokens is reached. The detail names the limit. Retry-After says when it ends, if it ever does."),
    HEADERS_TOO_LARGE(431, "The headers are too large", "The request's headers are larger than this service takes."),
    INTERNAL_ERROR(
            500,
            "Something went wrong here",
            "This is a fault of the service. Its log has the cause under this traceId. The conversation is as it was."),
    MODEL_REFUSED(
            502,
            "The model service refused the request",
            "The model service refused what this service sent, because of its configuration or its permissions. Its operator finds the cause in the log."),
    MODEL_FAILED(
            502,
            "The model's answer broke off",
            "The model's answer broke off half-way. The conversation is as it was; ask again."),
    MODEL_BUSY(
            503,
            "The model is busy",
            "The model service limits requests at the moment. Retries within the turn's deadline did not help. Ask again after Retry-After."),
    MODEL_UNAVAILABLE(
            503, "The model can't be reached", "The model service does not answer. Ask again after Retry-After."),
    TOOLS_UNAVAILABLE(
            503,
            "The tools can't be reached",
            "The tool server does not answer. If you approved a call, it was not made and still waits, because its tool could not be compared. Approve it again after Retry-After."),
    SIGN_IN_UNAVAILABLE(
            503,
            "Who you are can't be checked at the moment",
            "The service that verifies your credentials does not answer, so they were neither accepted nor refused. Try again after Retry-After."),
    STORE_UNAVAILABLE(
            503,
            "Conversations can't be stored at the moment",
            "The store of the conversations does not answer. The detail says what happened to the request. If there is a Retry-After, ask again then."),
    AUDIT_UNAVAILABLE(
            503,
            "What is done can't be recorded at the moment",
            "A call that may change data needs a record in the audit trail, and the store of the trail does not answer. The call was not made. Try again after Retry-After."),
    OVERLOADED(
            503,
            "Too many turns are running",
            "This instance has reached its limit of turns or requests. Ask again after Retry-After; another instance may have room."),
    SHUTTING_DOWN(
            503,
            "This instance is shutting down",
            "This instance is being replaced. Send the request again; another instance will take it."),
    DEADLINE_EXCEEDED(
            504,
            "The turn took too long",
            "The turn did not end within the time that a turn may take. It was stopped, and the conversation is as it was.");

    private final int status;
    private final String title;
    private final String explanation;
    private final String slug = name().toLowerCase(Locale.ROOT).replace('_', '-');

    Problem(int status, String title, String explanation) {
        this.status = status;
        this.title = title;
        this.explanation = explanation;
    }

    /** The problem of that slug, unless there is none. */
    static Optional<Problem> find(String slug) {
        return Arrays.stream(values())
                .filter(problem -> problem.slug.equals(slug))
                .findFirst();
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** One plain sentence that is the same for every occurrence. */
    public String title() {
        return title;
    }

    /** What it means and what to do about it. */
    public String explanation() {
        return explanation;
    }

    /** The last part of the problem's {@code type}, and the code of a stream's error event. */
    public String slug() {
        return slug;
    }
}
