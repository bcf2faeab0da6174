package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies.Claim;
import io.mcpagent.conversation.IdempotentReplies.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every store of conversations has to keep. */
abstract class ConversationsContract extends LinearHistoryContract {

    @Test
    void should_give_back_what_was_stored() {
        String run = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        assertTrue(opened.id().matches("[A-Za-z0-9_-]{22}"), opened.id());
        assertEquals(0, opened.version());
        Conversation saved = conversations.save(opened, run, Change.finished(Samples.toolTurn(run), null));
        assertEquals(1, saved.version());
        assertEquals(List.of(Samples.toolTurn(run)), saved.turns());
        assertEquals(saved, conversations.find(ANN, saved.id()).orElseThrow());
        String second = run();
        assertEquals(saved, conversations.open(ANN, saved.id(), false, second, LEASE));
    }

    @Test
    void should_append_turns_in_their_order() {
        String id = stored(ANN, "one", "two", "three");
        Conversation found = conversations.find(ANN, id).orElseThrow();
        assertEquals(List.of("one", "two", "three"), Samples.questions(found));
        assertEquals(3, found.version());
        assertTrue(found.createdAt().isBefore(found.updatedAt()));
    }

    @Test
    void should_hide_a_conversation_until_it_is_first_stored_and_forget_it_when_released() {
        String run = run();
        Conversation opened = conversations.open(ANN, "mine", true, run, LEASE);
        assertTrue(conversations.find(ANN, "mine").isEmpty());
        assertEquals(List.of(), conversations.list(ANN, 10));
        assertThrows(ConversationBusyException.class, () -> conversations.open(ANN, "mine", true, run(), LEASE));
        conversations.release(opened, run);
        assertThrows(ConversationNotFoundException.class, () -> conversations.open(ANN, "mine", false, run(), LEASE));
        assertEquals(0, conversations.open(ANN, "mine", true, run(), LEASE).version());
    }

    @Test
    void should_treat_foreign_ids_like_absent_ones() {
        String id = stored(ANN, "secret");
        for (String wanted : List.of(id, "absent-absent-absent-1")) {
            assertTrue(conversations.find(BOB, wanted).isEmpty());
            assertFalse(conversations.delete(BOB, wanted));
            assertThrows(
                    ConversationNotFoundException.class, () -> conversations.open(BOB, wanted, false, run(), LEASE));
        }
        assertEquals(List.of(), conversations.list(BOB, 10));
        Conversation own = conversations.open(BOB, id, true, run(), LEASE);
        assertEquals(List.of(), own.turns(), "the id becomes a new conversation of bob's");
        assertEquals(
                List.of("secret"), Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    @Test
    void should_keep_owners_and_ids_apart_whatever_characters_they_hold() {
        String[][] pairs = {
            {"a#b", "c"},
            {"a", "b#c"},
            {"a", "b"},
            {"A", "b"},
            {"a ", "b"},
            {"ä", "b"},
            {"a", "meta"},
            {"a", "turn#000001"}
        };
        for (String[] pair : pairs) {
            String run = run();
            Conversation opened = conversations.open(pair[0], pair[1], true, run, LEASE);
            assertEquals(0, opened.version(), String.join("|", pair));
            conversations.save(opened, run, Change.finished(Samples.turn(run, String.join("|", pair)), null));
        }
        for (String[] pair : pairs) {
            assertEquals(
                    List.of(String.join("|", pair)),
                    Samples.questions(conversations.find(pair[0], pair[1]).orElseThrow()));
        }
    }

    @Test
    void should_refuse_a_second_run_until_the_first_has_ended() {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        assertThrows(ConversationBusyException.class, () -> conversations.open(ANN, id, false, run(), LEASE));
        assertThrows(ConversationBusyException.class, () -> conversations.delete(ANN, id));
        conversations.release(opened, "another run");
        assertThrows(ConversationBusyException.class, () -> conversations.open(ANN, id, false, run(), LEASE));
        conversations.release(opened, run);
        Conversation again = conversations.open(ANN, id, false, run(), LEASE);
        assertEquals(1, again.version());
    }

    @Test
    void should_be_free_when_it_is_released_after_any_step_in_whatever_version_the_run_remembers() {
        for (String question : new String[] {null, "one"}) {
            for (int steps = 0; steps < 3; steps++) {
                for (boolean asOpened : new boolean[] {true, false}) {
                    String run = run();
                    String stored = question == null ? null : stored(ANN, question);
                    Conversation opened = conversations.open(ANN, stored, false, run, LEASE);
                    Conversation last = opened;
                    for (int i = 0; i < steps; i++) {
                        last = conversations.save(
                                last, run, Change.step(Samples.pending(run, Approval.Stage.EXECUTING)));
                    }
                    conversations.release(asOpened ? opened : last, run);
                    if (last.version() == 0) {
                        assertThrows(
                                ConversationNotFoundException.class,
                                () -> conversations.open(ANN, opened.id(), false, run(), LEASE));
                    }
                    assertEquals(
                            last.version(),
                            conversations
                                    .open(ANN, opened.id(), true, run(), LEASE)
                                    .version(),
                            question + ", " + steps + " steps, " + asOpened);
                }
            }
        }
    }

    @Test
    void should_be_free_when_it_is_released_after_a_save_that_failed() {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        conversations.save(opened, run, Change.step(Samples.pending(run, Approval.Stage.PENDING)));
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(opened, run, Change.finished(Samples.turn(run, "late"), null)));
        conversations.release(opened, run);
        assertEquals(2, conversations.open(ANN, id, false, run(), LEASE).version());
    }

    @Test
    void should_not_give_back_what_the_next_run_has_taken() {
        String run = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        conversations.save(opened, run, Change.finished(Samples.turn(run, "one"), null));
        conversations.open(ANN, opened.id(), false, run(), LEASE);
        conversations.release(opened, run);
        assertThrows(ConversationBusyException.class, () -> conversations.open(ANN, opened.id(), false, run(), LEASE));
    }

    @Test
    void should_give_the_conversation_to_the_next_run_when_the_lease_has_passed() {
        String id = stored(ANN, "one");
        String lost = run();
        Conversation before = conversations.open(ANN, id, false, lost, LEASE);
        clock.advance(LEASE.plusMillis(1));
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(before, lost, Change.finished(Samples.turn(lost, "lost"), null)));
        conversations.release(before, lost);
        conversations.save(opened, run, Change.finished(Samples.turn(run, "two"), null));
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(before, lost, Change.finished(Samples.turn(lost, "lost"), null)));
        assertEquals(
                List.of("one", "two"),
                Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    @Test
    void should_save_after_the_lease_has_passed_if_nobody_else_took_it() {
        String id = stored(ANN, "one");
        String slow = run();
        Conversation opened = conversations.open(ANN, id, false, slow, LEASE);
        clock.advance(LEASE.multipliedBy(2));
        assertEquals(
                2,
                conversations
                        .save(opened, slow, Change.finished(Samples.turn(slow, "two"), null))
                        .version());
    }

    @Test
    void should_refuse_a_change_of_an_older_version() {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        conversations.save(opened, run, Change.step(Samples.pending(run, Approval.Stage.PENDING)));
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(opened, run, Change.step(Samples.pending(run, Approval.Stage.EXECUTED))));
        assertEquals(
                Approval.Stage.PENDING,
                conversations
                        .find(ANN, id)
                        .orElseThrow()
                        .pending()
                        .approvals()
                        .getFirst()
                        .state());
    }

    @Test
    void should_store_each_step_of_an_approval_and_keep_the_lease_between_them() {
        String run = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        Conversation waiting =
                conversations.save(opened, run, Change.waiting(Samples.pending(run, Approval.Stage.PENDING), null));
        assertEquals(waiting, conversations.find(ANN, opened.id()).orElseThrow());
        assertEquals("Delete order 7", conversations.list(ANN, 10).getFirst().title());

        String approving = run();
        Conversation taken = conversations.open(ANN, opened.id(), false, approving, LEASE);
        assertEquals(waiting.pending(), taken.pending());
        Conversation executing =
                conversations.save(taken, approving, Change.step(Samples.pending(run, Approval.Stage.EXECUTING)));
        assertThrows(ConversationBusyException.class, () -> conversations.open(ANN, opened.id(), false, run(), LEASE));
        Conversation executed =
                conversations.save(executing, approving, Change.step(Samples.pending(run, Approval.Stage.EXECUTED)));
        Conversation finished = conversations.save(executed, approving, Change.finished(Samples.toolTurn(run), null));
        assertEquals(finished, conversations.find(ANN, opened.id()).orElseThrow());
        assertEquals(4, finished.version());
        assertEquals(null, finished.pending());
        conversations.open(ANN, opened.id(), false, run(), LEASE);
    }

    @Test
    void should_list_the_last_changed_first_with_the_beginning_of_the_first_message() {
        String first = stored(ANN, "First\n  question", "more");
        String second = stored(ANN, "x".repeat(200));
        stored(BOB, "other");
        String run = run();
        Conversation again = conversations.open(ANN, first, false, run, LEASE);
        conversations.save(again, run, Change.finished(Samples.turn(run, "last"), null));
        List<ConversationSummary> list = conversations.list(ANN, 10);
        assertEquals(
                List.of(first, second),
                list.stream().map(ConversationSummary::id).toList());
        assertEquals("First question", list.getFirst().title());
        assertEquals(3, list.getFirst().turns());
        assertEquals("x".repeat(79) + "…", list.get(1).title());
        assertEquals(
                conversations.find(ANN, first).orElseThrow().updatedAt(),
                list.getFirst().updatedAt());
        assertEquals(
                conversations.find(ANN, first).orElseThrow().createdAt(),
                list.getFirst().createdAt());
        assertEquals(
                List.of(first),
                conversations.list(ANN, 1).stream().map(ConversationSummary::id).toList());
    }

    @Test
    void should_delete_with_all_turns() {
        String id = stored(ANN, "one", "two", "three");
        assertTrue(conversations.delete(ANN, id));
        assertTrue(conversations.find(ANN, id).isEmpty());
        assertEquals(List.of(), conversations.list(ANN, 10));
        assertFalse(conversations.delete(ANN, id));
        assertThrows(ConversationNotFoundException.class, () -> conversations.open(ANN, id, false, run(), LEASE));
        Conversation anew = conversations.open(ANN, id, true, run(), LEASE);
        assertEquals(List.of(), anew.turns());
    }

    @Test
    void should_refuse_a_save_into_a_deleted_conversation() {
        String id = stored(ANN, "one");
        String slow = run();
        Conversation opened = conversations.open(ANN, id, false, slow, LEASE);
        clock.advance(LEASE.plusSeconds(1));
        assertTrue(conversations.delete(ANN, id));
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(opened, slow, Change.finished(Samples.turn(slow, "two"), null)));
        assertTrue(conversations.find(ANN, id).isEmpty());
    }

    @Test
    void should_forget_a_conversation_when_its_time_is_over() {
        String id = stored(ANN, "old");
        clock.advance(TTL.minusSeconds(2));
        assertTrue(conversations.find(ANN, id).isPresent());
        clock.advance(Duration.ofSeconds(3));
        assertTrue(conversations.find(ANN, id).isEmpty());
        assertEquals(List.of(), conversations.list(ANN, 10));
        assertFalse(conversations.delete(ANN, id));
        assertThrows(ConversationNotFoundException.class, () -> conversations.open(ANN, id, false, run(), LEASE));
        String run = run();
        Conversation anew = conversations.open(ANN, id, true, run, LEASE);
        assertEquals(0, anew.version());
        conversations.save(anew, run, Change.finished(Samples.turn(run, "new"), null));
        assertEquals(
                List.of("new"), Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    @Test
    void should_keep_a_conversation_that_expires_while_a_turn_runs_in_it() {
        String id = stored(ANN, "one");
        clock.advance(TTL.minusSeconds(10));
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        clock.advance(Duration.ofSeconds(60));
        conversations.save(opened, run, Change.finished(Samples.turn(run, "two"), null));
        assertEquals(
                List.of("one", "two"),
                Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    @Test
    void should_keep_early_turns_as_long_as_the_conversation_goes_on() {
        String id = stored(ANN, "one");
        for (int i = 0; i < 6; i++) {
            clock.advance(TTL.dividedBy(2));
            String run = run();
            conversations.save(
                    conversations.open(ANN, id, false, run, LEASE),
                    run,
                    Change.finished(Samples.turn(run, "next"), null));
        }
        assertEquals(7, conversations.find(ANN, id).orElseThrow().turns().size());
    }

    @Test
    void should_store_turns_of_megabytes() {
        String large = Samples.noise(new Random(1), 1_500_000);
        String run = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        Conversation saved = conversations.save(
                opened, run, Change.finished(Samples.turn(run, "large", large), new Reply(ANN, run, "h", large)));
        assertEquals(saved, conversations.find(ANN, opened.id()).orElseThrow());
        assertEquals(new Claim.AlreadyAnswered(large), claim(ANN, run, "h"));
        assertTrue(conversations.delete(ANN, opened.id()));
    }

    @Test
    void should_store_large_pending_turns() {
        String large = Samples.noise(new Random(2), 600_000);
        String run = run();
        PendingTurn small = Samples.pending(run, Approval.Stage.PENDING);
        PendingTurn pending = new PendingTurn(
                run,
                "m",
                Samples.turn(run, "q", large).messages(),
                small.results(),
                small.approvals(),
                List.of(),
                small.receipt());
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        Conversation saved = conversations.save(opened, run, Change.step(pending));
        assertEquals(pending, conversations.find(ANN, opened.id()).orElseThrow().pending());
        Conversation finished = conversations.save(saved, run, Change.finished(Samples.turn(run, "q", large), null));
        assertEquals(finished, conversations.find(ANN, opened.id()).orElseThrow());
    }
}
