package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.model.Arguments;
import org.jspecify.annotations.Nullable;

/**
 * The tool server. Blocks the calling (virtual) thread; interrupting it closes the request, upon which the server cancels the SQL. Safe for
 * use by many threads.
 */
public interface Toolbox {

    /**
     * The tools on offer: from the cache while it is fresh, else asked for, within bounded time. Never fails:
     * {@link ToolCatalog#UNAVAILABLE} if the server does not answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolCatalog catalog(Deadline deadline) throws InterruptedException;

    /**
     * The tools as the server has them when this is called, never from a cache. Never fails: {@link ToolCatalog#UNAVAILABLE} if the server does not
     * answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolCatalog current(Deadline deadline) throws InterruptedException;

    /**
     * Calls a tool. Never fails: what goes wrong is the result's outcome. A call of a tool that only reads is tried once more when its
     * connection is lost, and a few times when the database's is; any other call never, once it was sent.
     *
     * @param arguments   the JSON text of one object
     * @param traceparent the W3C trace context to hand on, or null
     * @throws InterruptedException if the calling thread was interrupted
     */
    ToolAnswer call(Tool tool, Arguments arguments, @Nullable String traceparent, Deadline deadline)
            throws InterruptedException;
}
