package io.mcpagent.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Makes requests from an OpenAPI document: right ones, and ones that are wrong in their bytes, their JSON, their headers or their path. */
final class FuzzedRequests {

    private static final Pattern PARAMETER = Pattern.compile("\\{\\w+}");
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "\u0000",
            "null",
            "../../etc/passwd",
            "%00",
            "%0d%0aSet-Cookie:%20a=b",
            "' OR 1=1 --",
            "{{7*7}}",
            "${jndi:ldap://x}",
            "<script>",
            "\uFEFF",
            "𝒳".repeat(40),
            "a".repeat(300),
            "\\ud800",
            "-1",
            "9".repeat(400),
            "İ",
            "\r\n\r\n",
            "\"");
    private static final List<String> JUNK_HEADERS = List.of(
            "X-Junk: a\r\nSet-Cookie: b=c",
            "Idempotency-Key: a b",
            "Idempotency-Key: " + "k".repeat(300),
            "Idempotency-Key: \u00e4",
            "traceparent: 00-zz-zz-00",
            "X-Amzn-Trace-Id: Root=" + "1-".repeat(200),
            "Accept-Encoding: gzip, br, *;q=0",
            "Content-Encoding: gzip",
            "Range: bytes=0-1",
            "X-HTTP-Method-Override: DELETE",
            "Expect: 100-continue",
            "Cookie: " + "c=d; ".repeat(100),
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Prefix: //evil",
            "Forwarded: for=\"[::1]\"",
            "If-None-Match: *",
            "Upgrade: websocket\r\nConnection: Upgrade",
            "Accept-Language: \u00ff\u00fe",
            "Content-Language: x",
            "Origin: https://evil.example");
    private static final List<String> ACCEPTS = List.of(
            "application/json",
            "text/event-stream",
            "*/*",
            "text/html",
            "application/xml;q=0.1",
            "nonsense",
            "a/b/c",
            ";");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json; charset=utf-16",
            "text/plain",
            "application/xml",
            "multipart/form-data",
            "nonsense",
            "application/json;;;",
            "*/*");

    /**
     * A request.
     *
     * @param what       for people
     * @param mayBeCut   whether it breaks HTTP itself or is so long that the connection may end without an answer
     * @param beforeHttp whether it is refused before it is a request, so that the answer has no body
     * @param documented the statuses that the document has for it
     */
    record Request(
            String what,
            String head,
            Supplier<byte[]> body,
            boolean mayBeCut,
            boolean beforeHttp,
            Set<Integer> documented) {}

    private record Operation(String method, String path, JsonNode body, Set<Integer> statuses) {}

    private final List<Operation> operations = new ArrayList<>();
    private final String token;

    FuzzedRequests(JsonNode api, String token) {
        this.token = token;
        api.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (!operation.getKey().equals("parameters")) {
                        Set<Integer> statuses = StreamSupport.stream(
                                        ((Iterable<String>) () -> operation
                                                        .getValue()
                                                        .path("responses")
                                                        .fieldNames())
                                                .spliterator(),
                                        false)
                                .filter(status -> status.matches("\\d+"))
                                .map(Integer::valueOf)
                                .collect(Collectors.toSet());
                        operations.add(new Operation(
                                operation.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                example(operation.getValue()),
                                statuses));
                    }
                }));
    }

    /** A right body, or null if the operation has none. */
    private static JsonNode example(JsonNode operation) {
        JsonNode content = operation.path("requestBody").path("content").path("application/json");
        if (content.isMissingNode()) {
            return null;
        }
        return content.has("examples")
                ? content.path("examples").elements().next().path("value")
                : content.has("example") ? content.path("example") : JsonNodeFactory.instance.objectNode();
    }

    Request make(Random random) {
        Operation operation = operations.get(random.nextInt(operations.size()));
        if (random.nextInt(3) == 0) {
            operation = pick(
                    random,
                    operations.stream().filter(each -> each.body() != null).toList());
        }
        int kind = random.nextInt(100);
        String path = path(operation, random);
        String method = random.nextInt(20) == 0
                ? pick(random, List.of("PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "get", "QUERY"))
                : operation.method();
        Supplier<byte[]> body =
                operation.body() == null && random.nextInt(10) > 0 ? () -> new byte[0] : body(operation, random, kind);
        StringBuilder head =
                new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        head.append(random.nextInt(20) == 0 ? "" : "Authorization: Bearer " + token + "\r\n");
        head.append("Accept: ")
                .append(
                        random.nextInt(5) == 0
                                ? pick(random, ACCEPTS)
                                : random.nextBoolean() ? "application/json" : "text/event-stream")
                .append("\r\n");
        head.append("Content-Type: ")
                .append(random.nextInt(8) == 0 ? pick(random, TYPES) : "application/json")
                .append("\r\n");
        boolean broken = false;
        if (random.nextInt(4) == 0) {
            head.append(pick(random, JUNK_HEADERS)).append("\r\n");
        }
        if (random.nextInt(60) == 0) {
            head.append(pick(
                            random,
                            List.of(
                                    "X: " + "y".repeat(20_000),
                                    "no-colon",
                                    ": empty",
                                    "X\u0000Y: z",
                                    "X: a\rb",
                                    "X: a\nb: c",
                                    "Content-Length: 3",
                                    "Transfer-Encoding: chunked",
                                    "Transfer-Encoding: nonsense",
                                    "Content-Length: -1",
                                    "Content-Length: x")))
                    .append("\r\n");
            broken = true;
        }
        boolean chunked = kind >= 95;
        byte[] known = kind < 4 || chunked ? null : body.get();
        int length = kind < 4 ? 10 << 20 : known == null ? 0 : known.length;
        Supplier<byte[]> sent = known == null ? body : () -> known;
        head.append(chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: " + length + "\r\n\r\n");
        return new Request(
                method + " " + path.substring(0, Math.min(80, path.length())) + ", kind " + kind
                        + (broken
                                ? ", broken head " + head.substring(head.length() - Math.min(90, head.length()))
                                : ""),
                head.toString(),
                chunked ? () -> chunks(body.get()) : sent,
                broken || kind < 4 || chunked,
                broken || path.endsWith("%zz") || method.equals("HEAD"),
                operation.statuses());
    }

    private static String path(Operation operation, Random random) {
        String path = PARAMETER
                .matcher(operation.path())
                .replaceAll(name -> Matcher.quoteReplacement(
                        random.nextBoolean() ? "i4Y0SCmZp2PJ4lL_mZRpqA" : encode(pick(random, TEXTS))));
        return switch (random.nextInt(40)) {
            case 0 -> path + "/";
            case 1 -> "/" + path;
            case 2 -> path + "?" + encode(pick(random, TEXTS)) + "=" + encode(pick(random, TEXTS));
            case 3 -> path + "/../.." + path;
            case 4 -> path + "%2f%2e%2e";
            case 5 -> path + "%zz";
            case 6 -> path + ";a=b";
            case 7 -> path + "/" + "a".repeat(5_000);
            default -> path;
        };
    }

    private static Supplier<byte[]> body(Operation operation, Random random, int kind) {
        String valid = operation.body() == null ? "{}" : operation.body().toString();
        byte[] bytes = valid.getBytes(StandardCharsets.UTF_8);
        int at = random.nextInt(bytes.length);
        return switch (kind) {
            case 0, 1, 2, 3 -> () -> filled(10 << 20);
            case 4, 5, 6 -> () -> "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
            case 7, 8 ->
                () -> ("{\"message\":" + "{\"a\":".repeat(20_000) + "1" + "}".repeat(20_000) + "}")
                        .getBytes(StandardCharsets.UTF_8);
            case 9, 10, 11, 12, 13, 14 -> () -> changed(bytes, at, (byte) 0xff);
            case 15, 16, 17 -> () -> changed(bytes, at, (byte) 0xc0);
            case 18, 19 -> () -> "{\"message\":\"\\ud800\"}".getBytes(StandardCharsets.UTF_8);
            case 20, 21, 22, 23, 24 -> () -> Arrays.copyOf(bytes, at);
            case 25, 26 -> () -> new byte[0];
            case 27, 28 -> () -> ("{\"message\":\"" + "m".repeat(100_000) + "\"}").getBytes(StandardCharsets.UTF_8);
            case 29 -> () -> ("{\"message\":" + "9".repeat(5_000) + "}").getBytes(StandardCharsets.UTF_8);
            case 30, 31 ->
                () -> valid.replaceFirst("\\{", "{\"message\":\"first\",\"message\":null,")
                        .getBytes(StandardCharsets.UTF_8);
            default -> {
                String value = switch (random.nextInt(8)) {
                    case 0 -> "null";
                    case 1 -> "true";
                    case 2 -> "-1e999";
                    case 3 -> "[]";
                    case 4 -> "{}";
                    case 5 -> "[\"a\"]";
                    default -> quoted(pick(random, TEXTS));
                };
                List<String> members = new ArrayList<>(List.of("unknown", "__proto__", "@type", "class"));
                if (operation.body() != null) {
                    operation.body().fieldNames().forEachRemaining(members::add);
                }
                String changed = with(operation.body(), pick(random, members), value);
                yield kind < 60 ? () -> changed.getBytes(StandardCharsets.UTF_8) : () -> bytes;
            }
        };
    }

    /** The body with another value of this member. */
    private static String with(JsonNode body, String member, String value) {
        List<String> members = new ArrayList<>(List.of(quoted(member) + ":" + value));
        if (body != null) {
            body.properties().forEach(each -> {
                if (!each.getKey().equals(member)) {
                    members.add(quoted(each.getKey()) + ":" + each.getValue());
                }
            });
        }
        return "{" + String.join(",", members) + "}";
    }

    private static byte[] filled(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 'x');
        return bytes;
    }

    private static byte[] changed(byte[] bytes, int at, byte to) {
        byte[] copy = bytes.clone();
        copy[at] = to;
        return copy;
    }

    private static byte[] chunks(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < body.length; at += 8_192) {
            int size = Math.min(8_192, body.length - at);
            out.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, at, size);
            out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static String quoted(String text) {
        return "\""
                + text.replace("\\ud800", "?")
                        .replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\r", "\\r")
                        .replace("\n", "\\n")
                        .replace("\u0000", "\\u0000")
                + "\"";
    }

    private static String encode(String text) {
        return text.startsWith("%")
                ? text
                : java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
