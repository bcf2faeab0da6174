package io.mcpagent.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One block of a {@link Message}, as Bedrock's Converse API has them.
 *
 * @see <a href="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html">ContentBlock</a>
 */
public sealed interface Content {

    /** Plain text; Converse refuses a blank one. */
    record Text(String text) implements Content {
        public Text {
            Objects.requireNonNull(text);
        }
    }

    /**
     * What we tell the model beside the user's words, such as the day. It is kept with them, so that what is sent again is the same; nobody is shown
     * it.
     *
     * @param turns of a summary, how many turns it stands for, from the conversation's first on; it goes before what follows them. 0 for any other note
     */
    record Note(String text, int turns) implements Content {
        public Note {
            Objects.requireNonNull(text);
        }

        /** A note that stands where it is. */
        public Note(String text) {
            this(text, 0);
        }
    }

    /**
     * The model asks for a tool.
     *
     * @param id    our id of this call, never the model's, which nothing keeps from being that of another call; the {@link ToolResult} repeats it
     * @param name  the tool's name as the model wrote it, which may be one that does not exist
     * @param input the arguments
     */
    record ToolUse(String id, String name, Arguments input) implements Content {

        /** A call whose arguments are read from what a model wrote. */
        public ToolUse(String id, String name, String written) {
            this(id, name, Arguments.read(written));
        }

        public ToolUse {
            Objects.requireNonNull(id);
            Objects.requireNonNull(name);
            Objects.requireNonNull(input);
        }
    }

    /**
     * What a tool answered.
     *
     * @param toolUseId the id of the {@link ToolUse} that this answers
     * @param text      what the model gets to read, never blank
     * @param error     whether the call failed
     */
    record ToolResult(String toolUseId, String text, boolean error) implements Content {
        public ToolResult {
            Objects.requireNonNull(toolUseId);
            Objects.requireNonNull(text);
        }
    }

    /**
     * The model's reasoning. It must go back to the model unchanged, or Bedrock refuses the next request of the turn.
     *
     * @param text      the readable reasoning, or null when it is redacted
     * @param signature what proves to the service that the text is its own, or null
     * @param redacted  the encrypted reasoning in Base64, or null when it is readable
     * @param origin    what it is bound to, or null if that is not known
     */
    record Reasoning(
            @Nullable String text,
            @Nullable String signature,
            @Nullable String redacted,
            @Nullable Origin origin) implements Content {

        /** Reasoning of which it is not known what it is bound to. */
        public Reasoning(@Nullable String text, @Nullable String signature, @Nullable String redacted) {
            this(text, signature, redacted, null);
        }
    }

    /**
     * What reasoning is bound to.
     *
     * @param model  the row of the model that reasoned, see {@link ModelRow#match}: no other can read it
     * @param prefix a digest of all that stood before it: some models take it back only behind the same
     */
    record Origin(String model, String prefix) {
        public Origin {
            Objects.requireNonNull(model);
            Objects.requireNonNull(prefix);
        }
    }
}
