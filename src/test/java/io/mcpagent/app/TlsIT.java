package io.mcpagent.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.Relay;
import io.mcpagent.support.TlsFront;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The model and the tools over TLS: only a server that is trusted, and has the name that was asked for, hears anything. */
class TlsIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static LocalBedrock bedrock;
    private static RealToolbox toolbox;
    private static TlsFront model;
    private static TlsFront tools;

    @BeforeAll
    static void start() throws Exception {
        bedrock = LocalBedrock.start(0);
        bedrock.always(Script.Rounds.of(Script.call("get_customer", "{\"customer_id\":7}"), Script.text("It is Ada.")));
        toolbox = RealToolbox.overSampleShop();
        model = TlsFront.of("dns:localhost", bedrock.uri().getPort());
        tools = TlsFront.of("dns:localhost", toolbox.port());
    }

    @AfterAll
    static void end() throws Exception {
        for (AutoCloseable started : Arrays.asList(model, tools, toolbox, bedrock)) {
            if (started != null) {
                started.close();
            }
        }
    }

    @Test
    void should_ask_a_trusted_model_of_the_right_name() throws Exception {
        JsonNode reply = JSON.readTree(
                ask("https://localhost:" + model.port(), toolbox.url().toString(), model)
                        .body());
        assertEquals("It is Ada.", reply.path("answer").asText(), reply.toString());
    }

    @Test
    void should_call_trusted_tools_of_the_right_name() throws Exception {
        JsonNode reply =
                JSON.readTree(ask(bedrock.uri().toString(), "https://localhost:" + tools.port() + "/mcp", tools)
                        .body());
        assertEquals("ok", reply.path("toolCalls").path(0).path("outcome").asText(), reply.toString());
    }

    @Test
    void should_tell_nothing_to_a_model_of_another_name() {
        int before = bedrock.requests().size();
        assertEquals(
                503,
                ask("https://127.0.0.1:" + model.port(), toolbox.url().toString(), model)
                        .statusCode());
        assertEquals(before, bedrock.requests().size());
    }

    @Test
    void should_tell_nothing_to_a_model_that_is_not_trusted() {
        int before = bedrock.requests().size();
        assertEquals(
                503,
                ask("https://localhost:" + model.port(), toolbox.url().toString(), tools)
                        .statusCode());
        assertEquals(before, bedrock.requests().size());
    }

    @Test
    void should_ask_a_model_through_the_tunnel_of_a_proxy() throws Exception {
        try (Relay proxy = Relay.proxy(model.port())) {
            JsonNode reply = JSON.readTree(
                    askThrough(proxy, "https://localhost:" + model.port()).body());
            assertEquals("It is Ada.", reply.path("answer").asText(), reply.toString());
            assertTrue(
                    proxy.connectRequest().startsWith("CONNECT localhost:" + model.port() + " HTTP/1.1\r\n"),
                    proxy.connectRequest());
        }
    }

    @Test
    void should_tell_nothing_to_a_model_of_another_name_at_the_end_of_a_tunnel() throws Exception {
        int before = bedrock.requests().size();
        try (Relay proxy = Relay.proxy(model.port())) {
            assertEquals(
                    503, askThrough(proxy, "https://127.0.0.1:" + model.port()).statusCode());
            assertTrue(proxy.connectRequest().startsWith("CONNECT 127.0.0.1:"), proxy.connectRequest());
        }
        assertEquals(before, bedrock.requests().size());
    }

    @Test
    void should_call_no_tools_of_another_name() throws Exception {
        JsonNode reply =
                JSON.readTree(ask(bedrock.uri().toString(), "https://127.0.0.1:" + tools.port() + "/mcp", tools)
                        .body());
        assertFalse(reply.path("toolCalls").path(0).path("outcome").asText().equals("ok"), reply.toString());
        assertTrue(reply.path("notices").toString().contains("tools"), reply.toString());
    }

    private static HttpResponse<String> ask(String modelUrl, String toolsUrl, TlsFront trusted) {
        return ask(modelUrl, toolsUrl, trusted, Map.of());
    }

    private static HttpResponse<String> askThrough(Relay proxy, String modelUrl) {
        return ask(
                modelUrl,
                toolbox.url().toString(),
                model,
                Map.of("HTTPS_PROXY", proxy.uri().toString()));
    }

    private static HttpResponse<String> ask(
            String modelUrl, String toolsUrl, TlsFront trusted, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.putAll(Map.of(
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", modelUrl, "MCP_URL", toolsUrl, "AGENT_MODEL_MAX_ATTEMPTS", "1"));
        // Who may be trusted is tested here, and not how long a handshake takes on a busy machine.
        settings.putAll(Map.of("AGENT_TOOLS_CONNECT_TIMEOUT", "60s", "AGENT_TOOLS_LIST_TIMEOUT", "60s"));
        try (AgentProcess agent = AgentProcess.start(settings, trusted.trust())) {
            return agent.post("/chat", "{\"message\":\"Who is customer 7?\"}", "Accept", "application/json");
        }
    }
}
