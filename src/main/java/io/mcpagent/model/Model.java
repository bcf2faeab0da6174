package io.mcpagent.model;

/**
 * Asks the model and waits for its reply, on the calling (virtual) thread. Interrupting that thread aborts the request: the connection is
 * closed, so that the service stops generating. Safe for use by many threads.
 */
public interface Model {

    /**
     * Waits for the whole reply.
     *
     * @throws ModelException       if there is no reply, after all retries and the fallback
     * @throws InterruptedException if the calling thread was interrupted
     */
    ModelReply converse(ModelRequest request) throws ModelException, InterruptedException;

    /**
     * Passes the parts of the reply to {@code listener} as they arrive. A stream that ends without its metadata event is a failure.
     *
     * @throws ModelException       if there is no reply, or if it broke off; {@link ModelException#heard()} tells whether the listener heard anything
     * @throws InterruptedException if the calling thread was interrupted
     */
    ModelReply stream(ModelRequest request, ReplyListener listener) throws ModelException, InterruptedException;

    /**
     * Waits for the whole reply of the model that sums up conversations; of the one that is asked first if none is set.
     *
     * @throws ModelException       if there is no reply, after all retries
     * @throws InterruptedException if the calling thread was interrupted
     */
    ModelReply sumUp(ModelRequest request) throws ModelException, InterruptedException;

    /** The model that is asked first. */
    String modelId();
}
