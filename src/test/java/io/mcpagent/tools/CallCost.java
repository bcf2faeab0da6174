package io.mcpagent.tools;

import com.sun.management.OperatingSystemMXBean;
import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Measures the CPU time that a tool call costs this process; started by hand, with a tool server's URL, a tool, its arguments and a number of callers. */
public final class CallCost {

    private static final Logger HTTP_LOG = Logger.getLogger("org.apache.hc");

    private CallCost() {}

    /** Prints the CPU microseconds for each call, every 5 s, for a minute. */
    public static void main(String[] arguments) throws Exception {
        // As in production, where nobody logs what goes over the wire.
        HTTP_LOG.setLevel(Level.INFO);
        McpToolbox toolbox = TestConfig.toolbox("url", arguments[0], "call-timeout", "60s");
        Tool tool = toolbox.catalog(Identity.ANONYMOUS, Deadline.in(Duration.ofSeconds(5)))
                .find(arguments[1])
                .orElseThrow();
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        for (int round = 0; round < 12; round++) {
            long cpu = system.getProcessCpuTime();
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            long[] calls = new long[Integer.parseInt(arguments[3])];
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < calls.length; i++) {
                int me = i;
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        while (System.nanoTime() < end) {
                            ToolAnswer result = toolbox.call(
                                    tool,
                                    Arguments.read(arguments[2]),
                                    Identity.ANONYMOUS,
                                    null,
                                    Deadline.in(Duration.ofSeconds(100)));
                            if (result.isError()) {
                                throw new IllegalStateException(result.toString());
                            }
                            calls[me]++;
                        }
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            long total = java.util.stream.LongStream.of(calls).sum();
            System.out.printf("%d calls, %.1f µs CPU each%n", total, (system.getProcessCpuTime() - cpu) / 1e3 / total);
        }
        toolbox.close();
    }
}
