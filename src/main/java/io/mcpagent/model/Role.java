package io.mcpagent.model;

/** Who speaks in a {@link Message}. The system prompt is no message: it stands beside them in a {@link ModelRequest}. */
public enum Role {
    /** The person, and the results of the tools that the model asked for. */
    USER,
    /** The model. */
    ASSISTANT
}
