package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.RealToolbox;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A call that a second person has to approve, and what callers are told of their rights, by HTTP. */
class SecondPersonIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] ASKER = Door.key(Door.BILLING);
    private static final String[] APPROVER = Door.key(Door.REPORTS);

    @Test
    void should_run_a_call_once_somebody_else_approved_what_they_saw() throws Exception {
        try (RealToolbox toolbox = RealToolbox.overSampleShop();
                Door door = new Door(Map.of(
                        "MCP_URL",
                        toolbox.url().toString(),
                        "AGENT_TOOLS_APPROVERS",
                        "get_customer by key:reports",
                        "AGENT_ACCESS_OPERATORS",
                        "key:reports"))) {
            door.bedrock.always(
                    Script.Rounds.of(Script.call("get_customer", "{\"customer_id\":7}"), Script.text("Done.")));
            JsonNode asked = body(200, door.agent.post("/chat", "{\"message\":\"Who is customer 7?\"}", ASKER));
            assertThat(asked.path("outcome").asText()).isEqualTo("approval_required");
            String own = "/chat/" + asked.path("conversationId").asText() + "/approvals/"
                    + asked.at("/approvals/0/callId").asText();
            JsonNode refused = JSON.readTree(
                    door.agent.post(own, "{\"approve\":true}", ASKER).body());
            assertThat(refused.path("type").asText()).isEqualTo("/problems/approval-needs-another");

            assertThat(body(200, door.agent.get("/approvals", Door.key(Door.PORTAL)))
                            .path("approvals"))
                    .isEmpty();
            JsonNode seen = body(200, door.agent.get("/approvals", APPROVER)).at("/approvals/0");
            assertThat(seen.path("tool").asText()).isEqualTo("get_customer");
            assertThat(seen.path("arguments").toString()).isEqualTo("{\"customer_id\":7}");
            assertThat(seen.has("conversationId"))
                    .as("the conversation is the asker's")
                    .isFalse();
            String path = "/approvals/" + seen.path("id").asText();
            body(400, door.agent.post(path, "{\"approve\":true}", APPROVER));
            body(409, door.agent.post(path, "{\"approve\":true,\"digest\":\"" + "0".repeat(64) + "\"}", APPROVER));
            String approval =
                    "{\"approve\":true,\"digest\":\"" + seen.path("digest").asText() + "\"}";
            body(404, door.agent.post(path, approval, Door.key(Door.PORTAL)));
            body(403, door.agent.post(path, approval, ASKER));
            assertThat(body(200, door.agent.post(path, approval, APPROVER))
                            .path("state")
                            .asText())
                    .isEqualTo("approved");

            JsonNode answered = body(200, door.agent.post(own, "{\"approve\":true}", ASKER));
            assertThat(answered.path("answer").asText()).endsWith("Done.");
            assertThat(answered.at("/toolCalls/0/outcome").asText()).isEqualTo("ok");
            body(404, door.agent.post(path, approval, APPROVER));

            JsonNode rights = body(200, door.agent.get("/tools", ASKER)).path("tools");
            assertThat(rights).anySatisfy(tool -> {
                assertThat(tool.path("name").asText()).isEqualTo("get_customer");
                assertThat(tool.path("offered").asBoolean()).isTrue();
            });
            body(403, door.agent.get("/tools/explain?tool=get_customer&key=billing", ASKER));
            assertThat(body(200, door.agent.get("/tools/explain?tool=get_customer&key=billing", APPROVER))
                            .path("tool")
                            .asText())
                    .isEqualTo("get_customer");
            body(404, door.agent.get("/tools/explain?tool=nothing", APPROVER));
            body(400, door.agent.get("/tools/explain", APPROVER));
        }
    }

    private static JsonNode body(int status, HttpResponse<String> response) throws JsonProcessingException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }
}
