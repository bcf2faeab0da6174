package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mcpagent.audit.TestAudit;
import io.mcpagent.base.Sha256;
import io.mcpagent.base.Timers;
import io.mcpagent.budget.TestBudget;
import io.mcpagent.config.TestSettings;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.identity.Identity;
import io.mcpagent.local.bedrock.ConverseRequest;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.model.ModelRow;
import io.mcpagent.model.ModelTable;
import io.mcpagent.model.RealModels;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.SeenTelemetry;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolRound;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Model × settings × history × outcome, as whole turns against a Bedrock that refuses what each model refuses: every turn is answered or ends by a name
 * of its own, no request is refused as invalid, and the conversation can be gone on with. Tools are never forced: no setting asks for that.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class TurnMatrixTest {

    private static final boolean THOROUGH = Boolean.getBoolean("thorough");
    private static final String FALLBACK = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    private static final String OTHER_FALLBACK = "mistral.mistral-large-2407-v1:0";
    private static final List<String> NOT_CLAUDE = List.of(
            "us.amazon.nova-pro-v1:0",
            "openai.gpt-oss-120b-1:0",
            "qwen.qwen3-32b-v1:0",
            "mistral.mistral-large-2407-v1:0");

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final AtomicInteger signatures = new AtomicInteger();
    private final AtomicInteger total = new AtomicInteger();

    @AfterAll
    void close() {
        System.out.println(total + " turns of the matrix");
        bedrock.close();
    }

    static Stream<String> models() {
        return Stream.concat(
                new ModelTable(TestSettings.with()).matches().stream().map("us.anthropic.%s"::formatted),
                NOT_CLAUDE.stream());
    }

    /** How the last request of a turn goes, and what the turn's end is called then: an outcome or a problem, whole and streamed. */
    private record Ending(String name, Script last, String whole, String streamed) {

        private static Ending stop(String reason, String outcome) {
            return new Ending(reason, Script.text("Done at last.").stop(reason), outcome, outcome);
        }

        private static Ending of(String name, String reason, String outcome, Block... blocks) {
            Script.Pace pace = Script.text("").pace();
            return new Ending(
                    name,
                    new Script.Reply(List.of(blocks), reason, null, pace, Fault.None.NONE, null, null),
                    outcome,
                    outcome);
        }

        private static Ending error(String type, String message, String problem) {
            return new Ending(type, Script.error(type, message), problem, problem);
        }
    }

    private static final Block CALL = new Block.ToolUse("tooluse_cut", "read", JsonNodeFactory.instance.objectNode());

    private static final List<Ending> ENDINGS = List.of(
            Ending.stop("end_turn", "COMPLETED"),
            new Ending(
                    "cut before the first text",
                    Script.text("Done at last.").fault(new Fault.CutAt(1, Cut.RESET)),
                    "MODEL_UNAVAILABLE",
                    "MODEL_FAILED"),
            Ending.stop("refusal", "DECLINED"),
            new Ending(
                    "cut behind the first text",
                    Script.text("Done at last.").fault(new Fault.CutAt(3, Cut.FIN)),
                    "MODEL_UNAVAILABLE",
                    "MODEL_FAILED"),
            Ending.stop("max_tokens", "MAX_TOKENS"),
            Ending.stop("stop_sequence", "COMPLETED"),
            Ending.stop("guardrail_intervened", "GUARDRAIL"),
            Ending.stop("content_filtered", "GUARDRAIL"),
            Ending.stop("malformed_model_output", "MALFORMED"),
            Ending.stop("malformed_tool_use", "MALFORMED"),
            Ending.stop("model_context_window_exceeded", "MAX_TOKENS"),
            Ending.stop("a reason of next year", "COMPLETED"),
            Ending.of("tool_use without a call", "tool_use", "COMPLETED", new Block.Text("Well.")),
            Ending.of("max_tokens within thinking", "max_tokens", "MAX_TOKENS", new Block.Reasoning("Let me", null)),
            Ending.of("max_tokens within a call", "max_tokens", "MAX_TOKENS", CALL),
            Ending.of("refusal of a call", "refusal", "DECLINED", CALL),
            Ending.of("a call that is the end", "end_turn", "COMPLETED", new Block.Text("Well."), CALL),
            Ending.of("refusal without a word", "refusal", "DECLINED"),
            Ending.of("filter without a word", "content_filtered", "GUARDRAIL"),
            Ending.of("nothing at all", "end_turn", "COMPLETED"),
            Ending.error("ThrottlingException", "Too many requests", "MODEL_BUSY"),
            Ending.error("AccessDeniedException", "You don't have access to the model", "MODEL_REFUSED"),
            Ending.error("ResourceNotFoundException", "This Model is marked by provider as Legacy", "MODEL_REFUSED"),
            Ending.error("InternalServerException", "unexpected", "MODEL_UNAVAILABLE"),
            Ending.error("ModelErrorException", "no", "MODEL_UNAVAILABLE"));

    /** An agent that asks that model, and what happens around its turns. */
    private final class Stage implements AutoCloseable {

        private final RealModels models;
        private final String model;
        private final Timers timers = new Timers();
        private final TestAudit audit = new TestAudit();
        private final SeenTelemetry seen;
        private final StubTools tools = new StubTools();
        private final Turns turns;
        /** How the requests behind the tools' results go; whether the first model is there at all. */
        private volatile Script last = Script.text("Done.");

        private volatile boolean gone;
        private volatile boolean bothGone;

        Stage(String model, String... settings) {
            this.model = model;
            List<String> all = new ArrayList<>(List.of(
                    "agent.model.id",
                    model,
                    "agent.model.fallback-id",
                    model.equals(FALLBACK) ? OTHER_FALLBACK : FALLBACK,
                    "agent.model.max-attempts",
                    "1",
                    "agent.model.breaker-failures",
                    "1000000"));
            all.addAll(List.of(settings));
            models = new RealModels(bedrock.uri(), all.toArray(String[]::new));
            seen = new SeenTelemetry(models.config());
            tools.behaviour =
                    (_, arguments) -> new ToolAnswer(ToolOutcome.OK, "[{\"order\":\"a lamp of brass\"}]".repeat(12), 1);
            FaultyStore store = new FaultyStore();
            turns = new Turns(
                    models.models(),
                    new ToolCalls(tools, new ToolRound(tools, models.config()), tools, models.config()),
                    TestBudget.of(models.config(), seen.telemetry()),
                    store,
                    store,
                    TurnResult::answer,
                    new Runs(timers),
                    seen.telemetry(),
                    audit.audit,
                    new WaitingCalls(MemoryStore.desks(), (call, approval) -> {}),
                    models.config());
            bedrock.reset();
            bedrock.respond(this::answer);
        }

        private Script answer(ConverseRequest request) {
            boolean first = request.modelId().equals(model);
            if (first && gone) {
                return Script.error("ResourceNotFoundException", "This Model is marked by provider as Legacy");
            }
            if (request.rounds() < 2) {
                return thinking(
                        request,
                        Script.calls(new Block.ToolUse(
                                "tooluse_" + signatures.incrementAndGet(),
                                "read",
                                JsonNodeFactory.instance.objectNode())));
            }
            return first || bothGone ? thinking(request, last) : thinking(request, Script.text("Instead."));
        }

        /** A Claude thinks if it is asked to, or always; others show thoughts without a signature. */
        private Script thinking(ConverseRequest request, Script script) {
            if (!(script instanceof Script.Reply reply)
                    || reply.blocks().stream().anyMatch(Block.Reasoning.class::isInstance)) {
                return script;
            }
            boolean claude = request.modelId().contains("claude");
            boolean asked =
                    request.body().at("/additionalModelRequestFields/thinking").isObject();
            boolean always = request.modelId().matches(".*claude-[a-z]+-5.*");
            if (claude && !asked && !always) {
                return reply;
            }
            // What breaks behind a word breaks behind it still.
            boolean later = reply.fault() instanceof Fault.CutAt(int frame, Cut _) && frame > 1;
            Script.Reply shifted = later ? reply.fault(new Fault.CutAt(claude ? 6 : 5, Cut.FIN)) : reply;
            return shifted.after(new Block.Reasoning(
                    claude ? "" : "Hm.", claude ? "signature" + signatures.incrementAndGet() : null));
        }

        /** Runs a turn to its end, by whose name it answers. */
        String run(String conversation, boolean streamed) {
            try (OpenTurn turn = turns.open(
                    new Question.Ask(Identity.of("ann"), conversation, true, "What was ordered?", streamed, null, null),
                    NOBODY)) {
                TurnResult result = turn.run(_ -> {});
                assertThat(result.answer()).as("a sentence for the reader").isNotBlank();
                return result.outcome().name();
            } catch (ProblemException e) {
                return e.problem().name();
            }
        }

        void requireNoneRefused(String where) {
            for (RecordedRequest request : bedrock.requests()) {
                if (request.error().equals("ValidationException")) {
                    throw new AssertionError(where + ": refused: " + request.path() + "\n" + request.body());
                }
            }
        }

        /** What was looked at is looked at once; what was signed stays so. */
        void forget() {
            bedrock.reset();
            bedrock.respond(this::answer);
        }

        long thoughtsSent() {
            return bedrock.requests().stream()
                    .filter(request -> request.path().contains(model.replace(":", "%3A")))
                    .mapToLong(request ->
                            request.body().findValues("reasoningContent").size())
                    .sum();
        }

        @Override
        public void close() {
            seen.close();
            audit.close();
            timers.close();
            models.close();
        }
    }

    private static final Client NOBODY = new Client() {
        @Override
        public Slot admit() {
            return () -> {};
        }

        @Override
        public void began(Run run) {}
    };

    private static String[] thinking(String model) {
        ModelRow row = new ModelTable(TestSettings.with()).row(model);
        return switch (row.thinking()) {
            case NONE -> new String[0];
            case BUDGET -> new String[] {"agent.model.reasoning-tokens", "2048"};
            case ADAPTIVE -> new String[] {"agent.model.effort", "low"};
        };
    }

    private static String[] with(String[] settings, String... more) {
        return Stream.concat(Stream.of(settings), Stream.of(more)).toArray(String[]::new);
    }

    /** Each model's settings, each history, each ending; in the second round both models end so. */
    @ParameterizedTest
    @MethodSource("models")
    void should_answer_or_end_by_a_name(String model) {
        List<String[]> settings = List.of(
                thinking(model),
                new String[0],
                with(thinking(model), "agent.model.max-history-tokens", "900"),
                new String[] {"agent.model.temperature", "0.3"},
                with(thinking(model), "agent.model.cache-ttl", "1h"),
                new String[] {"agent.model.prompt-cache", "false"});
        int turns = 0;
        for (int i = 0; i < settings.size(); i++) {
            try (Stage stage = new Stage(model, settings.get(i))) {
                if (stage.models.refused()) {
                    continue;
                }
                List<Ending> endings = THOROUGH || i == 0 ? ENDINGS : ENDINGS.subList(0, 3);
                for (String history :
                        THOROUGH || i == 0 ? List.of("empty", "steady", "changing") : List.of("changing")) {
                    turns += endings(stage, history, endings, String.join(" ", settings.get(i)));
                }
            }
        }
        assertThat(turns).isGreaterThan(100);
        total.addAndGet(turns);
    }

    private static int endings(Stage stage, String history, List<Ending> endings, String settings) {
        Random random = new Random(history.hashCode());
        int turns = 0;
        for (int i = 0; i < (history.equals("empty") ? 0 : 5); i++) {
            change(stage, history, random);
            assertThat(stage.run(history, i % 2 == 0)).isEqualTo(TurnOutcome.COMPLETED.name());
            turns++;
        }
        for (Ending ending : endings) {
            for (int run = 0; run < 2; run++) {
                boolean streamed = (run + turns) % 2 == 0;
                stage.bothGone = run > 0;
                stage.last = ending.last();
                change(stage, history, random);
                stage.gone &= !stage.bothGone;
                String where =
                        "%s %s, %s history, %s, run %d".formatted(stage.model, settings, history, ending.name(), run);
                String end =
                        stage.run(history.equals("empty") ? ending.name().replace(' ', '-') + run : history, streamed);
                assertThat(end).as(where).isEqualTo(expected(stage, ending, streamed));
                stage.requireNoneRefused(where);
                stage.forget();
                turns++;
            }
        }
        stage.bothGone = false;
        stage.gone = false;
        stage.last = Script.text("Done.");
        return turns;
    }

    /** The fallback stands in for what fails before anything was shown. */
    private static String expected(Stage stage, Ending ending, boolean streamed) {
        String named = streamed ? ending.streamed() : ending.whole();
        boolean fails = named.startsWith("MODEL_");
        boolean shown = streamed && ending.name().equals("cut behind the first text");
        boolean instead = stage.gone || (fails && !shown);
        return instead && !stage.bothGone ? TurnOutcome.COMPLETED.name() : named;
    }

    private static void change(Stage stage, String history, Random random) {
        if (history.equals("changing")) {
            stage.tools.inputSchema = random.nextBoolean()
                    ? "{\"type\":\"object\",\"properties\":{}}"
                    : "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}";
            stage.gone = random.nextInt(3) == 0;
        }
    }

    /** The three families of Claude 5.5, and what a budget or an effort is for: thinking, and all that can make it void. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "global.anthropic.claude-sonnet-5-5",
                "us.anthropic.claude-opus-5-5",
                "eu.anthropic.claude-haiku-5-5",
                "us.anthropic.claude-opus-4-6",
                "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
            })
    void should_answer_five_tool_turns_with_thinking_while_history_tools_and_models_change(String model) {
        for (String kept : List.of("100000", "1500")) {
            try (Stage stage = new Stage(model, with(thinking(model), "agent.model.max-history-tokens", kept))) {
                for (int turn = 0; turn < 5; turn++) {
                    stage.tools.inputSchema = "{\"type\":\"object\",\"description\":\"" + turn / 2 + "\"}";
                    stage.gone = turn == 1 || turn == 3;
                    assertThat(stage.run("c", turn % 2 == 0)).isEqualTo("COMPLETED");
                    stage.requireNoneRefused(model + ", turn " + turn);
                }
                // To leave out all thinking would pass, too.
                assertThat(stage.thoughtsSent()).isGreaterThan(5);
                List<String> asked =
                        bedrock.requests().stream().map(RecordedRequest::path).toList();
                assertThat(asked).anyMatch(path -> path.contains(FALLBACK.replace(":", "%3A")));
                int sent = bedrock.requests().getLast().body().path("messages").size();
                assertThat(sent)
                        .isEqualTo(kept.equals("100000") ? 4 * 6 + 5 : sent)
                        .isLessThanOrEqualTo(4 * 6 + 5);
            }
        }
    }

    @Test
    void should_answer_tool_turns_with_models_that_are_no_claude() {
        for (String model : NOT_CLAUDE) {
            try (Stage stage = new Stage(model)) {
                for (int turn = 0; turn < 3; turn++) {
                    assertThat(stage.run("c", turn % 2 == 0)).as(model).isEqualTo("COMPLETED");
                }
                stage.requireNoneRefused(model);
                assertThat(stage.tools.called).hasSize(6);
                assertThat(bedrock.requests()).hasSize(9);
            }
        }
    }

    @Test
    void should_label_requests_for_the_services_log_if_it_may() {
        String odd = "größe ".repeat(60);
        for (boolean may : List.of(true, false)) {
            try (Stage stage =
                    new Stage("us.anthropic.claude-sonnet-5-5", "agent.model.request-metadata", String.valueOf(may))) {
                for (String conversation : List.of("c-1_2", odd)) {
                    assertThat(stage.run(conversation, true)).isEqualTo("COMPLETED");
                    JsonNode metadata = bedrock.requests().getLast().body().path("requestMetadata");
                    if (may) {
                        assertThat(metadata.properties()).hasSize(3);
                        assertThat(metadata.path("conversation").asText())
                                .isEqualTo(
                                        conversation.equals(odd)
                                                ? Sha256.hex(odd).substring(0, 32)
                                                : conversation);
                        assertThat(metadata.path("caller").asText())
                                .isEqualTo(Sha256.hex("ann").substring(0, 32));
                        assertThat(metadata.path("turn").asText()).isNotBlank();
                    } else {
                        assertThat(metadata.isMissingNode()).isTrue();
                    }
                }
                stage.requireNoneRefused("labels");
            }
        }
    }
}
