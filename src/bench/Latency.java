import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Asks one streamed question after the other, and says when the first event and the end came, and how much of it is the agent's own time, that is
 * without two replies of the model and one tool call as they take when they are asked for directly:
 * {@code java Latency.java AGENT_PORT BEDROCK_PORT TOOLBOX_PORT TURNS}.
 */
class Latency {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String MODEL = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hello\"}]}],"
            + "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"get_customer\",\"description\":\"x\",\"inputSchema\":{\"json\":{\"type\":\"object\"}}}}]}}";
    private static final String TOOL =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"get_customer\","
                    + "\"arguments\":{\"customer_id\":7}}}";

    public static void main(String[] args) throws IOException, InterruptedException {
        int turns = Integer.parseInt(args[3]);
        HttpRequest turn = post(
                        args[0], "/chat", "{\"message\":\"How many orders has customer 7?\"}", "text/event-stream")
                .build();
        HttpRequest model = post(args[1], "/model/bench/converse-stream", MODEL, "application/vnd.amazon.eventstream")
                .header("Authorization", "Bearer bench")
                .build();
        HttpRequest tool = post(args[2], "/mcp", TOOL, "application/json, text/event-stream")
                .build();
        double[] first = new double[turns];
        double[] whole = new double[turns];
        double[] models = new double[turns];
        double[] tools = new double[turns];
        for (int i = -turns / 4; i < turns; i++) {
            // The first quarter warms up.
            int n = Math.max(i, 0);
            ask(turn, n, first, whole);
            ask(model, n, null, models);
            ask(tool, n, null, tools);
        }
        System.out.printf(
                "1 connection, %d turns: first event p50 %.1f ms, p99 %.1f ms (limit 15)%n",
                turns, at(first, 0.5), at(first, 0.99));
        double others = 2 * at(models, 0.5) + at(tools, 0.5);
        System.out.printf(
                "1 connection: turn p50 %.1f ms, of it %.1f ms model and tool: overhead p50 %.1f ms (limit 3)%n",
                at(whole, 0.5), others, at(whole, 0.5) - others);
    }

    private static HttpRequest.Builder post(String port, String path, String body, String accept) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static void ask(HttpRequest request, int n, double[] first, double[] whole)
            throws IOException, InterruptedException {
        long began = System.nanoTime();
        HttpResponse<Stream<String>> response = HTTP.send(request, HttpResponse.BodyHandlers.ofLines());
        if (response.statusCode() != 200) {
            throw new IOException(request.uri() + " answered " + response.statusCode());
        }
        boolean told = false;
        try (Stream<String> lines = response.body()) {
            for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
                String line = each.next();
                if (first != null && !told && line.startsWith("data:")) {
                    told = true;
                    first[n] = millis(began);
                }
            }
        }
        whole[n] = millis(began);
    }

    private static double millis(long since) {
        return (System.nanoTime() - since) / 1e6;
    }

    private static double at(double[] values, double part) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    }
}
