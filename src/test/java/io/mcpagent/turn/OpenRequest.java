package io.mcpagent.turn;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.support.AgentProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/** A request on a connection of its own, whose client can leave at any moment. For use by one thread. */
public final class OpenRequest implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader in;

    private OpenRequest(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Sends a question, and does not wait for anything. */
    public static OpenRequest ask(AgentProcess agent, boolean streaming, String conversationId, String message) {
        return post(agent, "/chat", streaming, Stage.body(conversationId, message));
    }

    /** Approves a call, as a stream, and does not wait for anything. */
    static OpenRequest approve(AgentProcess agent, String conversationId, String callId) {
        return post(agent, "/chat/" + conversationId + "/approvals/" + callId, true, "{\"approve\":true}");
    }

    private static OpenRequest post(AgentProcess agent, String path, boolean streaming, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: "
                        + (streaming ? "text/event-stream" : "application/json")
                        + "\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        try {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), agent.port());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(120_000);
            socket.getOutputStream().write(request);
            return new OpenRequest(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads up to the next event of that type, or to any that ends the run. */
    public JsonNode awaitEvent(String type) {
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("data: ")) {
                    JsonNode event = Answer.parse(line.substring(6));
                    String found = event.path("type").asText();
                    if (found.equals(type) || found.equals("RUN_FINISHED") || found.equals("RUN_ERROR")) {
                        return event;
                    }
                }
            }
            throw new AssertionError("the stream ended before " + type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads up to the next comment of the stream; false if an event comes first. */
    public boolean awaitComment() {
        try {
            String line = in.readLine();
            while (line != null && !line.startsWith(":") && !line.startsWith("data:")) {
                line = in.readLine();
            }
            return line != null && line.startsWith(":");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads all that comes, some megabytes a second, and says how many characters that was. */
    long readSlowlyToEnd() {
        try {
            long read = 0;
            char[] buffer = new char[8_192];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                read += length;
                LockSupport.parkNanos(500_000);
            }
            return read;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves, politely or with a reset, and says when. */
    long leave(boolean reset) {
        try {
            if (reset) {
                socket.setSoLinger(true, 0);
            }
            long now = System.nanoTime();
            socket.close();
            return now;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        leave(false);
    }
}
