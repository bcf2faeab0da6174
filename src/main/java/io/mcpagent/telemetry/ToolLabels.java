package io.mcpagent.telemetry;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The tools that have series of their own: the first so many that are called; all others share one. Safe for use by many threads. */
final class ToolLabels {

    static final String OTHER = "other";
    private static final int MOST = 24;

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();

    /** The label of that tool; null stands for a name that nobody offers. */
    String of(@Nullable String tool) {
        if (tool == null) {
            return OTHER;
        }
        if (known.contains(tool)) {
            return tool;
        }
        lock.lock();
        try {
            return known.contains(tool) || (known.size() < MOST && known.add(tool)) ? tool : OTHER;
        } finally {
            lock.unlock();
        }
    }
}
