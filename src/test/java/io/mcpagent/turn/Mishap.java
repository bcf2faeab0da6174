package io.mcpagent.turn;

import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.model.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What befalls one process at one point of its life: each step of its store, its model and its tools is two points, before it and after it. */
final class Mishap {

    /** What happens. */
    enum Kind {
        NOTHING,
        /** kill -9: nothing of the process does anything any more. */
        KILLED,
        CLIENT_GONE,
        DEADLINE,
        SHUTDOWN,
        /** The next answer of the model is a failure. */
        MODEL_FAILS,
        /** The next step of the store is not done, or its answer is lost. */
        STORE_FAILS_ONCE,
        /** The store is gone from then on. */
        STORE_GONE
    }

    /** The process is dead. No code of ours catches it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed", null, false, false);
        }
    }

    static final Mishap NONE = new Mishap(Kind.NOTHING, Integer.MAX_VALUE, new Random(0));

    private final Kind kind;
    private final int at;
    private final Random random;
    private final List<String> points = new ArrayList<>();
    private Runnable stops = () -> {};
    private boolean happened;
    private boolean dead;
    private boolean modelFails;
    private int storeFails;

    /** @param at the point at which it happens, from 0 */
    Mishap(Kind kind, int at, Random random) {
        this.kind = kind;
        this.at = at;
        this.random = random;
    }

    /** What stops the run, where that is what happens. */
    void stops(Runnable run) {
        stops = run;
    }

    boolean happened() {
        return happened;
    }

    /** The points that were passed. */
    List<String> points() {
        return points;
    }

    private void pass(String point) {
        if (dead) {
            throw new Killed();
        }
        if (this == NONE) {
            return;
        }
        points.add(point);
        if (points.size() - 1 != at) {
            return;
        }
        happened = true;
        switch (kind) {
            case KILLED -> {
                dead = true;
                throw new Killed();
            }
            case CLIENT_GONE, DEADLINE, SHUTDOWN -> stops.run();
            case MODEL_FAILS -> modelFails = true;
            case STORE_FAILS_ONCE -> storeFails = 1;
            case STORE_GONE -> storeFails = Integer.MAX_VALUE;
            case NOTHING -> {}
        }
    }

    void inStore(String step) {
        pass("store " + step);
        // A client of DynamoDB whose thread is interrupted does not wait for the answer.
        if (storeFails > 0 && random.nextBoolean() || Thread.currentThread().isInterrupted()) {
            storeFails--;
            throw new StoreUnavailableException("the store does not answer: " + step);
        }
    }

    void inModel(String step) throws ModelException, InterruptedException {
        pass("model " + step);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (modelFails) {
            modelFails = false;
            throw new ModelException(ModelException.Kind.UNAVAILABLE, "no", random.nextBoolean(), null);
        }
    }

    void inTool(String step) throws InterruptedException {
        pass("tool " + step);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }
}
