package io.mcpagent.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Reads the agent's log as a machine does. */
final class LogLines {

    private static final ObjectMapper JSON = new ObjectMapper();

    private LogLines() {}

    static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a line of the log is not JSON: " + line, e);
        }
    }
}
