package io.mcpagent.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes down what tests tell their agents in confidence, and what the agents answer, so that when all tests have run what was said can be
 * searched for what must not have been. Safe for use by many threads.
 */
public final class Said {

    /** One secret a line: its kind, a tab, and itself. */
    public static final String SECRETS = "agent-secrets";
    /** The answers, with their headers. */
    public static final String ANSWERS = "agent-answers";
    /** A credential: it must be nowhere. */
    public static final String CREDENTIAL = "credential";
    /** What people and models say: it belongs into answers, and not into logs. */
    public static final String CONTENT = "content";

    private static final int SHORTEST = 16;
    private static final List<String> CREDENTIAL_HEADERS = List.of("Authorization", "X-API-Key", "Idempotency-Key");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> KNOWN = ConcurrentHashMap.newKeySet();
    private static final String FILE = ProcessHandle.current().pid() + ".txt";

    private Said() {}

    /** The settings of an agent that are secrets. */
    static void settings(Map<String, String> environment) {
        environment.forEach((name, value) -> {
            if (name.contains("SECRET_ACCESS_KEY")
                    || name.contains("SESSION_TOKEN")
                    || name.contains("BEARER_TOKEN")
                    || name.contains("PASSWORD")) {
                secret(CREDENTIAL, value);
            }
        });
    }

    /** A question. */
    static void message(String json) {
        if (json.contains("\"message\"")) {
            try {
                secret(CONTENT, JSON.readTree(json).path("message").asText());
            } catch (IOException e) {
                // It was meant to be broken.
            }
        }
    }

    /** An answer, and the credentials that it was asked for with. */
    static void exchange(HttpRequest request, HttpResponse<String> response) {
        for (String header : CREDENTIAL_HEADERS) {
            request.headers()
                    .allValues(header)
                    .forEach(value -> secret(CREDENTIAL, value.replaceFirst("^(Bearer|Basic) ", "")));
        }
        String body = response.body() == null ? "" : response.body();
        if (body.startsWith("{") && body.contains("\"answer\"")) {
            try {
                JsonNode answer = JSON.readTree(body);
                secret(CONTENT, answer.path("answer").asText());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        append(ANSWERS, response.headers().map() + "\n" + body + "\n");
    }

    private static void secret(String kind, String value) {
        String line = value.lines().findFirst().orElse("");
        if (line.length() >= SHORTEST && KNOWN.add(kind + line)) {
            append(SECRETS, kind + "\t" + line + "\n");
        }
    }

    private static synchronized void append(String folder, String text) {
        try {
            Path file = Project.target(folder).resolve(FILE);
            Files.writeString(file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
