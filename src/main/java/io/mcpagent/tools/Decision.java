package io.mcpagent.tools;

/** What the policy says of a tool. */
public enum Decision {
    ALLOW,
    ASK,
    DENY
}
