package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.RealToolbox;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A model that is throttled, slow, silent or gone, and the one that stands in for it. */
class ModelFaultsIT {

    private static final String FALLBACK = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    private static final Duration IDLE = Duration.ofSeconds(2);

    private static RealToolbox toolbox;
    private static Stage stage;
    private static AgentProcess withFallback;

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        stage = Stage.with(
                toolbox.url(), "AGENT_MODEL_IDLE_TIMEOUT", IDLE.toSeconds() + "s", "AGENT_MODEL_MAX_ATTEMPTS", "8");
        withFallback = stage.startAnother(
                toolbox.url(),
                "AGENT_MODEL_FALLBACK_ID",
                FALLBACK,
                "AGENT_MODEL_IDLE_TIMEOUT",
                IDLE.toSeconds() + "s",
                "AGENT_MODEL_BREAKER_FAILURES",
                "100000");
    }

    @AfterAll
    static void stop() {
        withFallback.close();
        stage.close();
        toolbox.close();
    }

    @Test
    void should_answer_nearly_always_when_three_of_ten_requests_are_throttled() {
        String question = "Are you busy?";
        stage.when(question, new Script.RandomThrottle(0.3, 42, Script.text("Not at all.")));
        List<Answer> answers = Together.run(300, 8, i -> stage.ask(i % 2 == 0, null, question));
        long succeeded = answers.stream().filter(Answer::succeeded).count();
        double attempts = stage.asked(question).size() / 300.0;
        System.out.printf("30 %% throttled: %d of 300 turns succeeded, %.2f attempts a call%n", succeeded, attempts);
        assertTrue(succeeded >= 297, succeeded + " of 300");
        assertTrue(attempts <= 1.5, attempts + " attempts a call");
        assertTrue(attempts > 1.2, "throttling must have been there: " + attempts);
    }

    @Test
    void should_wait_for_a_slow_model_and_not_for_a_silent_one() {
        stage.when("Slow", Script.text("One word after the other.").frameDelay(IDLE.dividedBy(4)));
        Answer slow = stage.askStreaming(null, "Slow");
        assertEquals("One word after the other.", slow.streamedText(), slow::toString);
        stage.when("Stalled", Script.text("One word after the other.").fault(new Fault.StallAt(3, null)));
        long start = System.nanoTime();
        Answer stalled = stage.askStreaming(null, "Stalled");
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertEquals("deadline-exceeded", stalled.problem(), stalled::toString);
        assertTrue(took.compareTo(IDLE) >= 0 && took.compareTo(IDLE.multipliedBy(20)) < 0, took::toString);
        assertEquals(1, stage.asked("Stalled").size(), "a silent model is not asked again");
    }

    @Test
    void should_ask_the_other_model_before_the_first_token_and_never_after_it() {
        stage.bedrock()
                .respond(request ->
                        request.modelId().equals(FALLBACK) ? Script.text("The other one.") : fault(request.question()));
        try {
            List<Answer> answers = Together.run(
                    200,
                    8,
                    i -> Stage.askOf(
                            withFallback,
                            null,
                            "Fault " + i % 40,
                            i % 4 == 3 ? "application/json" : "text/event-stream"));
            int fallbacks = 0;
            for (Answer answer : answers) {
                String text = answer.events().isEmpty() ? answer.text() : answer.streamedText();
                if (answer.succeeded()) {
                    assertEquals(
                            answer.reply().path("model").asText().equals(FALLBACK)
                                    ? "The other one."
                                    : "The first one speaks.",
                            text);
                    fallbacks += answer.reply().path("model").asText().equals(FALLBACK) ? 1 : 0;
                } else {
                    assertTrue("The first one speaks.".startsWith(text), () -> "mixed: " + text);
                }
            }
            System.out.println(
                    "Fallback: " + fallbacks + " of " + answers.size() + " answers by the other model, none mixed");
            assertTrue(fallbacks >= 20, fallbacks + " fallbacks");
        } finally {
            stage.answerByQuestion();
        }
    }

    /** A fault at a random place of the first model's answer, the same for the same question. */
    private static Script fault(String question) {
        Random random = new Random(question.hashCode());
        Script.Reply reply = Script.text("The first one speaks.");
        return switch (random.nextInt(4)) {
            case 0 ->
                Script.error(random.nextBoolean() ? "ThrottlingException" : "ServiceUnavailableException", "scripted");
            case 1 ->
                reply.fault(
                        new Fault.ExceptionAt(random.nextInt(reply.frames()), "modelStreamErrorException", "scripted"));
            case 2 -> reply.fault(new Fault.CutAt(random.nextInt(reply.frames()), Script.Cut.RESET));
            default -> reply;
        };
    }

    @Test
    void should_ask_the_other_model_when_the_first_cannot_be_asked_and_not_when_the_request_is_refused() {
        for (String type : List.of(
                "ValidationException",
                "AccessDeniedException",
                "ResourceNotFoundException",
                "UnrecognizedClientException")) {
            String question = "Refused with " + type;
            stage.when(question, Script.error(type, "a secret detail"));
            Answer answer = Stage.askOf(withFallback, null, question, "application/json");
            assertEquals("model-refused", answer.problem(), answer::toString);
            assertEquals(502, answer.status());
            assertTrue(!answer.toString().contains("secret detail"));
            List<RecordedRequest> asked = stage.asked(question);
            assertEquals(type.equals("ValidationException") ? 1 : 2, asked.size(), type);
            assertTrue(!asked.getFirst().path().contains("haiku"));
        }
    }

    @Test
    void should_answer_at_once_while_the_breaker_is_open_and_recover() {
        String question = "Are you there?";
        try (AgentProcess agent = stage.startAnother(
                toolbox.url(), "AGENT_MODEL_BREAKER_DELAY", "10s", "AGENT_MODEL_MAX_ATTEMPTS", "1")) {
            stage.when(question, Script.error("ServiceUnavailableException", "scripted"));
            for (int i = 0; i < 5; i++) {
                assertEquals(
                        "model-unavailable",
                        Stage.askOf(agent, null, question, "application/json").problem());
            }
            int asked = stage.asked(question).size();
            Times times = new Times();
            for (int i = 0; i < 20; i++) {
                long start = System.nanoTime();
                assertEquals(
                        503,
                        Stage.askOf(agent, null, question, "application/json").status());
                times.add(System.nanoTime() - start);
            }
            System.out.println("Breaker open: " + times);
            assertEquals(asked, stage.asked(question).size(), "no request while it is open");
            stage.when(question, Script.text("Here again."));
            Await.until(
                    "the model to be asked again",
                    () -> Stage.askOf(agent, null, question, "application/json")
                            .text()
                            .equals("Here again."));
        }
    }
}
