package io.mcpagent.turn;

import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.ConversationSummary;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A store in memory that does not answer at chosen steps. */
final class FaultyStore implements Conversations, IdempotentReplies {

    /** How a step fails. */
    enum Fault {
        /** The store never got it. */
        NOT_DONE,
        /** The store did it, and its answer was lost. */
        ANSWER_LOST
    }

    private final MemoryStore memory;
    private final Mishap mishap;
    private final List<String> steps = new ArrayList<>();
    /** Is done at each step. */
    Runnable onStep = () -> {};

    private int failAt = -1;
    private Fault fault = Fault.NOT_DONE;

    FaultyStore() {
        this(MemoryStore.empty(), Mishap.NONE);
    }

    /** A store over that memory, as one process sees it. */
    FaultyStore(MemoryStore memory, Mishap mishap) {
        this.memory = memory;
        this.mishap = mishap;
    }

    /** Fails at the step of that number, counted from 0 from now on. */
    void failAt(int step, Fault how) {
        steps.clear();
        failAt = step;
        fault = how;
    }

    /** Fails no more. */
    void heal() {
        failAt = -1;
    }

    /** The steps since the last call of {@link #failAt}. */
    List<String> steps() {
        return steps;
    }

    private <T> T step(String name, Supplier<T> step) {
        int number = steps.size();
        steps.add(name);
        onStep.run();
        mishap.inStore(name);
        if (number != failAt) {
            T done = step.get();
            mishap.inStore(name + " done");
            return done;
        }
        if (fault == Fault.ANSWER_LOST) {
            step.get();
        }
        throw new StoreUnavailableException("the store does not answer: " + name);
    }

    @Override
    public Optional<Conversation> find(String owner, String id) {
        return memory.conversations().find(owner, id);
    }

    @Override
    public List<ConversationSummary> list(String owner, int atMost) {
        return memory.conversations().list(owner, atMost);
    }

    @Override
    public boolean delete(String owner, String id) {
        return memory.conversations().delete(owner, id);
    }

    @Override
    public Conversation open(String owner, String id, boolean createIfAbsent, String runId, Duration lease) {
        return step("open", () -> memory.conversations().open(owner, id, createIfAbsent, runId, lease));
    }

    @Override
    public Conversation save(Conversation opened, String runId, Change change) {
        return step("save", () -> memory.conversations().save(opened, runId, change));
    }

    @Override
    public void release(Conversation opened, String runId) {
        step("release", () -> {
            memory.conversations().release(opened, runId);
            return null;
        });
    }

    @Override
    public Claim claim(String owner, String key, String requestHash, String runId, Duration lease) {
        return step("claim", () -> memory.replies().claim(owner, key, requestHash, runId, lease));
    }

    @Override
    public void abandon(String owner, String key, String runId) {
        step("abandon", () -> {
            memory.replies().abandon(owner, key, runId);
            return null;
        });
    }
}
