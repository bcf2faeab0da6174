package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.RealToolbox;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What writes happens once a person approved it, once, and not otherwise. Each test has products of its own. */
class ApprovalIT {

    private static final Duration EXPIRY = Duration.ofSeconds(2);

    private static Writes shop;
    private static Stage stage;

    @BeforeAll
    static void start() {
        shop = Writes.start();
        stage = Stage.with(shop.toolbox().url());
    }

    @AfterAll
    static void stop() {
        stage.close();
        shop.close();
    }

    /** Where each call stands among those of its reply, by the id that the model gives it. */
    private static final Map<String, Integer> PLACES = new ConcurrentHashMap<>();

    private static void wants(String question, Script.Block.ToolUse... calls) {
        for (int i = 0; i < calls.length; i++) {
            PLACES.put(calls[i].id(), i);
        }
        stage.when(question, Script.Rounds.of(Script.calls(calls), new Script.EchoResults()));
    }

    private static Answer decide(AgentProcess agent, String conversation, String call, boolean approve, String accept) {
        return Answer.of(agent.post(
                "/chat/" + conversation + "/approvals/" + id(agent, conversation, call),
                "{\"approve\":" + approve + "}",
                "Accept",
                accept));
    }

    /** The agent's own id of a call, by the model's; the same text where the conversation has no such call. */
    private static String id(AgentProcess agent, String conversation, String call) {
        JsonNode shown = Answer.of(agent.get("/chat/" + conversation)).body();
        JsonNode turn = shown.has("pendingTurn")
                ? shown.path("pendingTurn")
                : shown.path("turns").path(shown.path("turns").size() - 1);
        String id = turn.path("toolCalls")
                .path(PLACES.getOrDefault(call, Integer.MAX_VALUE))
                .path("id")
                .asText();
        return id.isEmpty() ? call : id;
    }

    private static String id(String conversation, String call) {
        return id(stage.agent(), conversation, call);
    }

    private static Answer approve(String conversation, String call) {
        return decide(stage.agent(), conversation, call, true, "application/json");
    }

    private static Answer decline(String conversation, String call) {
        return decide(stage.agent(), conversation, call, false, "application/json");
    }

    private static List<String> waiting(JsonNode approvals) {
        return StreamSupport.stream(approvals.spliterator(), false)
                .map(approval -> approval.path("callId").asText())
                .toList();
    }

    private static String ask(String question) {
        Answer asked = stage.ask(null, question);
        assertEquals("approval_required", asked.outcome(), asked::toString);
        return asked.conversationId();
    }

    @Test
    void should_ask_before_it_writes_and_write_once_after_approval() {
        long before = shop.stock(1);
        wants("Add five", Writes.add("call-1", 1, 5));
        Answer asked = stage.ask(null, "Add five");
        assertEquals("approval_required", asked.outcome());
        JsonNode approval = asked.body().path("approvals").path(0);
        assertEquals(
                id(asked.conversationId(), "call-1"), approval.path("callId").asText());
        assertNotEquals("call-1", approval.path("callId").asText(), "an id is never the model's");
        assertEquals("add_stock", approval.path("tool").asText());
        assertEquals(5, approval.path("arguments").path("quantity").asInt());
        assertTrue(Instant.parse(approval.path("expiresAt").asText())
                .isAfter(Instant.now().plusSeconds(800)));
        JsonNode pending = stage.show(asked.conversationId());
        assertEquals(List.of(id(asked.conversationId(), "call-1")), waiting(pending.path("approvals")));
        assertEquals(0, pending.path("turns").size(), "it has not finished");
        assertEquals("Add five", pending.path("pendingTurn").path("message").asText());
        assertEquals(asked.body().path("runId"), pending.path("pendingTurn").path("runId"));
        assertEquals(before, shop.stock(1), "nothing happens before approval");

        Answer approved = approve(asked.conversationId(), "call-1");
        assertEquals("completed", approved.outcome(), approved::toString);
        assertEquals(
                "ok", approved.body().path("toolCalls").path(0).path("outcome").asText());
        assertTrue(approved.text().contains("\"stock_qty\":" + (before + 5)), approved::toString);
        assertEquals(before + 5, shop.stock(1));
        Answer again = approve(asked.conversationId(), "call-1");
        assertEquals(409, again.status());
        assertEquals("approval-decided", again.problem());
        assertEquals(before + 5, shop.stock(1), "a second decision does nothing");

        JsonNode shown = stage.show(asked.conversationId());
        assertEquals(1, shown.path("turns").size());
        assertEquals(0, shown.path("approvals").size());
        assertTrue(shown.path("pendingTurn").isMissingNode(), shown::toString);
        assertTrue(stage.ask(asked.conversationId(), "Thanks").succeeded());
    }

    @Test
    void should_answer_a_repeated_approval_again_without_a_second_call() {
        long before = shop.stock(10);
        wants("Add eight", Writes.add("call-8", 10, 8));
        String conversation = ask("Add eight");
        String path = "/chat/" + conversation + "/approvals/" + id(conversation, "call-8");
        String[] once = {"Idempotency-Key", "approve-8", "Accept", "application/json"};
        Answer approved = Answer.of(stage.agent().post(path, "{\"approve\":true}", once));
        assertEquals("completed", approved.outcome(), approved::toString);
        Answer again = Answer.of(stage.agent().post(path, "{\"approve\":true}", once));
        assertEquals(approved.body(), again.body());
        assertEquals(422, stage.agent().post(path, "{\"approve\":false}", once).statusCode());
        assertEquals(
                422,
                Answer.of(stage.agent().post("/chat", Stage.body(conversation, "Add eight"), once))
                        .status());
        assertEquals(before + 8, shop.stock(10));
    }

    @Test
    void should_interrupt_the_run_as_ag_ui_does_and_go_on_as_a_stream() {
        long before = shop.stock(2);
        wants("Add six", Writes.add("call-2", 2, 6));
        Answer asked = stage.askStreaming(null, "Add six");
        JsonNode outcome = asked.last().path("outcome");
        assertEquals("RUN_FINISHED", asked.last().path("type").asText(), asked::toString);
        assertEquals("interrupt", outcome.path("type").asText());
        String call = id(asked.conversationId(), "call-2");
        assertEquals(call, outcome.path("interrupts").path(0).path("toolCallId").asText());
        assertFalse(asked.events().stream()
                .anyMatch(event -> event.path("type").asText().equals("TOOL_CALL_RESULT")));

        Answer approved = decide(stage.agent(), asked.conversationId(), "call-2", true, "text/event-stream");
        assertTrue(approved.succeeded(), approved::toString);
        assertEquals("success", approved.last().path("outcome").path("type").asText());
        JsonNode result = approved.events().stream()
                .filter(event -> event.path("type").asText().equals("TOOL_CALL_RESULT"))
                .findFirst()
                .orElseThrow();
        assertEquals(call, result.path("toolCallId").asText());
        assertEquals("ok", result.path("metadata").path("outcome").asText());
        assertEquals(approved.text(), approved.streamedText());
        assertEquals(before + 6, shop.stock(2));
    }

    @Test
    void should_tell_the_model_that_the_person_declined() {
        long before = shop.stock(3);
        wants("Add seven", Writes.add("call-3", 3, 7));
        String conversation = ask("Add seven");
        Answer declined = decline(conversation, "call-3");
        assertEquals("completed", declined.outcome());
        assertEquals(
                "declined",
                declined.body().path("toolCalls").path(0).path("outcome").asText());
        assertTrue(declined.text().contains("declined"), declined::toString);
        assertEquals(before, shop.stock(3));
        assertTrue(stage.ask(conversation, "Thanks").succeeded());
    }

    @Test
    void should_refuse_a_second_decision_while_another_call_still_waits() {
        long before = shop.stock(4);
        wants("Add twice", Writes.add("first", 4, 1), Writes.add("second", 4, 10));
        String conversation = ask("Add twice");
        assertEquals("approval_required", approve(conversation, "first").outcome());
        assertEquals(409, approve(conversation, "first").status());
        assertEquals("approval-decided", decline(conversation, "first").problem());
        assertEquals(before + 1, shop.stock(4));
        assertEquals("completed", decline(conversation, "second").outcome());
        assertEquals(before + 1, shop.stock(4));
    }

    @Test
    void should_give_the_model_the_results_in_the_order_of_its_calls() {
        wants("Add thrice", Writes.add("a", 5, 1), Writes.add("b", 5, 10), Writes.add("c", 5, 100));
        String conversation = ask("Add thrice");
        List<String> ids = List.of(id(conversation, "a"), id(conversation, "b"), id(conversation, "c"));
        assertEquals(ids, waiting(stage.show(conversation).path("approvals")));
        assertEquals("approval_required", approve(conversation, "c").outcome());
        assertEquals("approval_required", decline(conversation, "a").outcome());
        assertEquals(List.of(ids.get(1)), waiting(stage.show(conversation).path("approvals")));
        Answer done = approve(conversation, "b");
        assertEquals("completed", done.outcome(), done::toString);
        JsonNode sent = stage.asked("Add thrice")
                .getLast()
                .body()
                .path("messages")
                .path(2)
                .path("content");
        assertEquals(
                ids,
                StreamSupport.stream(sent.spliterator(), false)
                        .filter(block -> block.has("toolResult"))
                        .map(block -> block.path("toolResult").path("toolUseId").asText())
                        .toList());
        assertEquals(
                List.of("declined", "ok", "ok"),
                StreamSupport.stream(done.body().path("toolCalls").spliterator(), false)
                        .map(call -> call.path("outcome").asText())
                        .toList());
    }

    @Test
    void should_refuse_a_message_while_a_call_waits() {
        wants("Add nine", Writes.add("call-9", 9, 9));
        String conversation = ask("Add nine");
        JsonNode before = stage.show(conversation);
        Answer refused = stage.ask(conversation, "Never mind");
        assertEquals(409, refused.status());
        assertEquals("approval-pending", refused.problem());
        assertEquals(
                "approval-pending",
                stage.askStreaming(conversation, "Never mind").problem());
        assertEquals(before, stage.show(conversation));
        assertEquals("completed", decline(conversation, "call-9").outcome());
    }

    @Test
    void should_not_find_calls_and_conversations_that_are_unknown() {
        wants("Add ten", Writes.add("call-10", 10, 10));
        String conversation = ask("Add ten");
        long before = shop.stock(10);
        assertEquals("approval-not-found", approve(conversation, "call-11").problem());
        assertEquals(404, approve(conversation, "call-11").status());
        assertEquals(
                "conversation-not-found",
                approve("AAAAAAAAAAAAAAAAAAAAAA", "call-10").problem());
        assertEquals(
                "conversation-not-found", approve("no.such%20id", "call-10").problem());
        assertEquals(
                400,
                stage.agent()
                        .post(
                                "/chat/" + conversation + "/approvals/" + id(conversation, "call-10"),
                                "{}",
                                "Accept",
                                "application/json")
                        .statusCode());
        assertEquals(
                400,
                stage.agent()
                        .post(
                                "/chat/" + conversation + "/approvals/" + id(conversation, "call-10"),
                                "",
                                "Accept",
                                "application/json")
                        .statusCode());
        assertEquals(
                400,
                stage.agent()
                        .post(
                                "/chat/" + conversation + "/approvals/" + id(conversation, "call-10"),
                                "null",
                                "Accept",
                                "application/json")
                        .statusCode());
        assertEquals(before, shop.stock(10));
        assertEquals("completed", approve(conversation, "call-10").outcome(), "none of that decided anything");
    }

    @Test
    void should_run_an_approved_call_once_however_many_approve_it_at_once() {
        long before = shop.stock(11);
        wants("Add one at once", Writes.add("once", 11, 1));
        String conversation = ask("Add one at once");
        String call = id(conversation, "once");
        List<Answer> answers = Together.run(
                30,
                30,
                i -> decide(
                        stage.agent(),
                        conversation,
                        call,
                        true,
                        i % 2 == 0 ? "application/json" : "text/event-stream"));
        assertEquals(1, answers.stream().filter(Answer::succeeded).count(), answers::toString);
        answers.stream()
                .filter(answer -> !answer.succeeded())
                .forEach(answer -> assertTrue(
                        List.of("conversation-busy", "approval-decided").contains(answer.problem()), answer::toString));
        assertEquals(before + 1, shop.stock(11));
    }

    @Test
    void should_finish_an_approved_call_although_the_client_leaves() {
        long before = shop.stock(12);
        PLACES.put("leave", 0);
        stage.when(
                "Add and leave",
                Script.Rounds.of(
                        Script.calls(Writes.add("leave", 12, 1)),
                        Script.text("Never.").delay(Duration.ofMinutes(1))));
        String conversation = ask("Add and leave");
        try (OpenRequest client = OpenRequest.approve(stage.agent(), conversation, id(conversation, "leave"))) {
            client.awaitEvent("TOOL_CALL_RESULT");
        }
        Await.until(
                "the run to end", () -> approve(conversation, "leave").problem().equals("approval-decided"));
        Await.until("the model's request to be closed", () -> stage.bedrock().openRequests() == 0);
        assertEquals(before + 1, shop.stock(12));
        stage.when("What became of it?", Script.text("It was added."));
        Answer next = stage.ask(conversation, "What became of it?");
        assertTrue(next.succeeded(), next::toString);
        String sent = stage.asked("What became of it?").getFirst().body().toString();
        assertTrue(sent.contains("stock_qty"), "the model learns the result of the approved call: " + sent);
        assertEquals(before + 1, shop.stock(12));
    }

    @Test
    void should_not_call_what_nobody_approved_in_time() {
        try (AgentProcess hurried =
                stage.startAnother(shop.toolbox().url(), "AGENT_TOOLS_APPROVAL_TIMEOUT", EXPIRY.toSeconds() + "s")) {
            long before = shop.stock(13);
            wants("Add late", Writes.add("late", 13, 13));
            String conversation =
                    Stage.askOf(hurried, null, "Add late", "application/json").conversationId();
            Await.until("the approval to expire", () -> {
                Instant expires = Instant.parse(Answer.of(hurried.get("/chat/" + conversation))
                        .body()
                        .path("approvals")
                        .path(0)
                        .path("expiresAt")
                        .asText());
                return !Instant.now().isBefore(expires);
            });
            Answer late = decide(hurried, conversation, "late", true, "application/json");
            assertEquals("approval-expired", late.problem());
            assertEquals(410, late.status());
            Answer next = Stage.askOf(hurried, conversation, "Go on", "application/json");
            assertTrue(next.succeeded(), next::toString);
            assertTrue(stage.asked("Go on").getFirst().body().toString().contains("Nobody approved this call in time"));
            assertEquals(before, shop.stock(13));
        }
    }

    @Test
    void should_not_call_a_tool_that_changed_since_approval_was_asked_for() {
        // The same server address, first with one tool of that name, then with another.
        try (Writes changing = Writes.start()) {
            String ttl = "5h";
            try (AgentProcess agent = stage.startAnother(changing.toolbox().url(), "AGENT_TOOLS_LIST_TTL", ttl)) {
                wants("Add to a changed tool", Writes.add("changed", 14, 14));
                String conversation = Stage.askOf(agent, null, "Add to a changed tool", "application/json")
                        .conversationId();
                int port = changing.toolbox().port();
                changing.toolbox().kill();
                try (RealToolbox other = ChangedTool.startOn(port)) {
                    assertTrue(other.isAlive());
                    // The agent has the first one's description cached for hours.
                    Answer refused = decide(agent, conversation, "changed", true, "application/json");
                    assertEquals("tool-changed", refused.problem(), refused::toString);
                    assertEquals(409, refused.status());
                    assertEquals(ChangedTool.stockBefore(14), ChangedTool.stock(port, 14));
                    assertEquals(
                            "completed",
                            decide(agent, conversation, "changed", true, "application/json")
                                    .outcome(),
                            "it waits again, for whoever has looked at it");
                }
            }
        }
    }
}
