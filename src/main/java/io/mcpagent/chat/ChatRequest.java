package io.mcpagent.chat;

/**
 * The body of {@code POST /chat}.
 *
 * @param message        what is asked
 * @param conversationId the conversation to go on with; a new one begins without it
 */
public record ChatRequest(String message, String conversationId) {}
