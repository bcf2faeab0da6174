package io.mcpagent.conversation;

import java.time.Instant;

/**
 * A line of a list of conversations.
 *
 * @param title the beginning of its first message
 * @param turns how many turns it has
 */
public record ConversationSummary(String id, String title, Instant createdAt, Instant updatedAt, int turns) {}
