package io.mcpagent.access;

import io.mcpagent.support.Project;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the agent's resources offer, found in their classes, so that no test has to be told of a new one. */
final class Routes {

    private Routes() {}

    /** As {@code METHOD /path/{parameter}}. */
    static List<String> ofResources() throws IOException {
        java.nio.file.Path classes = Project.directory().resolve("target/classes");
        List<String> routes = new ArrayList<>();
        try (Stream<java.nio.file.Path> files = Files.walk(classes.resolve("io/mcpagent"))) {
            for (java.nio.file.Path file :
                    files.filter(each -> each.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file)
                        .toString()
                        .replaceAll("\\.class$", "")
                        .replace('/', '.');
                add(load(name), routes);
            }
        }
        return routes.stream().distinct().sorted().toList();
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, Routes.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void add(Class<?> type, List<String> routes) {
        Path path = type.getAnnotation(Path.class);
        if (path == null) {
            return;
        }
        for (Method method : type.getDeclaredMethods()) {
            Path more = method.getAnnotation(Path.class);
            for (Annotation annotation : method.getAnnotations()) {
                HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
                if (verb != null) {
                    routes.add(verb.value() + " " + joined(path.value(), more == null ? "" : more.value()));
                }
            }
        }
    }

    private static String joined(String path, String more) {
        String whole = "/" + path + "/" + more;
        return whole.replaceAll("/+", "/").replaceAll("(?<=.)/$", "");
    }
}
