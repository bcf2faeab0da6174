package io.mcpagent.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.ConverseRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Page;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.turn.Stage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The chat page in Chromium against the packaged agent, the real toolbox with a tool that writes, and the local Bedrock. */
@Tag("alone")
@Tag("long")
class PageIT {

    private static final Map<String, Script> SCRIPTS = new HashMap<>(Map.of(
            "set order 42 to cancelled",
                    Script.Rounds.of(
                            Script.call("update_order_status", "{\"order_id\": 42, \"status\": \"cancelled\"}"),
                            Script.text("That is settled.")),
            "talk on and on",
                    Script.text("It takes a while. " + "One more sentence that nobody needs. ".repeat(400))
                            .frameDelay(Duration.ofMillis(60)),
            "fail", Script.error("ValidationException", "The secret cause 4711.")));

    private static RealToolbox toolbox;
    private static Stage stage;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(Page.installed(), "Chromium and Node.js with npm are not installed");
        JsonNode hostile = new ObjectMapper().readTree(Page.hostileAnswers());
        for (int i = 0; i < hostile.size(); i++) {
            SCRIPTS.put("hostile answer " + i, Script.text(hostile.get(i).asText()));
        }
        toolbox = RealToolbox.start(
                List.of(Project.toolboxConfig("tools.sqlite.yaml"), Project.toolboxConfig("sample/tools.write.yaml")),
                Map.of("SHOP_DB", SampleShop.writableCopy().toString()));
        stage = Stage.with(toolbox.url(), "AGENT_MODEL_MAX_ATTEMPTS", "1");
        stage.bedrock().respond(PageIT::answer);
    }

    private static Script answer(ConverseRequest request) {
        return SCRIPTS.getOrDefault(Stage.lastQuestion(request.body()), new Script.Offline());
    }

    @AfterAll
    static void stop() {
        if (stage != null) {
            stage.close();
            toolbox.close();
        }
    }

    @Test
    void should_show_conversation_tool_chart_approval_stop_and_error() {
        Page.test("flows", stage.agent().url(""), Map.of());
    }

    @Test
    void should_run_and_load_nothing_of_hostile_answers() {
        Page.test("hostile", stage.agent().url(""), Map.of());
    }

    @Test
    void should_say_that_the_tools_are_away() {
        try (Stage without = Stage.withoutTools(java.net.URI.create("http://127.0.0.1:9/mcp"))) {
            Page.test("away", without.agent().url(""), Map.of());
        }
    }
}
