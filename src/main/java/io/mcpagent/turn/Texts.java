package io.mcpagent.turn;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sentences that a turn itself says, to the reader or to the model. */
final class Texts {

    static final String TOOLS_UNAVAILABLE =
            "The tools are unavailable at the moment: this answer was made without them.";
    static final String TOOLS_REFUSED = "The model refused the tools: this answer was made without them.";
    static final String TELL_MODEL_NO_TOOLS =
            "\n\nNo tools are available right now. Say so when the answer would depend on data; do not guess.";
    static final String NO_ANSWER = "(The model gave no answer.)";
    static final String CUT_BY_LENGTH = "The answer was cut at its longest length.";
    static final String GUARDRAIL = "A guardrail stepped in.";
    static final String MODEL_DECLINED = "The model declined to answer this question.";
    static final String MALFORMED = "What the model wrote could not be used. Ask again, or in other words.";
    static final String DECLINED = "The person declined this call. It did not happen.";
    static final String EXPIRED = "Nobody approved this call in time. It did not happen.";
    static final String OUTCOME_UNKNOWN =
            "The agent stopped while this call ran. Whether it took effect is not known; it will not be repeated.";

    static final String UNKNOWN_BEFORE =
            "The agent stopped while it called a tool. Whether that call took effect is not known: look at the data.";

    static final String NOT_CALLED = "The turn was broken off before this call. It did not happen.";
    static final String BROKEN_OFF =
            "The turn was broken off after it had called tools that may have changed data. What they did is recorded here, and is not done again.";

    static final String HISTORY_LEFT_OUT =
            "The model refused this conversation's history: this question was asked without it.";

    static final String HISTORY_SHORTENED =
            "This conversation no longer fits: the model did not get to see its oldest turns.";
    static final String SUMMED_UP =
            "This conversation no longer fits: the model got to see its oldest turns as a summary.";
    static final String RESULTS_CUT =
            "The tools' results no longer fit together: the model got to see only the beginning of the older ones.";
    static final String UNPRICED =
            "The model that was asked has no price here: this turn's dollars are not known, and no limit counts them.";

    private Texts() {}

    /** What the model reads of a declined call, with what the person said. */
    static String declined(@Nullable String reason) {
        return reason == null ? DECLINED : DECLINED + " They said: " + reason;
    }

    static String edited(String arguments) {
        return "The person changed the arguments before they approved. The call was made with " + arguments + ":\n\n";
    }

    static String leftOut(List<String> tools) {
        return "These tools can't be offered to the model: " + String.join(", ", tools)
                + ". The log of the service says why.";
    }

    static String stepLimit(int steps) {
        return "I stopped after " + steps + " steps without coming to an answer.";
    }
}
