package io.mcpagent.chat;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /chat}.
 *
 * @param message        what is asked
 * @param conversationId the conversation to continue; without it a new one begins
 */
record ChatRequest(@Nullable String message, @Nullable String conversationId) {}
