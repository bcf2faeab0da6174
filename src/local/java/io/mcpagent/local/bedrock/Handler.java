package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the server does with one request: the two operations of the service, and the control of a server of its own. */
final class Handler {

    private static final Pattern OPERATION = Pattern.compile("/model/([^/?]+)/converse(-stream)?");

    private final LocalBedrock bedrock;
    private final Scripts scripts;
    private final PromptCache cache;
    private final ModelLimits limits = new ModelLimits();
    private final Optional<Relay> relay;

    Handler(LocalBedrock bedrock, Scripts scripts, PromptCache cache, Optional<Relay> relay) {
        this.relay = relay;
        this.bedrock = bedrock;
        this.scripts = scripts;
        this.cache = cache;
    }

    /** Whether the connection can be used for another request. */
    boolean handle(Connection.Request request, Connection connection) throws Connection.ClientGone {
        boolean reusable =
                request.path().startsWith("/_") ? control(request, connection) : operation(request, connection);
        return reusable && !request.header("connection").equalsIgnoreCase("close");
    }

    private boolean operation(Connection.Request request, Connection connection) throws Connection.ClientGone {
        RecordedRequest recorded = bedrock.record(request);
        try {
            Matcher operation = OPERATION.matcher(request.path());
            Player player = new Player(connection, recorded);
            if (!operation.matches() || !request.method().equals("POST")) {
                return player.fail(Script.error(
                        "UnknownOperationException", "The requested operation is not recognized by the service."));
            }
            return answer(request, operation, connection, player);
        } catch (Connection.ClientGone gone) {
            recorded.clientGone();
            throw gone;
        } finally {
            bedrock.ended(recorded);
        }
    }

    private boolean answer(Connection.Request request, Matcher operation, Connection connection, Player player)
            throws Connection.ClientGone {
        Script.Failure refused = Signature.check(request, bedrock.requiredKey());
        if (refused != null) {
            return player.fail(refused);
        }
        JsonNode body;
        String model = URLDecoder.decode(operation.group(1), StandardCharsets.UTF_8);
        try {
            body = Json.parse(request.body());
            Validation.check(body);
            limits.check(model, body);
        } catch (IOException notJson) {
            return player.fail(Script.error(
                    "ValidationException", "Malformed input request, please reformat your input and try again."));
        } catch (Validation.Refused wrong) {
            return player.fail(Script.error("ValidationException", wrong.getMessage()));
        }
        boolean stream = operation.group(2) != null;
        ConverseRequest asked = new ConverseRequest(model, stream, body);
        Scripts.Choice choice;
        try {
            choice = scripts.choose(asked);
        } catch (RuntimeException responderFailed) {
            return player.fail(Script.error("InternalServerException", "responder failed: " + responderFailed));
        }
        return switch (choice) {
            case Scripts.Choice.Error(Script.Failure failure) -> player.fail(failure);
            case Scripts.Choice.Answer(EncodedReply reply) -> {
                limits.mint(model, body, reply.reply());
                Script.Usage input = cache.count(model, body);
                yield stream ? player.stream(reply, input) : player.document(reply, input);
            }
            case Scripts.Choice.Relayed() ->
                relay.orElseThrow()
                        .answer(
                                asked,
                                connection,
                                player,
                                cache.count(model, body),
                                reply -> limits.mint(model, body, reply));
        };
    }

    private boolean control(Connection.Request request, Connection connection) throws Connection.ClientGone {
        JsonNode answer;
        int status = 200;
        try {
            answer = switch (request.method() + " " + request.path()) {
                case "PUT /_script" -> script(Json.parse(request.body()));
                case "GET /_requests" -> requests();
                case "GET /_state" -> state();
                case "POST /_reset" -> {
                    bedrock.reset();
                    yield state();
                }
                default ->
                    throw new IllegalArgumentException(
                            "PUT /_script, GET /_requests, GET /_state or POST " + "/_reset");
            };
        } catch (IOException | IllegalArgumentException e) {
            status = 400;
            answer = Json.object().put("message", String.valueOf(e.getMessage()));
        }
        byte[] body = Json.bytes(answer);
        connection.write(
                Bytes.join(Player.head(status, "application/json", "content-length: " + body.length + "\r\n"), body));
        return true;
    }

    JsonNode script(JsonNode node) {
        List<Script> queue = ScriptReader.readAll(node.path("queue"));
        Script standing = node.has("always") ? ScriptReader.read(node.get("always")) : null;
        if (queue.isEmpty() && standing == null) {
            throw new IllegalArgumentException("a script has a queue, an always, or both");
        }
        scripts.add(queue);
        if (standing != null) {
            scripts.always(standing);
        }
        return state();
    }

    private JsonNode requests() {
        ArrayNode all = Json.MAPPER.createArrayNode();
        bedrock.requests().forEach(request -> all.add(request.toJson()));
        return all;
    }

    private JsonNode state() {
        return Json.object()
                .put("openConnections", bedrock.openConnections())
                .put("openStreams", bedrock.openStreams())
                .put("openRequests", bedrock.openRequests())
                .put("requests", bedrock.requestCount())
                .put("queued", scripts.waiting());
    }
}
