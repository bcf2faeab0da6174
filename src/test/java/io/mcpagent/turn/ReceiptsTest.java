package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.audit.TestAudit;
import io.mcpagent.base.Timers;
import io.mcpagent.budget.Budget;
import io.mcpagent.budget.Ledger;
import io.mcpagent.budget.TestBudget;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.identity.Identity;
import io.mcpagent.local.bedrock.ConverseRequest;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.model.RealModels;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.SeenTelemetry;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolRound;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Receipts and ledger against an oracle that shares nothing with the code: it stands where the service is, writes down what it did with each request, and
 * has prices and an estimate of its own. With retries, fallbacks, streams that break, refusals, absurd counts, cache hits and rounds of tools.
 */
@Timeout(600)
class ReceiptsTest {

    private static final int TURNS = Boolean.getBoolean("thorough") ? 10_000 : 300;
    private static final int AT_ONCE = 100;
    private static final int MOST_OUTPUT = 900;
    private static final String PRIMARY = "us.anthropic.claude-sonnet-5-5";
    private static final String FALLBACK = "global.anthropic.claude-haiku-5-5";
    private static final String WORDS = "one two three four five six seven eight";

    /** Micro-dollars for input, output, cache reads and cache writes. */
    private static final List<String> SONNET = List.of("2.2", "11", "0.11", "2.75");

    private static final List<String> HAIKU = List.of("0.1", "0.5", "0.01", "0.125");
    private static final List<String> HAIKU_LONG = List.of("0.5", "2.5", "0.05", "0.625");

    /** What the service did with one request: whether it may have cost anything, and what it said, if it could be heard and be true. */
    private record Done(String modelId, long estimated, boolean billed, long[] said) {

        long[] counted() {
            return said != null
                    ? said
                    : new long[] {
                        new BigDecimal(estimated)
                                .multiply(new BigDecimal("1.625"))
                                .setScale(0, RoundingMode.CEILING)
                                .longValueExact(),
                        MOST_OUTPUT,
                        0,
                        0
                    };
        }

        BigDecimal dollars() {
            long[] counted = counted();
            long prompt = counted[0] + counted[2] + counted[3];
            List<String> prices = modelId.equals(PRIMARY) ? SONNET : prompt > 100_000 ? HAIKU_LONG : HAIKU;
            BigDecimal micro = BigDecimal.ZERO;
            for (int i = 0; i < 4; i++) {
                // What is not known may have been put into the cache, which costs the most.
                String price = prices.get(said == null && i == 0 ? 3 : i);
                micro = micro.add(new BigDecimal(price).multiply(BigDecimal.valueOf(counted[i])));
            }
            return micro.setScale(0, said == null ? RoundingMode.CEILING : RoundingMode.HALF_UP)
                    .movePointLeft(6);
        }
    }

    private final Map<String, List<Done>> done = new ConcurrentHashMap<>();

    /** The service: what it does depends on the question and on how many requests there were for it. */
    private Script answer(ConverseRequest request) {
        String question = request.question();
        List<Done> before = done.get(question);
        long estimated = estimate(request.body());
        Random random = new Random(question.hashCode() * 31L + before.size());
        String modelId = request.modelId();
        long prompt = (long) (random.nextDouble() * 1.6 * estimated);
        int read = random.nextBoolean() ? 0 : random.nextInt((int) prompt + 1);
        int written = random.nextBoolean() ? 0 : random.nextInt((int) prompt + 1 - read);
        int output = random.nextInt(MOST_OUTPUT + 1);
        Script.Usage usage = new Script.Usage((int) prompt - read - written, output, read, written);
        long[] said = {usage.inputTokens(), output, read, written};
        Script.Reply reply = random.nextInt(3) == 0
                ? Script.call("read", "{\"n\":" + before.size() + "}").usage(usage)
                : Script.text(WORDS).usage(usage);
        return switch (random.nextInt(12)) {
            case 0 ->
                told(before, new Done(modelId, estimated, false, null), Script.error("ThrottlingException", "no"));
            case 1 ->
                told(
                        before,
                        new Done(modelId, estimated, false, null),
                        Script.error("ServiceUnavailableException", "no"));
            case 2 -> told(before, new Done(modelId, estimated, true, null), Script.error("ModelErrorException", "no"));
            case 3 ->
                told(before, new Done(modelId, estimated, true, null), reply.fault(new Fault.CutAt(0, Cut.RESET)));
            case 4 ->
                told(
                        before,
                        new Done(modelId, estimated, true, null),
                        reply.fault(new Fault.CutAt(1 + random.nextInt(3), Cut.RESET)));
            case 5 ->
                told(
                        before,
                        new Done(modelId, estimated, true, null),
                        request.stream()
                                ? reply.fault(new Fault.ExceptionAt(random.nextInt(3), "throttlingException", "no"))
                                : Script.error("ModelTimeoutException", "no"));
            case 6 ->
                told(
                        before,
                        new Done(modelId, estimated, true, null),
                        reply.usage(
                                random.nextBoolean()
                                        ? new Script.Usage(-5, 7, 0, 0)
                                        : new Script.Usage(7, MOST_OUTPUT + 1, 0, 0)));
            default -> told(before, new Done(modelId, estimated, true, said), reply);
        };
    }

    private static Script told(List<Done> before, Done now, Script script) {
        before.add(now);
        return script;
    }

    /** A token for three characters, and some for what stands around them. */
    private static long estimate(JsonNode body) {
        long tokens = 700;
        for (JsonNode block : body.path("system")) {
            tokens += third(block.path("text").asText());
        }
        for (JsonNode tool : body.at("/toolConfig/tools")) {
            JsonNode spec = tool.path("toolSpec");
            if (!spec.isMissingNode()) {
                tokens += 8
                        + third(spec.path("name").asText())
                        + third(spec.path("description").asText())
                        + third(spec.at("/inputSchema/json").toString());
            }
        }
        for (JsonNode message : body.path("messages")) {
            tokens += 8;
            for (JsonNode block : message.path("content")) {
                tokens += third(block.path("text").asText())
                        + third(block.at("/toolUse/name").asText())
                        + (block.has("toolUse")
                                ? third(block.at("/toolUse/input").toString())
                                : 0)
                        + third(block.at("/toolResult/content/0/text").asText());
            }
        }
        return tokens;
    }

    private static long third(String ascii) {
        return (ascii.length() + 2) / 3;
    }

    @Test
    void should_agree_with_the_oracle() throws Exception {
        try (LocalBedrock bedrock = LocalBedrock.start(0);
                RealModels models = new RealModels(
                        bedrock.uri(),
                        "agent.model.id",
                        PRIMARY,
                        "agent.model.fallback-id",
                        FALLBACK,
                        "agent.model.max-tokens",
                        "" + MOST_OUTPUT,
                        "agent.model.breaker-failures",
                        "1000000",
                        "agent.budget.caller-day-tokens",
                        "900000000000");
                Timers timers = new Timers();
                TestAudit audit = new TestAudit();
                SeenTelemetry seen = new SeenTelemetry(models.config());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            bedrock.respond(this::answer);
            StubTools tools = new StubTools();
            tools.behaviour = (_, arguments) -> new ToolAnswer(
                    ToolOutcome.OK,
                    "[1,2]".repeat(1 + Math.floorMod(arguments.json().hashCode(), 12_000)),
                    1);
            Budget budget = TestBudget.of(models.config(), seen.telemetry());
            Turns turns = new Turns(
                    models.models(),
                    new ToolCalls(tools, new ToolRound(tools, models.config()), tools, models.config()),
                    budget,
                    new FaultyStore(),
                    new FaultyStore(),
                    TurnResult::answer,
                    new Runs(timers),
                    seen.telemetry(),
                    audit.audit,
                    new WaitingCalls(MemoryStore.desks(), (call, approval) -> {}),
                    models.config());
            Semaphore places = new Semaphore(AT_ONCE);
            List<Future<Boolean>> ended = new ArrayList<>();
            for (int i = 0; i < TURNS; i++) {
                String question = "question " + i;
                boolean streamed = i % 2 == 0;
                done.put(question, new ArrayList<>());
                places.acquire();
                ended.add(threads.submit(() -> {
                    try {
                        return agrees(turns, budget, question, streamed);
                    } finally {
                        places.release();
                    }
                }));
            }
            int answered = 0;
            for (Future<Boolean> turn : ended) {
                answered += turn.get() ? 1 : 0;
            }
            List<Done> all = done.values().stream().flatMap(List::stream).toList();
            System.out.printf(
                    "%d turns, %d of them answered: %d requests, %d refused, %d of unknown use, %d of the fallback, %d long%n",
                    TURNS,
                    answered,
                    all.size(),
                    all.stream().filter(one -> !one.billed).count(),
                    all.stream().filter(one -> one.billed && one.said == null).count(),
                    all.stream().filter(one -> one.modelId.equals(FALLBACK)).count(),
                    all.stream().filter(one -> one.counted()[0] > 100_000).count());
            assertThat(answered).isGreaterThan(TURNS / 3);
            assertThat(all).anyMatch(one -> one.modelId.equals(FALLBACK));
        }
    }

    private boolean agrees(Turns turns, Budget budget, String question, boolean streamed) {
        Receipt receipt = null;
        try (OpenTurn turn = turns.open(
                new Question.Unstored(Identity.of(question), List.of(), question, streamed, null), new Client() {
                    @Override
                    public Slot admit() {
                        return () -> {};
                    }

                    @Override
                    public void began(Run run) {}
                })) {
            receipt = turn.run(_ -> {}).receipt();
        } catch (ProblemException failed) {
            // What it cost is in the ledger.
        }
        List<Done> billed = done.get(question).stream().filter(Done::billed).toList();
        BigDecimal dollars = BigDecimal.ZERO;
        long tokens = 0;
        for (Done one : billed) {
            dollars = dollars.add(one.dollars());
            for (long count : one.counted()) {
                tokens += count;
            }
        }
        assertThat(TestBudget.today(budget, question))
                .as(question + ": " + billed)
                .isEqualTo(new Ledger.Amount(dollars.movePointRight(6).longValueExact(), tokens));
        if (receipt != null) {
            assertThat(receipt.dollars()).as(question).isEqualByComparingTo(dollars);
            assertThat(receipt.usage().total()).isEqualTo(tokens);
            assertThat(receipt.modelCalls()).isEqualTo(billed.size());
        }
        return receipt != null;
    }
}
