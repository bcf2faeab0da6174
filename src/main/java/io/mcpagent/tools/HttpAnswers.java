package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;

/** Finds the answer to one request in an HTTP response, which is either plain JSON or a stream of events. */
final class HttpAnswers {

    /** Answers what the server asks while it works on our request. */
    @FunctionalInterface
    interface Asked {
        void answer(RpcMessage asked) throws McpException, InterruptedException;
    }

    private final int resultSize;
    private final int limit;

    /**
     * @param resultSize how many bytes of a tool call's result are kept
     * @param limit      how many bytes of an answer are read at most
     */
    HttpAnswers(int resultSize, int limit) {
        this.resultSize = resultSize;
        this.limit = limit;
    }

    /**
     * Reads until the answer to request {@code id} is there.
     *
     * @param call whether it is the answer to a tool call
     */
    RpcMessage read(ClassicHttpResponse response, long id, boolean call, boolean inSession, Asked asked)
            throws IOException, McpException, InterruptedException {
        int status = response.getCode();
        HttpEntity entity = response.getEntity();
        String type = entity == null || entity.getContentType() == null ? "" : entity.getContentType();
        if (status == 404 && inSession) {
            throw new McpException(McpException.Kind.SESSION_GONE, "the server has forgotten the session");
        }
        try {
            if (type.startsWith("application/json")) {
                RpcMessage message =
                        RpcMessage.read(new LimitedInput(entity.getContent(), limit), call ? resultSize : -1);
                if (message.answers(id)) {
                    return message.orThrow();
                }
            } else if (type.startsWith("text/event-stream") && status / 100 == 2) {
                return readEvents(entity, id, call, asked);
            }
        } catch (JsonProcessingException e) {
            // Jackson's message quotes the answer, which is content and must not get into a log.
            if (status / 100 == 2) {
                throw new McpException(McpException.Kind.LOST, "the answer is not whole JSON");
            }
        }
        throw withoutAnswer(status);
    }

    private RpcMessage readEvents(HttpEntity entity, long id, boolean call, Asked asked)
            throws IOException, McpException, InterruptedException {
        SseEvents events = new SseEvents(entity.getContent(), limit);
        SseEvents.Event event;
        while ((event = events.next()) != null) {
            if (!event.type().equals("message") || event.data().length == 0) {
                continue;
            }
            RpcMessage message = RpcMessage.read(event.input(), call ? resultSize : -1);
            if (message.answers(id)) {
                return message.orThrow();
            }
            if (message.asks()) {
                asked.answer(message);
            }
        }
        throw new McpException(McpException.Kind.LOST, "the stream ended before the answer");
    }

    private static McpException withoutAnswer(int status) {
        // A 4xx comes before anything is done; a 2xx or 5xx, also from a proxy in between, tells nothing.
        McpException.Kind kind =
                status / 100 == 4 || status / 100 == 3 ? McpException.Kind.REJECTED : McpException.Kind.LOST;
        return new McpException(kind, "HTTP status " + status + " without an answer");
    }
}
