package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mcpagent.base.Deadline;
import io.mcpagent.config.TestSettings;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Block;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Model × settings × history × outcome, against a Bedrock that refuses what each model refuses: settings fail the start or every request is taken, and
 * tool turns with thinking are answered whatever became of the history.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class ModelMatrixTest {

    private static final List<String[]> SETTINGS = List.of(
            new String[0],
            new String[] {"temperature", "0.3"},
            new String[] {"reasoning-tokens", "2048"},
            new String[] {"effort", "low"},
            new String[] {"effort", "xhigh"},
            new String[] {"effort", "max"},
            new String[] {"cache-ttl", "1h"},
            new String[] {"prompt-cache", "false"},
            new String[] {"max-tokens", "64000"},
            new String[] {"max-tokens", "128000"},
            new String[] {"reasoning-tokens", "2048", "temperature", "0.3"},
            new String[] {"service-tier", "flex"});

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final AtomicInteger signatures = new AtomicInteger();

    @AfterEach
    void forget() {
        bedrock.reset();
    }

    @AfterAll
    void close() {
        bedrock.close();
    }

    /** All models of the table, and some that it does not have. */
    static Stream<String> models() {
        return Stream.concat(
                new ModelTable(TestSettings.with()).matches().stream().map("us.anthropic.%s"::formatted),
                Stream.of(
                        "us.amazon.nova-pro-v1:0",
                        "openai.gpt-oss-120b-1:0",
                        "qwen.qwen3-32b-v1:0",
                        "mistral.mistral-large-2407-v1:0"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void should_send_what_the_model_takes_or_not_start(String model) throws Exception {
        for (String[] settings : SETTINGS) {
            try (ModelRig rig = rig(model, settings)) {
                ModelRow row = new ModelTable(rig.config).row(model);
                try {
                    RefusedSettings.check(rig.config.model(), row);
                } catch (ConfigurationException refused) {
                    continue;
                }
                bedrock.always(Script.text("ok"));
                rig.models.converse(ModelRig.question("q", List.of(ModelRig.TOOL), Duration.ofSeconds(60)));
            }
        }
    }

    /** Five turns with two rounds of tools each, while the history is trimmed, the tools and the prompt change, and the fallback is asked. */
    @ParameterizedTest
    @MethodSource("models")
    void should_answer_tool_turns_over_a_history_that_changes(String model) throws Exception {
        for (String fallback : List.of(
                "eu.anthropic.claude-opus-5-5",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0",
                "us.anthropic.claude-sonnet-4-6",
                "mistral.mistral-large-2407-v1:0")) {
            if (model.equals(fallback)) {
                continue;
            }
            String[] thinking = new ModelTable(TestSettings.with()).row(model).thinking() == ModelRow.Thinking.BUDGET
                    ? new String[] {"reasoning-tokens", "2048", "fallback-id", fallback}
                    : new ModelTable(TestSettings.with()).row(model).thinking() == ModelRow.Thinking.ADAPTIVE
                            ? new String[] {"effort", "low", "fallback-id", fallback}
                            : new String[] {"fallback-id", fallback};
            Random random = new Random(7);
            AtomicBoolean down = new AtomicBoolean();
            try (ModelRig rig = rig(model, thinking)) {
                bedrock.respond(request -> down.get() && request.modelId().equals(model)
                        ? Script.error("ResourceNotFoundException", "gone")
                        : reply(request.rounds()));
                List<Message> history = new ArrayList<>();
                int kept = 0;
                for (int turn = 0; turn < 5; turn++) {
                    List<ToolDefinition> tools = List.of(new ToolDefinition(
                            "orders_of_customer", "Orders " + random.nextInt(2), "{\"type\":\"object\"}"));
                    String system = "You answer " + random.nextInt(2);
                    for (int drop = 4 * random.nextInt(2); drop > 0 && history.size() >= 6; drop -= 2) {
                        history.subList(0, 6).clear();
                    }
                    history.add(Message.user("Question " + turn));
                    for (int round = 0; round < 3; round++) {
                        down.set(random.nextInt(3) == 0);
                        ModelReply reply = rig.models.converse(new ModelRequest(
                                system, ConverseRules.fit(history), tools, Deadline.in(Duration.ofSeconds(60))));
                        history.add(new Message(Role.ASSISTANT, reply.content()));
                        if (reply.stopReason() == StopReason.TOOL_USE) {
                            Content.ToolUse call = history.getLast().toolUses().getFirst();
                            history.add(
                                    new Message(Role.USER, List.of(new Content.ToolResult(call.id(), "[]", false))));
                        }
                    }
                    assertThat(history.getLast().text()).isEqualTo("Done.");
                    kept += bedrock.requests()
                            .getLast()
                            .body()
                            .findValues("reasoningContent")
                            .size();
                }
                // To leave out all thinking would pass, too.
                boolean thinks = new ModelTable(TestSettings.with()).row(model).thinking() != ModelRow.Thinking.NONE;
                assertThat(kept > 0 || !thinks).as(model + " with " + fallback).isTrue();
            }
        }
    }

    private Script reply(int round) {
        Block.Reasoning thought = new Block.Reasoning("", "signature" + signatures.incrementAndGet());
        return round < 2
                ? Script.call("orders_of_customer", "{}").after(thought)
                : Script.text("Done.").after(thought);
    }

    /** The rules of the stand-in are no paper: what they are for is refused. */
    @Test
    void should_be_refused_what_the_models_refuse() throws Exception {
        try (ModelRig rig = rig("us.anthropic.claude-sonnet-5-5")) {
            bedrock.always(Script.text("ok").after(new Block.Reasoning("", "signed")));
            ModelReply first = rig.models.converse(ModelRig.question("q"));
            List<Message> history = List.of(
                    Message.user("another question"),
                    new Message(Role.ASSISTANT, first.content()),
                    Message.user("and?"));
            ModelRequest changed =
                    new ModelRequest("You answer questions.", history, List.of(), Deadline.in(Duration.ofSeconds(60)));
            // As it is sent without the rules.
            ModelException refused = assertThrows(
                    ModelException.class,
                    () -> rig.bedrock.converse("us.anthropic.claude-sonnet-5-5", rig.bodies.write(changed), changed));
            assertThat(refused.getMessage()).contains("bound to a different conversation");
            assertThat(rig.models.converse(changed).stopReason()).isEqualTo(StopReason.END_TURN);
        }
    }

    private ModelRig rig(String model, String... settings) {
        List<String> all = new ArrayList<>(List.of("agent.model.id", model));
        for (int i = 0; i < settings.length; i += 2) {
            all.add("agent.model." + settings[i]);
            all.add(settings[i + 1]);
        }
        return ModelRig.on(bedrock, all.toArray(String[]::new));
    }
}
