package io.mcpagent.model;

import com.sun.management.OperatingSystemMXBean;
import io.mcpagent.base.Deadline;
import io.mcpagent.local.bedrock.LocalBedrock;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures what a model call costs this process, in CPU time and allocation, against a local Bedrock in a process of its own. Started by hand:
 * {@code java -cp … io.mcpagent.model.ModelCost [connections, 16] [seconds each, 15]}.
 */
final class ModelCost {

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ModelCost() {}

    @FunctionalInterface
    private interface Call {
        void make() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        int connections = args.length > 0 ? Integer.parseInt(args[0]) : 16;
        Duration each = Duration.ofSeconds(args.length > 1 ? Integer.parseInt(args[1]) : 15);
        Process bedrock = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LocalBedrock.class.getName(),
                        "--with-parent")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = bedrock.inputReader()) {
            URI uri = URI.create(out.readLine().replaceAll(".*(http://[0-9.:]+).*", "$1"));
            measure(uri, connections, each);
        } finally {
            bedrock.destroy();
        }
    }

    private static void measure(URI bedrock, int connections, Duration each) throws Exception {
        script(bedrock, "{\"always\":{\"words\":20}}");
        List<ToolDefinition> tools = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            tools.add(new ToolDefinition("tool_" + i, ModelRig.TOOL.description(), ModelRig.TOOL.inputSchema()));
        }
        List<Message> turn = List.of(
                Message.user("What did customer 7 order?"),
                new Message(Role.ASSISTANT, List.of(new Content.ToolUse("tooluse_1", "tool_1", "{\"customer_id\":7}"))),
                new Message(
                        Role.USER,
                        List.of(new Content.ToolResult(
                                "tooluse_1", "[{\"id\":1,\"name\":\"lamp\"}]".repeat(40), false))));
        try (ModelRig rig = ModelRig.on(bedrock)) {
            ReplyListener deaf = new ReplyListener() {
                @Override
                public void text(String delta) {}

                @Override
                public void toolUseStarted(String id, String name) {}

                @Override
                public void toolUseEnded(String id, Arguments arguments) {}
            };
            for (int round = 0; round < 3; round++) {
                run(
                        "Converse",
                        connections,
                        each,
                        () -> rig.models.converse(new ModelRequest(
                                "You answer questions.", turn, tools, Deadline.in(Duration.ofSeconds(20)))));
                run(
                        "ConverseStream, 20 words",
                        connections,
                        each,
                        () -> rig.models.stream(
                                new ModelRequest(
                                        "You answer questions.", turn, tools, Deadline.in(Duration.ofSeconds(20))),
                                deaf));
            }
        }
    }

    private static void run(String name, int connections, Duration duration, Call call) throws Exception {
        AtomicLong calls = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(connections);
        long until = System.nanoTime() + duration.toNanos();
        long cpu = SYSTEM.getProcessCpuTime();
        long collections = collections();
        for (int i = 0; i < connections; i++) {
            Thread.ofVirtual().start(() -> {
                try {
                    while (System.nanoTime() < until) {
                        call.make();
                        calls.incrementAndGet();
                    }
                } catch (Exception e) {
                    e.printStackTrace();
                } finally {
                    ended.countDown();
                }
            });
        }
        ended.await();
        System.out.printf(
                "%-26s %4d connections: %6.1f µs CPU a call, %7.0f calls/s, %d collections%n",
                name,
                connections,
                (SYSTEM.getProcessCpuTime() - cpu) / 1000.0 / calls.get(),
                calls.get() / (duration.toMillis() / 1000.0),
                collections() - collections);
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(gc -> gc.getCollectionCount())
                .sum();
    }

    private static void script(URI bedrock, String json) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(bedrock.resolve("/_script"))
                            .header("Content-Type", "application/json")
                            .PUT(HttpRequest.BodyPublishers.ofString(json))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new IOException(response.statusCode() + " " + response.body());
            }
        }
    }
}
