package io.mcpagent.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.tools.ToolOutcome;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The OpenAPI document says what the code does: each operation, each parameter, each member of each record that goes in or out. Its words and
 * examples are written by hand; all that a program reads is compared with the code here.
 */
class OpenApiTest {

    /** Not ours to describe, or the description itself. */
    private static final Set<String> NOT_RESOURCES = Set.of("/health", "/health/live", "/health/ready", "/openapi");

    private static final JsonNode DOCUMENT = document();
    private static final Map<String, List<Method>> OPERATIONS = operations();

    @Test
    void should_name_the_operations_that_are_there_and_no_other() {
        Set<String> described = new TreeSet<>();
        DOCUMENT.path("paths")
                .properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
                    if (!method.equals("parameters") && !NOT_RESOURCES.contains(path.getKey())) {
                        described.add(method + " " + path.getKey());
                    }
                }));

        assertEquals(OPERATIONS.keySet(), described);
        assertTrue(described.size() > 10, described::toString);
    }

    @Test
    void should_name_the_parameters_of_each() {
        OPERATIONS.forEach((operation, methods) -> {
            Set<String> read = new TreeSet<>();
            for (Method method : methods) {
                for (Parameter parameter : method.getParameters()) {
                    named(parameter, PathParam.class, PathParam::value, "path ", read);
                    named(parameter, QueryParam.class, QueryParam::value, "query ", read);
                    named(parameter, HeaderParam.class, HeaderParam::value, "header ", read);
                }
            }
            Set<String> described = new TreeSet<>();
            JsonNode path = DOCUMENT.path("paths").path(operation.split(" ")[1]);
            for (JsonNode parameters :
                    List.of(path.path("parameters"), described(operation).path("parameters"))) {
                parameters.forEach(
                        parameter -> described.add(parameter.path("in").asText() + " "
                                + parameter.path("name").asText()));
            }
            assertTrue(
                    described.containsAll(read), () -> operation + " reads " + read + ", described are " + described);
            described.removeIf(name -> name.startsWith("header ")); // filters read headers too
            assertTrue(
                    read.containsAll(described), () -> operation + " reads " + read + ", described are " + described);
        });
    }

    @Test
    void should_have_the_members_of_what_goes_in_and_out() {
        Map<Class<?>, String> schemas = new HashMap<>();
        OPERATIONS.forEach((operation, methods) -> methods.forEach(method -> {
            if (method.getReturnType().isRecord()) {
                compare(
                        method.getReturnType(),
                        content(described(operation).at("/responses/200")),
                        schemas,
                        operation,
                        false);
            }
            for (Parameter parameter : method.getParameters()) {
                if (parameter.getType().isRecord() && method.isAnnotationPresent(Consumes.class)) {
                    compare(
                            parameter.getType(),
                            content(described(operation).path("requestBody")),
                            schemas,
                            operation,
                            true);
                }
            }
        }));
        assertTrue(schemas.size() > 10, schemas::toString);
    }

    @Test
    void should_name_the_outcomes() {
        assertEquals(names(ToolOutcome.values()), members("ToolCall", "outcome"));
        Set<String> turns = names(TurnOutcome.values());
        assertTrue(turns.containsAll(members("ChatReply", "outcome")), "unknown outcomes of a turn");
    }

    private static JsonNode document() {
        try {
            return new ObjectMapper().readTree(OpenApiTest.class.getResourceAsStream("/META-INF/openapi.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** By method and path, such as {@code "get /chat"}. */
    private static Map<String, List<Method>> operations() {
        Map<String, List<Method>> found = new TreeMap<>();
        MainClasses.ALL.stream()
                .filter(type -> type.isAnnotatedWith(Path.class))
                .map(JavaClass::reflect)
                .forEach(type -> Arrays.stream(type.getDeclaredMethods()).forEach(method -> {
                    for (Annotation annotation : method.getAnnotations()) {
                        HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
                        String path = type.getAnnotation(Path.class).value()
                                + (method.isAnnotationPresent(Path.class)
                                        ? method.getAnnotation(Path.class).value()
                                        : "");
                        if (verb != null && !NOT_RESOURCES.contains(path)) {
                            found.computeIfAbsent(
                                            verb.value().toLowerCase(Locale.ROOT) + " " + path,
                                            any -> new ArrayList<>())
                                    .add(method);
                        }
                    }
                }));
        return found;
    }

    private static JsonNode described(String operation) {
        String[] parts = operation.split(" ");
        return DOCUMENT.path("paths").path(parts[1]).path(parts[0]);
    }

    private static JsonNode content(JsonNode described) {
        return described.path("content").path("application/json").path("schema");
    }

    private static <A extends Annotation> void named(
            Parameter parameter, Class<A> type, Function<A, String> name, String in, Set<String> names) {
        A annotation = parameter.getAnnotation(type);
        if (annotation != null) {
            names.add(in + name.apply(annotation));
        }
    }

    /** The record has the schema's members, and so do the records in it; one that goes out can be null where the schema says so. */
    private static void compare(
            Class<?> type, JsonNode reference, Map<Class<?>, String> seen, String where, boolean input) {
        JsonNode schema = resolved(reference);
        if (seen.putIfAbsent(type, where) != null) {
            return;
        }
        RecordComponent[] components = type.getRecordComponents();
        Set<String> members =
                Arrays.stream(components).map(OpenApiTest::name).collect(Collectors.toCollection(TreeSet::new));
        Set<String> described = new TreeSet<>();
        schema.path("properties").fieldNames().forEachRemaining(described::add);
        assertEquals(members, described, () -> where + ": " + type.getName());
        Set<String> required = texts(schema.path("required"));
        for (RecordComponent component : components) {
            JsonNode member = schema.path("properties").path(name(component));
            boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            boolean saysSo = member.path("nullable").asBoolean() || !required.contains(name(component));
            if (!input) {
                assertEquals(
                        nullable,
                        saysSo,
                        () -> type.getName() + "." + component.getName() + " can be null: " + nullable);
            }
            Class<?> inner = element(component.getGenericType());
            if (inner != null && inner.isRecord() && inner.getName().startsWith("io.mcpagent")) {
                JsonNode inside = member.has("items") ? member.path("items") : member;
                if (resolved(inside).has("properties")) {
                    compare(inner, inside, seen, where, input);
                }
            }
        }
    }

    private static JsonNode resolved(JsonNode reference) {
        JsonNode schema = reference.has("allOf") ? reference.path("allOf").path(0) : reference;
        return schema.has("$ref") ? DOCUMENT.at(schema.path("$ref").asText().substring(1)) : schema;
    }

    private static String name(RecordComponent component) {
        var renamed = component.getAccessor().getAnnotation(JsonProperty.class);
        return renamed == null || renamed.value().isEmpty() ? component.getName() : renamed.value();
    }

    private static @Nullable Class<?> element(Type type) {
        if (type instanceof ParameterizedType list && list.getActualTypeArguments()[0] instanceof Class<?> element) {
            return element;
        }
        return type instanceof Class<?> simple ? simple : null;
    }

    private static Set<String> names(Enum<?>[] values) {
        return Arrays.stream(values)
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    private static Set<String> members(String schema, String property) {
        return texts(DOCUMENT.at("/components/schemas/%s/properties/%s/enum".formatted(schema, property)));
    }

    private static Set<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.toSet());
    }
}
