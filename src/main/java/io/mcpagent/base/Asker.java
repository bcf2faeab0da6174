package io.mcpagent.base;

/**
 * On whose behalf something is asked of another service.
 *
 * @param caller the verified subject
 * @param runId  the turn, whose requests fail together
 */
public record Asker(String caller, String runId) {}
