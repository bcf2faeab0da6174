package io.mcpagent.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteTest {

    @Test
    void should_know_which_hosts_need_no_proxy() {
        assertTrue(Route.bypassed("bedrock-runtime.eu-west-1.amazonaws.com", Set.of(".*?.amazonaws.com")));
        assertTrue(Route.bypassed("vpce.amazonaws.com", Set.of(".amazonaws.com")));
        assertFalse(Route.bypassed("amazonaws.example", Set.of(".amazonaws.com", "localhost")));
    }
}
