package io.mcpagent.problem;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI document: {@code META-INF/openapi.json}, which names the problems of each operation in {@code x-problems}, with the error answers
 * that {@link Problem} says, so that they stand in one place. Made when it is asked for first, so that no start waits for it. Safe for use by many
 * threads.
 */
@Singleton
final class OpenApiDocument {

    private static final String SOURCE = "/META-INF/openapi.json";
    private static final String PROBLEMS = "x-problems";
    private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final ObjectMapper json;
    private volatile byte @Nullable [] made;

    OpenApiDocument(ObjectMapper json) {
        this.json = json;
    }

    /** The document as JSON, which is YAML too. Not to be changed. */
    byte[] json() {
        if (made == null) {
            made = make();
        }
        return made;
    }

    private byte[] make() {
        try (InputStream source = OpenApiDocument.class.getResourceAsStream(SOURCE)) {
            JsonNode document = json.readTree(source);
            for (JsonNode path : document.get("paths")) {
                for (JsonNode operation : path) {
                    if (operation instanceof ObjectNode members && members.has(PROBLEMS)) {
                        addProblems(members.withObject("responses"), members.remove(PROBLEMS));
                    }
                }
            }
            return json.writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addProblems(ObjectNode responses, JsonNode slugs) {
        Map<Integer, List<Problem>> byStatus = StreamSupport.stream(slugs.spliterator(), false)
                .map(slug -> Problem.find(slug.textValue()).orElseThrow())
                .collect(Collectors.groupingBy(Problem::status, TreeMap::new, Collectors.toList()));
        byStatus.forEach((status, problems) -> answer(responses.putObject(status.toString()), status, problems));
    }

    private static void answer(ObjectNode answer, int status, List<Problem> problems) {
        answer.put("description", problems.stream().map(Problem::title).collect(Collectors.joining("; ")));
        if (status == Problem.RATE_LIMITED.status() || status == Problem.OVERLOADED.status()) {
            header(answer, "Retry-After", "After how many seconds it may work; absent if that can't be said");
        }
        if (status == Problem.UNAUTHORIZED.status()) {
            header(answer, "WWW-Authenticate", "The way to sign in");
        }
        ObjectNode content = answer.putObject("content").putObject(ProblemBody.MEDIA_TYPE);
        content.putObject("schema").put("$ref", "#/components/schemas/Problem");
        ObjectNode examples = content.putObject("examples");
        for (Problem problem : problems) {
            examples.putObject(problem.slug())
                    .put("summary", problem.title())
                    .putPOJO("value", ProblemBody.of(problem, problem.explanation(), TRACE_ID));
        }
    }

    private static void header(ObjectNode answer, String name, String description) {
        answer.putObject("headers")
                .putObject(name)
                .put("description", description)
                .putObject("schema")
                .put("type", "string");
    }
}
