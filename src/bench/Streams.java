import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Opens many streams at once, reads each to its end, and says how they went: {@code java Streams.java PORT COUNT}. */
class Streams {

    private static final String BODY = "{\"message\":\"Tell me two hundred words\"}";

    public static void main(String[] args) throws InterruptedException {
        int port = Integer.parseInt(args[0]);
        int count = Integer.parseInt(args[1]);
        long[] firstEvent = new long[count];
        AtomicInteger finished = new AtomicInteger();
        AtomicInteger words = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(count);
        long began = System.nanoTime();
        for (int i = 0; i < count; i++) {
            int number = i;
            Thread.startVirtualThread(() -> {
                try {
                    read(port, number, firstEvent, finished, words);
                } catch (IOException e) {
                    System.err.println(e);
                } finally {
                    ended.countDown();
                }
            });
            // A new stream every 2 ms: what is measured is streams that are open, not a burst of connections.
            Thread.sleep(2);
        }
        ended.await();
        Arrays.sort(firstEvent);
        System.out.printf(
                "%d streams of 200 words at 20 words/s: %d finished, %d words, %.1f s in all; first event p50 %.1f ms, p99 %.1f ms%n",
                count,
                finished.get(),
                words.get(),
                (System.nanoTime() - began) / 1e9,
                firstEvent[count / 2] / 1e6,
                firstEvent[count * 99 / 100] / 1e6);
    }

    private static void read(int port, int number, long[] firstEvent, AtomicInteger finished, AtomicInteger words)
            throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            long asked = System.nanoTime();
            socket.getOutputStream()
                    .write(
                            ("POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
                                            + "Connection: close\r\nContent-Length: " + BODY.length() + "\r\n\r\n"
                                            + BODY)
                                    .getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (firstEvent[number] == 0 && line.startsWith("data:")) {
                    firstEvent[number] = System.nanoTime() - asked;
                }
                if (line.contains("TEXT_MESSAGE_CONTENT")) {
                    words.incrementAndGet();
                }
                if (line.contains("RUN_FINISHED")) {
                    finished.incrementAndGet();
                }
            }
        }
    }
}
