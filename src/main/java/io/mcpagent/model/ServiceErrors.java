package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonParser;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.model.ModelException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the service's errors mean, whether they come as an HTTP status or as a frame within a stream. */
final class ServiceErrors {

    private static final int MOST_READ = 8 << 10;
    private static final Pattern ARN = Pattern.compile("arn:[a-z-]+:[^\\s,;'\"]+");

    /** {@code toolConfig.tools.3.toolSpec}, {@code tools.3.custom} and {@code #/toolConfig/tools/3} count from 0, {@code tools.4.member} from 1. */
    private static final Pattern PLACE = Pattern.compile("\\btools[./\\[](\\d{1,4})(\\]?\\.member\\b)?");

    private ServiceErrors() {}

    /** The tool that a refusal is about, by its place in the request or by its name. */
    static Optional<ToolDefinition> refusedTool(String message, List<ToolDefinition> offered) {
        Matcher place = PLACE.matcher(message);
        if (place.find()) {
            int index = Integer.parseInt(place.group(1)) - (place.group(2) == null ? 0 : 1);
            return index >= 0 && index < offered.size() ? Optional.of(offered.get(index)) : Optional.empty();
        }
        return offered.stream()
                .filter(tool -> Pattern.compile(
                                "\\b[Tt]ools?\\W{1,3}" + Pattern.quote(tool.name()) + "(?![A-Za-z0-9_-])")
                        .matcher(message)
                        .find())
                .findFirst();
    }

    /** The failure that a response of another status than 200 tells of. Reads a small body to its end, so that the connection can be kept. */
    static ModelException of(HttpExchange exchange) throws IOException {
        byte[] body = exchange.body().readNBytes(MOST_READ);
        String header = exchange.header("x-amzn-errortype");
        String type = header == null ? "" : name(header);
        Kind kind = kind(type, exchange.status());
        Duration retryAfter = retryAfter(exchange.header("Retry-After"));
        if (body.length < MOST_READ) {
            exchange.keep();
        }
        String message = message(body, 0, body.length);
        String advice = advice(message);
        String said = exchange.status() + " " + type + ": " + message;
        return ModelException.refused(
                advice == null ? kind : Kind.ACCESS,
                advice == null ? said : said + " " + advice,
                mayBeBilled(exchange.status()),
                retryAfter,
                advice);
    }

    /** The service had accepted the request, or something between did not wait for it; any other status says that the model was not asked. */
    private static boolean mayBeBilled(int status) {
        return status == 408 || status == 424 || (status >= 500 && status != 503);
    }

    /**
     * What to do about a model that this account can't ask, whatever status says so; null if it is another refusal.
     *
     * @see <a href="https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html">Access to models</a>
     */
    private static @Nullable String advice(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("marketplace") || lower.contains("use case") || lower.contains("subscri")) {
            return "Nobody in this account has signed for this model yet: see ecs/README.md, First deployment.";
        }
        if (lower.contains("legacy") || lower.contains("end of its life") || lower.contains("end of life")) {
            return "This model is at the end of its life: set agent.model.id to one that is not.";
        }
        if (lower.contains("model identifier is invalid")) {
            return "This region has no such model, or none any more: set agent.model.id to one of its inference profiles.";
        }
        if (lower.contains("inference profile")) {
            return "This model is asked by an inference profile: put global. or the geography's prefix, such as us. or eu., before its id.";
        }
        return null;
    }

    /** The failure that an exception frame or an error frame tells of: the service had accepted the request by then. */
    static ModelException of(EventStreamDecoder frame, boolean heard) {
        String message = frame.messageType() == EventStreamDecoder.MessageType.ERROR
                ? frame.errorMessage()
                : message(frame.payloadArray(), frame.payloadStart(), frame.payloadLength());
        return new ModelException(
                kind(frame.type(), 500), "in the stream: " + frame.type() + ": " + message, true, heard, null);
    }

    /** {@code ThrottlingException:http://internal.amazon.com/…} and {@code com.amazon.coral#ThrottlingException} are the same. */
    private static String name(String header) {
        int colon = header.indexOf(':');
        String type = colon < 0 ? header : header.substring(0, colon);
        return type.substring(type.indexOf('#') + 1).strip();
    }

    private static Kind kind(String type, int status) {
        return switch (type.toLowerCase(Locale.ROOT)) {
            case "throttlingexception", "toomanyrequestsexception", "servicequotaexceededexception" -> Kind.THROTTLED;
            case "internalserverexception",
                    "internalfailure",
                    "serviceunavailableexception",
                    "serviceunavailable",
                    "modelnotreadyexception",
                    "modeltimeoutexception",
                    "modelerrorexception",
                    "modelstreamerrorexception" -> Kind.UNAVAILABLE;
            case "validationexception" -> Kind.INVALID;
            case "accessdeniedexception",
                    "unrecognizedclientexception",
                    "expiredtokenexception",
                    "invalidsignatureexception",
                    "missingauthenticationtokenexception",
                    "resourcenotfoundexception" -> Kind.ACCESS;
            default -> kind(status);
        };
    }

    private static Kind kind(int status) {
        return switch (status) {
            case 429 -> Kind.THROTTLED;
            case 401, 403, 404 -> Kind.ACCESS;
            case 408, 424 -> Kind.UNAVAILABLE;
            default -> status >= 400 && status < 500 ? Kind.INVALID : Kind.UNAVAILABLE;
        };
    }

    private static String message(byte[] body, int offset, int length) {
        String[] message = {""};
        try (JsonParser parser = JsonFields.FACTORY.createParser(body, offset, length)) {
            parser.nextToken();
            JsonFields.fields(parser, (name, value) -> {
                if (name.equalsIgnoreCase("message")) {
                    message[0] = JsonFields.text(value);
                } else {
                    value.skipChildren();
                }
            });
        } catch (IOException e) {
            return "(no JSON)";
        }
        // It goes to the log, where account numbers and names of roles have no business.
        return ARN.matcher(message[0]).replaceAll("(an ARN)");
    }

    /** Seconds only: Bedrock sends no dates. */
    private static Duration retryAfter(@Nullable String header) {
        if (header == null) {
            return Duration.ZERO;
        }
        try {
            return Duration.ofSeconds(Math.clamp(Long.parseLong(header.strip()), 0, 3600));
        } catch (NumberFormatException e) {
            return Duration.ZERO;
        }
    }
}
