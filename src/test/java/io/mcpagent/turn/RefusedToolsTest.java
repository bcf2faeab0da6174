package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.model.Message;
import io.mcpagent.model.RealModels;
import io.mcpagent.problem.Problem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Turns over the wire with a service that refuses each request that offers some tool, by a rule that the agent does not know. */
class RefusedToolsTest {

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final RealModels models = new RealModels(bedrock.uri());
    private final TurnRig rig = new TurnRig();

    @AfterEach
    void close() {
        rig.close();
        models.close();
        bedrock.close();
    }

    private static List<String> offered(JsonNode request) {
        List<String> names = new ArrayList<>();
        request.at("/toolConfig/tools").forEach(tool -> {
            if (tool.has("toolSpec")) {
                names.add(tool.at("/toolSpec/name").asText());
            }
        });
        return names;
    }

    /** %d is the tool's place from 0, %e from 1. */
    private void refuse(String message, String... tools) {
        rig.model.instead = models.models();
        bedrock.respond(request -> {
            List<String> names = offered(request.body());
            for (String tool : tools) {
                int place = names.indexOf(tool);
                if (place >= 0) {
                    return Script.error(
                            "ValidationException",
                            message.replace("%d", "" + place)
                                    .replace("%e", "" + (place + 1))
                                    .replace("%s", tool));
                }
            }
            return Script.text("Done.");
        });
    }

    private List<List<String>> offers() {
        return bedrock.requests().stream().map(each -> offered(each.body())).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "The value at toolConfig.tools.%d.toolSpec.inputSchema.json.type must be one of the following: object.",
                "1 validation error detected: Value at 'toolConfig.tools.%e.member.toolSpec.name' failed to satisfy constraint",
                "The model returned the following errors: tools.%d.custom.input_schema: JSON schema is invalid",
                "Malformed input request: #/toolConfig/tools/%d/toolSpec/inputSchema/json: extraneous key [$defs] is not permitted",
                "tools[%d]: no",
                "The schema of tool '%s' is not supported by this model."
            })
    void should_leave_out_the_tool_that_the_service_names(String message) {
        refuse(message, "write", "forbidden");
        TurnResult result = rig.run(TurnRig.streamed("c", "Hi"));
        assertThat(result.answer()).isEqualTo("Done.");
        assertThat(result.notices()).containsExactly(Texts.leftOut(List.of("write", "forbidden")));
        assertThat(rig.tools.refused).containsExactly("write", "forbidden");
        assertThat(offers())
                .containsExactly(
                        List.of("read", "write", "allowed_write", "forbidden"),
                        List.of("read", "allowed_write", "forbidden"),
                        List.of("read", "allowed_write"));
        rig.run(TurnRig.says("c", "And?"));
        assertThat(rig.stored("c").turns()).hasSize(2);
    }

    @Test
    void should_keep_the_history_and_leave_out_all_tools_when_none_is_named() {
        rig.model.says("Hello.");
        rig.run(TurnRig.says("c", "Hi"));
        refuse("A tool schema is not valid.", "read");
        TurnResult result = rig.run(TurnRig.says("c", "There?"));
        assertThat(result.answer()).isEqualTo("Done.");
        assertThat(result.notices()).containsExactly(Texts.TOOLS_REFUSED);
        assertThat(rig.tools.refused).isEmpty();
        JsonNode last = bedrock.requests().getLast().body();
        assertThat(last.at("/messages/0/content/0/text").asText()).isEqualTo("Hi");
        assertThat(last.path("system").toString()).contains("No tools are available");
        assertThat(rig.stored("c").turns().getLast().messages())
                .extracting(Message::text)
                .containsExactly("There?", "Done.");
    }

    /** What a client sent may be quoted in a refusal: that must not take a tool from everybody. */
    @Test
    void should_believe_a_named_tool_only_if_the_request_is_taken_without_it() {
        rig.model.instead = models.models();
        bedrock.respond(request ->
                Script.error("ValidationException", "messages.0.content.0.text: tools.0 is not what this should say"));
        assertThat(rig.fails(TurnRig.says(null, "tools.0")).problem()).isEqualTo(Problem.MODEL_REFUSED);
        assertThat(rig.tools.refused).isEmpty();
        assertThat(bedrock.requests()).hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void should_offer_a_tool_again_that_was_named_but_was_not_the_reason() {
        rig.model.says("Hello.");
        rig.run(TurnRig.says("c", "Hi"));
        rig.model.instead = models.models();
        bedrock.respond(request -> request.body().path("messages").size() > 1
                ? Script.error("ValidationException", "messages.0.content.0.text: tools.0 is not what this should say")
                : Script.text("Done."));
        TurnResult result = rig.run(TurnRig.says("c", "There?"));
        assertThat(result.notices()).containsExactly(Texts.HISTORY_LEFT_OUT);
        assertThat(offers().getLast()).containsExactly("read", "write", "allowed_write", "forbidden");
        assertThat(rig.tools.refused).isEmpty();
    }
}
