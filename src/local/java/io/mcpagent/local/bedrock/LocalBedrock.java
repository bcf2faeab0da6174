package io.mcpagent.local.bedrock;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * A stand-in for Amazon Bedrock Runtime on 127.0.0.1 for development and tests: Converse and ConverseStream over plain
 * HTTP/1.1, with the service's wire format and checks. An offline model answers unless a script says otherwise. All
 * methods can be called by any thread.
 */
public final class LocalBedrock implements AutoCloseable {

    private static final int MOST_RECORDED = 5_000;

    private final ServerSocket server;
    private final Scripts scripts;
    private final PromptCache cache = new PromptCache();
    private final Handler handler;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Deque<RecordedRequest> recorded = new ConcurrentLinkedDeque<>();
    private final AtomicInteger openStreams = new AtomicInteger();
    private final AtomicInteger openRequests = new AtomicInteger();
    private final AtomicLong requestCount = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile int waiters;
    private volatile Signature.KeyPair requiredKey;

    private LocalBedrock(ServerSocket server, Optional<LocalModel> model) {
        this.server = server;
        this.scripts = new Scripts(model.isPresent());
        this.handler =
                new Handler(this, scripts, cache, model.map(OpenAiServer::new).map(Relay::new));
    }

    /**
     * Starts a server.
     *
     * @param port TCP port on 127.0.0.1, 0 for a free one
     * @throws UncheckedIOException if the port is taken
     */
    public static LocalBedrock start(int port) {
        return start(port, Optional.empty());
    }

    /**
     * Starts a server behind which a model of one's own answers.
     *
     * @param port  TCP port on 127.0.0.1, 0 for a free one
     * @param model what answers in the place of the offline model, if there is such a model
     * @throws UncheckedIOException if the port is taken
     */
    public static LocalBedrock start(int port, Optional<LocalModel> model) {
        try {
            ServerSocket server = new ServerSocket();
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 1_024);
            LocalBedrock bedrock = new LocalBedrock(server, model);
            Thread.ofPlatform().daemon().name("local-bedrock").start(bedrock::accept);
            return bedrock;
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + ": " + e.getMessage(), e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.getLocalPort();
    }

    /** The address for {@code AWS_ENDPOINT_URL_BEDROCK_RUNTIME} or an endpoint override. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** Queues scripts: each answers one request, in the order of arrival. */
    public void script(Script... queue) {
        scripts.add(List.of(queue));
    }

    /** Answers each request for which nothing is queued by this script. */
    public void always(Script script) {
        scripts.always(script);
    }

    /** Answers each request for which nothing is queued by what {@code responder} returns. */
    public void respond(Script.Responder responder) {
        always(new Script.Obedient(responder));
    }

    /** From now on refuses what is not signed by SigV4 with this key pair (a Bearer token, too). */
    public void requireSignature(String accessKeyId, String secretAccessKey) {
        requiredKey = new Signature.KeyPair(accessKeyId, secretAccessKey);
    }

    /** The requests to the service since the last reset, in the order of arrival; the last 5000 of them. */
    public List<RecordedRequest> requests() {
        return List.copyOf(recorded);
    }

    /** How many requests to the service there were since the last reset. */
    public long requestCount() {
        return requestCount.get();
    }

    /** Connections that are open now, idle ones too. */
    public int openConnections() {
        return connections.size();
    }

    /** ConverseStream requests that are being answered now. */
    public int openStreams() {
        return openStreams.get();
    }

    /** Requests of both operations that are being answered now. */
    public int openRequests() {
        return openRequests.get();
    }

    /** Scripts in the queue that no request has taken. */
    public int queued() {
        return scripts.waiting();
    }

    /**
     * Waits until the condition holds; looks whenever a request arrives or ends and whenever a connection opens or
     * closes.
     *
     * @return whether it holds, false after {@code atMost}
     */
    public boolean await(Duration atMost, Predicate<LocalBedrock> condition) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            waiters++;
            while (!condition.test(this)) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            waiters--;
            lock.unlock();
        }
    }

    /** Forgets scripts, requests, the prompt cache and the required key. Connections and answers under way stay. */
    public void reset() {
        scripts.clear();
        cache.clear();
        requiredKey = null;
        recorded.clear();
        requestCount.set(0);
    }

    /** Closes the port and all connections. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            // A port that can't be closed is closed.
        }
        connections.forEach(Connection::close);
    }

    Signature.KeyPair requiredKey() {
        return requiredKey;
    }

    RecordedRequest record(Connection.Request request) {
        RecordedRequest entry = new RecordedRequest(request.path(), request.headers(), request.body());
        recorded.addLast(entry);
        if (requestCount.incrementAndGet() > MOST_RECORDED) {
            recorded.pollFirst();
        }
        openRequests.incrementAndGet();
        if (entry.stream()) {
            openStreams.incrementAndGet();
        }
        signal();
        return entry;
    }

    void ended(RecordedRequest entry) {
        entry.end();
        openRequests.decrementAndGet();
        if (entry.stream()) {
            openStreams.decrementAndGet();
        }
        signal();
    }

    private void signal() {
        if (waiters > 0) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().name("local-bedrock-connection").start(() -> serve(socket));
            } catch (IOException e) {
                // Closed, or one connection failed before it began.
            }
        }
    }

    private void serve(Socket socket) {
        Connection connection = null;
        try {
            connection = new Connection(socket);
            connections.add(connection);
            signal();
            Connection.Request request;
            do {
                request = connection.read();
            } while (request != null && !server.isClosed() && handler.handle(request, connection));
        } catch (IOException | NumberFormatException e) {
            // The client is gone or doesn't speak HTTP: there is nobody to tell.
        } finally {
            if (connection != null) {
                connection.close();
                connections.remove(connection);
                signal();
            }
        }
    }

    /**
     * Runs a server as a process of its own: {@code --port N}, {@code --script FILE.json} (as in {@code PUT /_script}),
     * {@code --with-parent} (end when standard input ends).
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        int port = 0;
        Path script = null;
        boolean withParent = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--port" -> port = Integer.parseInt(args[++i]);
                case "--script" -> script = Path.of(args[++i]);
                case "--with-parent" -> withParent = true;
                default ->
                    throw new IllegalArgumentException("--port N, --script FILE.json or --with-parent, not " + args[i]);
            }
        }
        LocalBedrock bedrock = start(port, LocalModel.of(System.getenv()));
        if (script != null) {
            bedrock.handler.script(Json.parse(Files.readAllBytes(script)));
        }
        System.out.println("local Bedrock ready on " + bedrock.uri() + " (offline stand-in, not Claude)");
        if (withParent) {
            System.in.transferTo(OutputStream.nullOutputStream());
            bedrock.close();
        } else {
            Thread.currentThread().join();
        }
    }
}
