package io.mcpagent.system;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the error answers of each operation into the OpenAPI document: {@code META-INF/openapi.json} names their problems in
 * {@code x-problems}, and what they look like comes from {@link Problem}, so that it stands in one place.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class ProblemsInOpenApi implements OASFilter {

    private static final String EXTENSION = "x-problems";
    private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Override
    public Operation filterOperation(Operation operation) {
        if (operation.getExtensions() == null || !(operation.getExtensions().get(EXTENSION) instanceof List<?> slugs)) {
            return operation;
        }
        Map<Integer, List<Problem>> byStatus = slugs.stream().map(slug -> Problem.find(slug.toString()).orElseThrow())
                .collect(Collectors.groupingBy(Problem::status, TreeMap::new, Collectors.toList()));
        byStatus.forEach((status, problems) -> operation.getResponses().addAPIResponse(status.toString(), answer(problems)));
        operation.removeExtension(EXTENSION);
        return operation;
    }

    private static APIResponse answer(List<Problem> problems) {
        MediaType content = OASFactory.createMediaType().schema(OASFactory.createSchema().ref("#/components/schemas/Problem"));
        problems.forEach(problem -> content.addExample(problem.slug(), OASFactory.createExample().summary(problem.title()).value(example(problem))));
        APIResponse answer = OASFactory.createAPIResponse()
                .description(problems.stream().map(Problem::title).collect(Collectors.joining("; ")))
                .content(OASFactory.createContent().addMediaType(ProblemBody.MEDIA_TYPE, content));
        int status = problems.getFirst().status();
        if (status == Problem.RATE_LIMITED.status() || status == Problem.OVERLOADED.status()) {
            answer.addHeader("Retry-After", header("After how many seconds it may work; absent if that can't be said"));
        }
        if (status == Problem.UNAUTHORIZED.status()) {
            answer.addHeader("WWW-Authenticate", header("The way to sign in"));
        }
        return answer;
    }

    private static Header header(String description) {
        return OASFactory.createHeader().description(description).schema(OASFactory.createSchema().addType(Schema.SchemaType.STRING));
    }

    private static Map<String, Object> example(Problem problem) {
        Map<String, Object> body = new java.util.LinkedHashMap<>();
        body.put("type", "/problems/" + problem.slug());
        body.put("title", problem.title());
        body.put("status", problem.status());
        body.put("detail", problem.explanation());
        body.put("traceId", TRACE_ID);
        return body;
    }
}
