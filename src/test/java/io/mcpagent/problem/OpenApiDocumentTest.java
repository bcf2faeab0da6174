package io.mcpagent.problem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class OpenApiDocumentTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final OpenApiDocument document = new OpenApiDocument(JSON);

    @Test
    void should_have_the_problems_of_each_operation_by_their_status() throws IOException {
        JsonNode source = JSON.readTree(OpenApiDocument.class.getResourceAsStream("/META-INF/openapi.json"));
        JsonNode made = JSON.readTree(document.json());
        int[] operations = {0};
        source.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    JsonNode answers = made.path("paths")
                            .path(path.getKey())
                            .path(operation.getKey())
                            .path("responses");
                    operation.getValue().path("x-problems").forEach(slug -> {
                        Problem problem = Problem.find(slug.asText()).orElseThrow();
                        JsonNode example = answers.path(Integer.toString(problem.status()))
                                .at("/content/application~1problem+json/examples")
                                .path(problem.slug());
                        assertEquals(
                                problem.title(), example.path("summary").asText(), () -> path.getKey() + " " + slug);
                        assertEquals(
                                problem.status(),
                                example.path("value").path("status").asInt());
                        assertEquals(
                                "/problems/" + problem.slug(),
                                example.path("value").path("type").asText());
                        operations[0]++;
                    });
                    operation
                            .getValue()
                            .path("responses")
                            .fieldNames()
                            .forEachRemaining(status -> assertTrue(
                                    answers.has(status), () -> path.getKey() + " lost its answer " + status));
                }));
        assertTrue(operations[0] > 30, "only " + operations[0]);
        assertFalse(made.toString().contains("x-problems"));
    }

    @Test
    void should_name_the_headers_of_errors() throws IOException {
        JsonNode answers = JSON.readTree(document.json()).at("/paths/~1chat/post/responses");
        assertTrue(answers.at("/429/headers/Retry-After/description").isTextual());
        assertTrue(answers.at("/503/headers").has("Retry-After"));
        assertTrue(answers.at("/401/headers").has("WWW-Authenticate"));
        assertFalse(answers.path("400").has("headers"));
    }

    @Test
    void should_be_made_once() {
        assertSame(document.json(), document.json());
    }
}
