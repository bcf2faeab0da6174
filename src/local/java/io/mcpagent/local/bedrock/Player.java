package io.mcpagent.local.bedrock;

import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Failure;
import io.mcpagent.local.bedrock.Script.Fault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Sends one answer, good or faulty. Each method says whether the connection can be used again. */
final class Player {

    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Connection connection;
    private final RecordedRequest record;
    private final long startedNanos = System.nanoTime();

    Player(Connection connection, RecordedRequest record) {
        this.connection = connection;
        this.record = record;
    }

    boolean fail(Failure failure) throws Connection.ClientGone {
        pause(failure.delay());
        record.answered(failure.status(), failure.type());
        byte[] body = Json.bytes(Json.object().put("message", failure.message()));
        connection.write(Bytes.join(
                head(
                        failure.status(),
                        "application/json",
                        "content-length: " + body.length + "\r\n" + "x-amzn-errortype: " + failure.type() + "\r\n"),
                body));
        return true;
    }

    boolean document(EncodedReply encoded, Script.Usage input) throws Connection.ClientGone {
        Fault fault = encoded.reply().fault();
        pause(encoded.reply().pace().beforeHeaders());
        if (fault instanceof Fault.ExceptionAt(int frame, String type, String message)) {
            String name = type.substring(0, 1).toUpperCase(Locale.ROOT) + type.substring(1);
            return fail(new Failure(Failure.statusOf(name), name, message, Duration.ZERO));
        }
        byte[] body = encoded.document(input, latency());
        record.answered(200, "");
        byte[] head = head(200, "application/json", "content-length: " + body.length + "\r\n");
        byte[] half = Arrays.copyOf(body, body.length / 2);
        byte[] rest = Arrays.copyOfRange(body, body.length / 2, body.length);
        switch (fault) {
            case Fault.StallAt(int frame, Duration duration) -> {
                connection.write(Bytes.join(head, half));
                stall(duration);
                connection.write(rest);
            }
            case Fault.CutAt(int frame, Cut how) -> {
                connection.write(Bytes.join(head, half));
                return cut(how == Cut.RESET ? Cut.RESET : Cut.FIN);
            }
            case Fault.CorruptCrcAt(int frame) -> {
                Arrays.fill(rest, (byte) '#');
                connection.write(Bytes.join(head, half, rest));
            }
            default -> connection.write(Bytes.join(head, body));
        }
        return true;
    }

    boolean stream(EncodedReply encoded, Script.Usage input) throws Connection.ClientGone {
        Script.Pace pace = encoded.reply().pace();
        pause(pace.beforeHeaders());
        record.answered(200, "");
        byte[] head = head(200, "application/vnd.amazon.eventstream", "transfer-encoding: chunked\r\n");
        if (encoded.reply().fault() == Fault.None.NONE && pace.frameDelay().isZero()) {
            byte[] metadata = EventStream.chunk(encoded.metadataFrame(input, latency()));
            connection.write(Bytes.join(head, encoded.bodyChunks(), metadata, LAST_CHUNK));
            record.sent(encoded.bodyFrames().size() + 1);
            return true;
        }
        return frameByFrame(encoded, input, head);
    }

    /** Begins a stream whose frames are sent as they come. */
    void begin() throws Connection.ClientGone {
        record.answered(200, "");
        connection.write(head(200, "application/vnd.amazon.eventstream", "transfer-encoding: chunked\r\n"));
    }

    void send(List<byte[]> frames) throws Connection.ClientGone {
        if (!frames.isEmpty()) {
            connection.write(Bytes.join(frames.stream().map(EventStream::chunk).toList()));
            record.sent(record.framesSent() + frames.size());
        }
    }

    boolean end(EncodedReply whole, Script.Usage input) throws Connection.ClientGone {
        send(List.of(whole.metadataFrame(input, latency())));
        connection.write(LAST_CHUNK);
        return true;
    }

    /** Ends a stream with an exception. */
    boolean breakOff(String type, String message) throws Connection.ClientGone {
        byte[] payload = Json.bytes(Json.object().put("message", message));
        connection.write(Bytes.join(EventStream.chunk(EventStream.exception(type, payload)), LAST_CHUNK));
        record.answered(200, type);
        return true;
    }

    private boolean frameByFrame(EncodedReply encoded, Script.Usage input, byte[] head) throws Connection.ClientGone {
        Duration delay = encoded.reply().pace().frameDelay();
        List<byte[]> body = encoded.bodyFrames();
        int faultAt = frameOf(encoded.reply().fault());
        List<byte[]> waiting = new ArrayList<>(List.of(head));
        long due = System.nanoTime();
        for (int i = 0; i <= body.size(); i++) {
            if (i == faultAt) {
                flush(waiting, i);
                if (ends(encoded.reply().fault(), i, body)) {
                    return endOf(encoded.reply().fault());
                }
                due = System.nanoTime();
            }
            byte[] frame = i < body.size() ? body.get(i) : encoded.metadataFrame(input, latency());
            waiting.add(EventStream.chunk(corrupt(encoded.reply().fault(), i) ? EventStream.corrupted(frame) : frame));
            if (!delay.isZero() && i < body.size()) {
                flush(waiting, i + 1);
                due += delay.toNanos();
                connection.pause(Math.max(0, due - System.nanoTime()));
            }
        }
        flush(waiting, body.size() + 1);
        if (faultAt > body.size() && ends(encoded.reply().fault(), faultAt, body)) {
            return endOf(encoded.reply().fault());
        }
        connection.write(LAST_CHUNK);
        return true;
    }

    private void flush(List<byte[]> waiting, int frames) throws Connection.ClientGone {
        connection.write(Bytes.join(waiting));
        waiting.clear();
        record.sent(frames);
    }

    private static int frameOf(Fault fault) {
        return switch (fault) {
            case Fault.None none -> -1;
            case Fault.ExceptionAt at -> at.frame();
            case Fault.StallAt at -> at.frame();
            case Fault.CutAt at -> at.frame();
            case Fault.CorruptCrcAt at -> at.frame();
            case Fault.OversizedAt at -> at.frame();
        };
    }

    private static boolean corrupt(Fault fault, int frame) {
        return fault instanceof Fault.CorruptCrcAt(int at) && at == frame;
    }

    /** Does what the fault does between two frames, and says whether that is the end. */
    private boolean ends(Fault fault, int frame, List<byte[]> body) throws Connection.ClientGone {
        switch (fault) {
            case Fault.ExceptionAt(int at, String type, String message) -> {
                return breakOff(type, message);
            }
            case Fault.StallAt(int at, Duration duration) -> stall(duration);
            case Fault.CutAt cut -> {
                return true;
            }
            case Fault.OversizedAt(int at, int bytes) -> {
                byte[] payload = new byte[bytes];
                Arrays.fill(payload, (byte) ' ');
                connection.write(EventStream.chunk(EventStream.event("contentBlockDelta", payload)));
            }
            default -> {}
        }
        return false;
    }

    private boolean endOf(Fault fault) throws Connection.ClientGone {
        return !(fault instanceof Fault.CutAt(int frame, Cut how)) || cut(how);
    }

    private boolean cut(Cut how) throws Connection.ClientGone {
        switch (how) {
            case CLEAN_END -> connection.write(LAST_CHUNK);
            case FIN -> connection.finish();
            case RESET -> connection.reset();
        }
        return how == Cut.CLEAN_END;
    }

    private void stall(Duration duration) throws Connection.ClientGone {
        connection.pause(duration == null ? -1 : duration.toNanos());
    }

    private void pause(Duration duration) throws Connection.ClientGone {
        if (!duration.isZero()) {
            connection.pause(duration.toNanos());
        }
    }

    private long latency() {
        return Math.max(1, (System.nanoTime() - startedNanos) / 1_000_000);
    }

    static byte[] head(int status, String contentType, String more) {
        return ("HTTP/1.1 " + status + " " + reason(status) + "\r\nx-amzn-requestid: " + Ids.request()
                        + "\r\ncontent-type: "
                        + contentType + "\r\n" + more + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 408 -> "Request Timeout";
            case 424 -> "Failed Dependency";
            case 429 -> "Too Many Requests";
            case 503 -> "Service Unavailable";
            default -> status < 500 ? "Refused" : "Internal Server Error";
        };
    }
}
