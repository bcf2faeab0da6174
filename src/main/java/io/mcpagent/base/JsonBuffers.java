package io.mcpagent.base;

import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.core.util.RecyclerPool;

/**
 * Jackson's buffers, shared by all threads: a buffer for each virtual thread, its default, would never be used twice. As many are kept as are usually
 * in use at once; after a burst of large documents the others are garbage.
 */
public final class JsonBuffers {

    /** To be given to each factory. Safe for use by many threads. */
    public static final RecyclerPool<BufferRecycler> POOL = JsonRecyclerPools.newBoundedPool(64);

    private JsonBuffers() {}
}
