package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import org.jspecify.annotations.Nullable;

/**
 * The tool server. Blocks the calling (virtual) thread; interrupting it closes the request, upon which the server cancels the SQL. Safe for
 * use by many threads.
 */
public interface Toolbox {

    /**
     * The tools on offer to a caller: from the cache while it is fresh, else asked for, within bounded time. Never fails:
     * {@link ToolCatalog#UNAVAILABLE} if the server does not answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolCatalog catalog(Identity caller, Deadline deadline) throws InterruptedException;

    /**
     * The tools on offer to a caller, as the server has them when this is called, never from a cache. Never fails: {@link ToolCatalog#UNAVAILABLE} if the server does not
     * answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolCatalog current(Identity caller, Deadline deadline) throws InterruptedException;

    /**
     * All tools, for any caller, as the server has them now: to look at, and to offer to nobody. Never fails: {@link ToolCatalog#UNAVAILABLE} if
     * the server does not answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    default ToolCatalog all(Deadline deadline) throws InterruptedException {
        return current(Identity.ANONYMOUS, deadline);
    }

    /**
     * Calls a tool. Never fails: what goes wrong is the result's outcome. A call of a tool that only reads is tried once more when its
     * connection is lost, and a few times when the database's is; any other call never, once it was sent.
     *
     * @param arguments   the JSON text of one object
     * @param caller      who asks, by the request at hand: what of the tool's parameters is the caller's is filled from that
     * @param traceparent the W3C trace context to hand on, or null
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolAnswer call(Tool tool, Arguments arguments, Identity caller, @Nullable String traceparent, Deadline deadline)
            throws InterruptedException;

    /**
     * Why these arguments can't be used for this tool by any caller: the model or a client has filled what only the caller's identity may. Null if they
     * can be. {@link #call} would refuse them, too; asked before, they need not be stored or shown to a person.
     */
    default @Nullable String refusal(Tool tool, Arguments arguments) {
        return null;
    }

    /** The model's service takes no request that offers this tool: it is offered to nobody until the server is asked for its tools again. */
    default void refused(Tool tool) {}
}
