import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks at a fixed rate, first for 60 % of what fits and then for three times as much as fits, and says how long accepted and refused requests took:
 * {@code java Overload.java PORT TURNS_AT_ONCE TURN_MILLIS SECONDS}. Three rounds; the last line has their medians.
 */
class Overload {

    private static final int ROUNDS = 3;
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    private record Load(List<Double> accepted, List<Double> refused, AtomicInteger others) {}

    public static void main(String[] args) throws InterruptedException {
        URI chat = URI.create("http://127.0.0.1:" + args[0] + "/chat");
        double fits = Integer.parseInt(args[1]) * 1_000.0 / Integer.parseInt(args[2]);
        Duration each = Duration.ofSeconds(Integer.parseInt(args[3]));
        load(chat, fits * 0.5, each);
        List<Double> usual = new ArrayList<>();
        List<Double> under = new ArrayList<>();
        List<Double> refused = new ArrayList<>();
        int others = 0;
        System.out.println(
                "| load | requests/s | accepted | p99 ms | refused | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|");
        for (int round = 0; round < ROUNDS; round++) {
            Load normal = load(chat, fits * 0.6, each);
            Load over = load(chat, fits * 3, each);
            print("0.6 × what fits", fits * 0.6, normal);
            print("3 × what fits", fits * 3, over);
            usual.add(at(normal.accepted, 0.99));
            under.add(at(over.accepted, 0.99));
            refused.add(at(over.refused, 0.99));
            others += normal.others.get() + over.others.get();
        }
        System.out.printf(
                "overload × 3, median of %d rounds: refused p99 %.1f ms (limit 50), accepted p99 %.0f ms against %.0f ms usual (limit × 2), other answers %d%n",
                ROUNDS, at(refused, 0.5), at(under, 0.5), at(usual, 0.5), others);
    }

    /** Sends at a fixed rate, whatever comes back. */
    private static Load load(URI chat, double perSecond, Duration each) throws InterruptedException {
        Load load = new Load(
                Collections.synchronizedList(new ArrayList<>()),
                Collections.synchronizedList(new ArrayList<>()),
                new AtomicInteger());
        HttpRequest request = HttpRequest.newBuilder(chat)
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString("{\"message\":\"hello\"}"))
                .build();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            long begin = System.nanoTime();
            for (int i = 0; System.nanoTime() - begin < each.toNanos(); i++) {
                LockSupport.parkNanos(begin + (long) (i * 1e9 / perSecond) - System.nanoTime());
                clients.submit(() -> ask(request, load));
            }
        }
        return load;
    }

    private static void ask(HttpRequest request, Load load) {
        long began = System.nanoTime();
        try {
            HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            double millis = (System.nanoTime() - began) / 1e6;
            if (answer.statusCode() == 200 && answer.body().contains("RUN_FINISHED")) {
                load.accepted.add(millis);
            } else if (answer.statusCode() == 503
                    && answer.headers().firstValue("Retry-After").isPresent()) {
                load.refused.add(millis);
            } else {
                load.others.incrementAndGet();
            }
        } catch (IOException e) {
            load.others.incrementAndGet();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void print(String name, double rate, Load load) {
        System.out.printf(
                "| %s | %.0f | %d | %.0f | %d | %.1f | %.1f |%n",
                name,
                rate,
                load.accepted.size(),
                at(load.accepted, 0.99),
                load.refused.size(),
                at(load.refused, 0.5),
                at(load.refused, 0.99));
    }

    private static double at(List<Double> values, double part) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, Math.floor(part * sorted.size())));
    }
}
