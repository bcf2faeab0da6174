package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.function.Consumer;

/** Lets the server of a local model answer a request, and stops it when the client leaves. */
final class Relay {

    private static final long WATCH_NANOS = 20_000_000;

    private final OpenAiServer server;

    Relay(OpenAiServer server) {
        this.server = server;
    }

    /**
     * Answers a request.
     *
     * @param input what the request's tokens are taken for if the server does not count them
     * @param made  gets the whole reply before the client has it
     * @return whether the connection can be used again
     */
    boolean answer(
            ConverseRequest request,
            Connection connection,
            Player player,
            Script.Usage input,
            Consumer<Script.Reply> made)
            throws Connection.ClientGone {
        try (Watch _ = new Watch(connection);
                OpenAiServer.Pieces pieces = server.ask(request)) {
            return request.stream() ? stream(pieces, player, input, made) : document(pieces, player, input, made);
        } catch (OpenAiServer.Refused refused) {
            return player.fail(refused.failure());
        } catch (InterruptedException left) {
            throw new Connection.ClientGone(left);
        } catch (Connection.ClientGone gone) {
            throw gone;
        } catch (IOException broken) {
            return player.fail(Script.error("ModelErrorException", String.valueOf(broken.getMessage())));
        }
    }

    private static boolean document(
            OpenAiServer.Pieces pieces, Player player, Script.Usage input, Consumer<Script.Reply> made)
            throws IOException {
        RelayedReply reply = new RelayedReply();
        for (JsonNode piece = pieces.next(); piece != null; piece = pieces.next()) {
            reply.take(piece);
        }
        Script.Reply whole = reply.end();
        made.accept(whole);
        return player.document(new EncodedReply(whole), input);
    }

    private static boolean stream(
            OpenAiServer.Pieces pieces, Player player, Script.Usage input, Consumer<Script.Reply> made)
            throws Connection.ClientGone {
        RelayedReply reply = new RelayedReply();
        player.begin();
        try {
            for (JsonNode piece = pieces.next(); piece != null; piece = pieces.next()) {
                reply.take(piece);
                player.send(reply.frames());
            }
            Script.Reply whole = reply.end();
            made.accept(whole);
            player.send(reply.frames());
            return player.end(new EncodedReply(whole), input);
        } catch (Connection.ClientGone gone) {
            throw gone;
        } catch (IOException broken) {
            return player.breakOff("modelStreamErrorException", String.valueOf(broken.getMessage()));
        }
    }

    /** Interrupts the thread that made it when the client leaves: nobody waits for the model any more. */
    private static final class Watch implements AutoCloseable {

        private final Thread asking = Thread.currentThread();
        private final Thread watching;
        private volatile boolean over;

        Watch(Connection connection) {
            watching = Thread.ofVirtual().start(() -> {
                try {
                    while (!over) {
                        connection.pause(WATCH_NANOS);
                    }
                } catch (Connection.ClientGone gone) {
                    asking.interrupt();
                }
            });
        }

        /** The connection is the asking thread's alone again. */
        @Override
        public void close() {
            over = true;
            boolean interrupted = Thread.interrupted();
            try {
                watching.join();
            } catch (InterruptedException gone) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
