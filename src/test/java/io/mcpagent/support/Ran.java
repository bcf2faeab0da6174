package io.mcpagent.support;

/**
 * What became of a program.
 *
 * @param output all that it wrote
 */
public record Ran(int exit, String output) {}
