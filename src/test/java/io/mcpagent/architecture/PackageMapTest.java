package io.mcpagent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The map of the packages in the documentation: their names and what they use are the code's, and each has a sentence that a person wrote. */
class PackageMapTest {

    private static final String BEGIN = "<!-- packages: made by PackageMapTest, with -Dsettings.write=true -->\n";
    private static final String END = "<!-- end of packages -->";
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| (.*?) \\|");

    @Test
    void should_stand_in_the_docs_as_the_code_has_it() throws IOException {
        Path page = Project.directory().resolve("docs/architecture.md");
        String text = Files.readString(page);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        Map<String, String> sentences = ROW.matcher(text.substring(begin, end))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), (MatchResult row) -> row.group(2)));
        String map = map(sentences);
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(page, text.substring(0, begin) + map + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as("run ./mvnw test -Dtest=PackageMapTest -Dsettings.write=true")
                .isEqualTo(map);
        assertThat(sentences.values()).as("a package without a sentence").doesNotContain("");
    }

    private static String map(Map<String, String> sentences) {
        Map<String, Set<String>> uses = new TreeMap<>();
        MainClasses.ALL.forEach(type -> {
            String from = packageOf(type);
            if (!from.isEmpty() && isOfMain(type)) {
                Set<String> used = uses.computeIfAbsent(from, _ -> new TreeSet<>());
                type.getDirectDependenciesFromSelf().stream()
                        .map(dependency -> packageOf(dependency.getTargetClass()))
                        .filter(to -> !to.isEmpty() && !to.equals(from))
                        .forEach(used::add);
            }
        });
        Map<String, Integer> heights = new TreeMap<>();
        uses.keySet().forEach(each -> height(each, uses, heights));
        return "| package | what it does | uses |\n|---|---|---|\n"
                + uses.keySet().stream()
                        .sorted(Comparator.comparing((Function<String, Integer>) heights::get)
                                .reversed()
                                .thenComparing(Comparator.naturalOrder()))
                        .map(each -> "| `%s` | %s | %s |\n"
                                .formatted(each, sentences.getOrDefault(each, ""), String.join(" ", uses.get(each))))
                        .collect(Collectors.joining());
    }

    private static int height(String name, Map<String, Set<String>> uses, Map<String, Integer> heights) {
        Integer known = heights.get(name);
        if (known != null) {
            return known;
        }
        int height = uses.getOrDefault(name, Set.of()).stream()
                        .mapToInt(used -> height(used, uses, heights))
                        .max()
                        .orElse(0)
                + 1;
        heights.put(name, height);
        return height;
    }

    /** By its source: what is imported may hold the tests' classes too, wherever those were compiled to. */
    private static boolean isOfMain(JavaClass type) {
        String outermost = type.getName().replace('.', '/').replaceAll("\\$.*", "");
        return Files.exists(Project.directory().resolve("src/main/java/" + outermost + ".java"));
    }

    private static String packageOf(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith("io.mcpagent.") ? name.substring("io.mcpagent.".length()) : "";
    }
}
