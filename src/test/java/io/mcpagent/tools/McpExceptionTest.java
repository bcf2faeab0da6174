package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class McpExceptionTest {

    @Test
    void should_have_nothing_of_the_server_in_the_message_that_is_logged() {
        String said = "SEEDED\n2026-01-01 00:00:00 INFO everything is fine";
        McpException failure = new McpException(-32603, said);
        assertEquals("JSON-RPC error -32603", failure.getMessage());
        assertEquals(said, failure.said());
    }
}
