package io.mcpagent.conversation;

import io.mcpagent.base.Sha256;
import io.mcpagent.model.Arguments;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that needs a person's word, and what became of it.
 *
 * @param callId      the model's id of the call
 * @param tool        the tool's name
 * @param arguments   the JSON text of exactly the arguments that will be sent
 * @param fingerprint the tool's fingerprint when approval was asked for: a tool that changed since is not called
 * @param state       how far it is
 * @param expiresAt   until when it can be approved
 * @param approvers   who has to approve it beside the one who asked, as the configuration names them: one of them is enough; empty if nobody has to
 * @param approvedBy  the subject of the one of them who did; null if nobody has yet
 */
public record Approval(
        String callId,
        String tool,
        Arguments arguments,
        String fingerprint,
        Stage state,
        Instant expiresAt,
        List<String> approvers,
        @Nullable String approvedBy) {

    public Approval {
        approvers = List.copyOf(approvers);
    }

    /** A call that nobody but the one who asked has to approve. */
    public Approval(
            String callId, String tool, Arguments arguments, String fingerprint, Stage state, Instant expiresAt) {
        this(callId, tool, arguments, fingerprint, state, expiresAt, List.of(), null);
    }

    /** The way of an approval. Each step is stored, under the conversation's version, before the next is taken. */
    public enum Stage {
        /** Nobody has decided. */
        PENDING,
        /** A person declined it, or the time ran out. */
        DECLINED,
        /** Approved, and its one execution has begun. Found like this after the process died, its outcome is unknown. */
        EXECUTING,
        /** Its result is among the turn's results. */
        EXECUTED
    }

    /** The same call, asked for again of a tool that has changed. */
    public Approval askedAgain(String changed, Instant until) {
        return new Approval(callId, tool, arguments, changed, Stage.PENDING, until, approvers, null);
    }

    /** SHA-256, in hex, of the arguments' text: what a decision names, so that what was shown is what runs. */
    public String digest() {
        return Sha256.hex(arguments.json());
    }

    /** The same call with other arguments. */
    public Approval with(Arguments edited) {
        return new Approval(callId, tool, edited, fingerprint, state, expiresAt, approvers, approvedBy);
    }

    /** The same call in another state. */
    public Approval in(Stage next) {
        return new Approval(callId, tool, arguments, fingerprint, next, expiresAt, approvers, approvedBy);
    }

    /** The same call with the word of one of its approvers; the one who asked has until then to have it run. */
    public Approval by(String approver, Instant until) {
        return new Approval(callId, tool, arguments, fingerprint, state, until, approvers, approver);
    }
}
