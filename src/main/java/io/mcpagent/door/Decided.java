package io.mcpagent.door;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.model.Arguments;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals.Verdict;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A decision on a tool call, as it is sent.
 *
 * @param approve   whether the call may run
 * @param reason    why not, for the model
 * @param arguments the arguments that it is to run with, if they are not those that were asked for
 * @param digest    the digest of the arguments that the person saw
 */
public record Decided(
        @Nullable Boolean approve,
        @Nullable String reason,
        @Nullable JsonNode arguments,
        @Nullable String digest) {

    /**
     * What was decided on that call.
     *
     * @throws ProblemException if it contradicts itself, or the arguments are none
     */
    public Verdict verdict(String callId) {
        return new Verdict(callId, Boolean.TRUE.equals(approve), reason, edited(arguments), digest);
    }

    /** Arguments that a person wrote; null for none. */
    public static @Nullable Arguments edited(@Nullable JsonNode arguments) {
        if (arguments == null || arguments.isNull() || arguments.isMissingNode()) {
            return null;
        }
        try {
            return Arguments.parse(arguments.toString());
        } catch (Arguments.InvalidArgumentsException e) {
            throw new ProblemException(Problem.INVALID_REQUEST, e.why());
        }
    }

    /** All of it, so that a repeated request is known as the same. */
    String said() {
        return approve + "\n" + Objects.toString(digest, "") + "\n" + Objects.toString(arguments, "") + "\n"
                + Objects.toString(reason, "");
    }
}
