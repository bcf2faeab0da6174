package io.mcpagent.chat;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /chat}.
 *
 * @param message        what is asked
 * @param conversationId the conversation to go on with; a new one begins without it
 */
record ChatRequest(@Nullable String message, @Nullable String conversationId) {}
