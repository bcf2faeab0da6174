package io.mcpagent.model;

/** Counts what it may cost and did cost to ask a model: each request that is sent, also those that are sent again. For one thread. */
@FunctionalInterface
public interface Spending {

    /** Counts nothing. */
    Spending FREE = _ -> new Attempt() {
        @Override
        public void settle(Usage used) {}

        @Override
        public void settleUnknown() {}

        @Override
        public void cancel() {}
    };

    /**
     * A request to that model is about to be sent. It must be ended by one of the attempt's methods.
     *
     * @throws RuntimeException if it may not be sent
     */
    Attempt begin(String modelId);

    /** One request. What comes after the first of these calls does nothing. */
    interface Attempt {

        /** The service said what it counted. */
        void settle(Usage used);

        /** The service may have worked on it, and did not say what it counted. */
        void settleUnknown();

        /** It never left, or the service refused it. */
        void cancel();
    }
}
