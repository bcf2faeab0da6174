package io.mcpagent.turn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Does many things at once. */
final class Together {

    private Together() {}

    /** Makes {@code count} results, {@code atOnce} at a time, and returns them in order; the first failure is thrown when all have ended. */
    static <T> List<T> run(int count, int atOnce, IntFunction<T> task) {
        Semaphore places = new Semaphore(atOnce);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> futures = threads.invokeAll(IntStream.range(0, count)
                    .<Callable<T>>mapToObj(i -> () -> {
                        places.acquire();
                        try {
                            return task.apply(i);
                        } finally {
                            places.release();
                        }
                    })
                    .toList());
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Error error ? error : new AssertionError(e.getCause());
        }
    }
}
