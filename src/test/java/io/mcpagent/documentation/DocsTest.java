package io.mcpagent.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the documentation names is there: pages, files, commands, settings, requests, classes, and the command of each figure. */
class DocsTest {

    private static final Path TOP = Project.directory();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern TEST_CLASS = Pattern.compile("\\b([A-Z][a-z]\\w*(?:Test|IT|Contract))\\b");
    private static final Pattern MAIN_CLASS =
            Pattern.compile("(?:io\\.mcpagent\\.)?([a-z]+)\\.([A-Z]\\w+)(?:\\.\\w+)*");
    private static final Pattern SETTING =
            Pattern.compile("(?<![\\w.-])agent\\.(?!json|example\\.|mcp\\.)[a-z][\\w.\"…*-]*");
    private static final Pattern VARIABLE = Pattern.compile("\\b(?:AGENT|LOCAL|TOOLBOX)_[A-Z0-9_]+\\b");
    private static final Pattern REQUEST =
            Pattern.compile("\\b(GET|POST|DELETE|PUT|PATCH) (/[\\w./{}-]*)|localhost:8080(/[\\w./-]*)");
    private static final Pattern FILE = Pattern.compile(
            "(?<![\\w/$.~-])((?:src|ecs|docs|toolbox-config|\\.github|\\.ci|\\.devcontainer)/[\\w./-]+)(?![\\w/{*…$])");
    private static final Pattern MAVEN = Pattern.compile("\\./mvnw([^\\n`|&;#]*)");
    private static final Set<String> PHASES =
            Set.of("compile", "test", "test-compile", "package", "verify", "install", "clean");
    private static final Pattern OPTION = Pattern.compile("-D([\\w.-]+)");
    /** Made by commands that the pages name. */
    private static final Set<String> MADE_LATER =
            Set.of("ecs/terraform/bootstrap/backend.tf", "ecs/terraform/bootstrap/.terraform");

    private static final Map<String, List<String>> CLASSES = classes();

    @Test
    void should_have_a_readme_of_at_most_200_lines() {
        assertThat(DocumentationPage.read("README.md").text().lines().count()).isLessThanOrEqualTo(200);
    }

    @Test
    void should_name_only_what_is_there() {
        List<DocumentationPage> pages = DocumentationPage.all();
        assertThat(pages).hasSizeGreaterThan(15);
        assertThat(pages.stream().flatMap(page -> flaws(page).stream())).isEmpty();
    }

    /** What each check is for: a page with one violation, and the word by which it is found. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            see [x](docs/nowhere.md)                         | leads nowhere
            see [x](#no-such-heading)                        | no such heading
            see [x](docs/limits.md#no-such-heading)          | no such heading
            it is `agent.turn.patience`                      | no such setting
            set `AGENT_TURN_PATIENCE=1s`                     | no such variable
            set `LOCAL_PATIENCE=1s`                          | no such variable
            ask `GET /chats`                                 | no such request
            ask `PUT /chat`                                  | no such request
            ask `localhost:8080/v2`                          | no such request
            shown by `PatienceIT`                            | no such test
            in `turn.Patience`                               | no such class
            run `src/bench/patience`                         | no such file
            run `./mvnw quarkus:patience`                    | no such goal
            run `./mvnw -Ppatience package`                  | no such profile
            run `./mvnw verify -Dpatience`                   | no such option
            run `./mvnw test -Dtest=PatienceTest`            | no such test
            """)
    void should_find_what_is_not_there(String text, String flaw) {
        List<String> found = flaws(new DocumentationPage("README.md", "# A page\n\n" + text + "\n"));
        assertThat(found).hasSize(1).first().asString().contains(flaw);
    }

    @Test
    void should_find_a_command_in_a_block_too() {
        String block = "```sh\ncurl localhost:8080/chats\n```\n";
        assertThat(flaws(new DocumentationPage("docs/x.md", block))).hasSize(1);
    }

    @Test
    void should_name_the_command_of_each_figure() {
        assertThat(sectionsWithoutCommand(DocumentationPage.read("docs/benchmarks.md")))
                .isEmpty();
        DocumentationPage seeded =
                new DocumentationPage("docs/benchmarks.md", "# B\n\n## Speed\n\n| a | 3 ms |\n|---|---|\n");
        assertThat(sectionsWithoutCommand(seeded)).containsExactly("Speed");
    }

    @Test
    void should_define_each_of_ten_terms_once() {
        List<String> terms = Pattern.compile("(?m)^\\| \\*\\*([\\w ]+)\\*\\* \\|")
                .matcher(DocumentationPage.read("docs/glossary.md").text())
                .results()
                .map(term -> term.group(1))
                .toList();
        assertThat(terms)
                .containsExactlyInAnyOrder(
                        "caller",
                        "turn",
                        "run",
                        "conversation",
                        "tool call",
                        "approval",
                        "lease",
                        "receipt",
                        "toolbox",
                        "instance");
    }

    private static List<String> flaws(DocumentationPage page) {
        List<String> flaws = new ArrayList<>();
        find(page, LINK.matcher(page.prose()), 1, DocsTest::flawOfLink, flaws);
        for (String code : page.codeAndCommands()) {
            find(page, SETTING.matcher(code), 0, DocsTest::flawOfSetting, flaws);
            find(page, VARIABLE.matcher(code), 0, DocsTest::flawOfVariable, flaws);
            find(page, TEST_CLASS.matcher(code), 1, DocsTest::flawOfTest, flaws);
            find(page, FILE.matcher(code), 1, DocsTest::flawOfFile, flaws);
            find(page, REQUEST.matcher(code), 0, DocsTest::flawOfRequest, flaws);
            find(page, MAVEN.matcher(code), 1, DocsTest::flawOfMaven, flaws);
        }
        for (String code : page.code()) {
            Matcher named = MAIN_CLASS.matcher(code);
            if (named.matches()
                    && !CLASSES.getOrDefault(named.group(2), List.of()).contains(named.group(1))) {
                flaws.add(page.path() + ": " + code + ": no such class");
            }
        }
        return flaws;
    }

    private interface Check {
        /** What is wrong with what was found on the page, or an empty text. */
        String flaw(DocumentationPage page, String found);
    }

    private static void find(DocumentationPage page, Matcher matcher, int group, Check check, List<String> flaws) {
        matcher.results().map(found -> found.group(group)).distinct().forEach(found -> {
            String flaw = check.flaw(page, found);
            if (!flaw.isEmpty()) {
                flaws.add(page.path() + ": " + found.strip() + ": " + flaw);
            }
        });
    }

    private static String flawOfLink(DocumentationPage page, String link) {
        if (link.matches("[a-z]+:.*")) {
            return "";
        }
        String[] parts = link.split("#", 2);
        String target = parts[0].isEmpty() ? page.path() : page.resolve(parts[0]);
        if (!Files.exists(TOP.resolve(target))) {
            return "leads nowhere";
        }
        DocumentationPage there = parts[0].isEmpty() || parts.length == 1 ? page : DocumentationPage.read(target);
        return parts.length == 1 || there.anchors().contains(parts[1]) ? "" : "no such heading";
    }

    private static String flawOfSetting(DocumentationPage page, String found) {
        String name = found.replaceAll("\\.$", "").replaceAll("=.*", "").replaceAll("\"[^\"]*\"", "*");
        boolean known = Stream.concat(lines("src/main/resources/agent-settings.txt"), metrics())
                .anyMatch(setting -> setting.startsWith(name + ".")
                        || name.matches(setting.replace(".", "\\.").replace("*", ".+")));
        // Properties of the build: see pom.xml.
        return known
                        || read("pom.xml").contains("${" + name + "}")
                        || read("pom.xml").contains("<" + name + ">")
                ? ""
                : "no such setting";
    }

    private static String flawOfVariable(DocumentationPage page, String variable) {
        if (variable.equals("AGENT_URL")) {
            return ""; // GitHub's
        }
        if (variable.startsWith("AGENT_")) {
            String name = variable.replace("__", "_"); // of a map's key: AGENT_MODEL_PRICES__CLAUDE__INPUT
            return lines("src/main/resources/agent-settings.txt")
                            .map(setting -> setting.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                            .anyMatch(setting -> name.matches(
                                    setting.replace("_*_", "_(.+)_").replaceAll("_\\*$", "_.+") + "(_.*)?"))
                    ? ""
                    : "no such variable";
        }
        return SOURCES.contains(variable) ? "" : "no such variable";
    }

    private static String flawOfTest(DocumentationPage page, String test) {
        return CLASSES.containsKey(test) ? "" : "no such test";
    }

    private static String flawOfFile(DocumentationPage page, String file) {
        String path = file.replaceAll("[./]+$", "");
        Path folder = TOP.resolve(page.path()).toAbsolutePath().getParent();
        return MADE_LATER.contains(path) || Files.exists(TOP.resolve(path)) || Files.exists(folder.resolve(path))
                ? ""
                : "no such file";
    }

    private static String flawOfRequest(DocumentationPage page, String request) {
        boolean withMethod = !request.startsWith("localhost");
        String method = withMethod ? request.split(" ")[0].toLowerCase(Locale.ROOT) : "";
        String path = (withMethod ? request.split(" ")[1] : request.replace("localhost:8080", ""))
                .replaceAll("[.?]+$", "")
                .replaceAll("(?<=.)/$", "");
        if (path.isEmpty()
                || path.equals("/")
                || path.startsWith("/q/")
                || Set.of("/openapi", "/v1").contains(path)) {
            return "";
        }
        for (Map.Entry<String, JsonNode> known : OPENAPI.path("paths").properties()) {
            String pattern = known.getKey().replaceAll("\\{\\w+}", "[^/]+");
            if (path.matches(pattern) && (!withMethod || known.getValue().has(method))) {
                return "";
            }
        }
        return "no such request";
    }

    private static String flawOfMaven(DocumentationPage page, String arguments) {
        String pom = read("pom.xml");
        for (String argument : arguments.strip().split("\\s+")) {
            Matcher option = OPTION.matcher(argument);
            if (argument.isEmpty()
                    || argument.startsWith("'")
                    || Set.of("-q", "-B", "-ntp", "-o", "…").contains(argument)) {
                continue;
            } else if (argument.startsWith("-P")) {
                if (!pom.contains("<id>" + argument.substring(2) + "</id>")) {
                    return "no such profile";
                }
            } else if (option.lookingAt()) {
                if (!isKnownOption(option.group(1), pom)) {
                    return "no such option";
                }
            } else if (!PHASES.contains(argument) && !isGoal(argument, pom)) {
                return "no such goal";
            }
        }
        return "";
    }

    /** Maven's own, Quarkus's, the agent's settings, and the properties that the build reads. */
    private static boolean isKnownOption(String name, String pom) {
        return Set.of(
                                "test",
                                "it.test",
                                "skipTests",
                                "native",
                                "settings.write",
                                "surefire.rerunFailingTestsCount",
                                "failsafe.rerunFailingTestsCount")
                        .contains(name)
                || name.startsWith("quarkus.")
                || pom.contains("<name>" + name + "</name>")
                || pom.contains("<" + name + ">")
                || pom.contains("${" + name + "}")
                || lines("src/main/resources/agent-settings.txt").anyMatch(name::equals);
    }

    private static boolean isGoal(String argument, String pom) {
        return Set.of("quarkus:dev", "spotless:apply").contains(argument)
                || argument.startsWith("failsafe:") && pom.contains("<artifactId>maven-failsafe-plugin</artifactId>");
    }

    private static List<String> sectionsWithoutCommand(DocumentationPage page) {
        return Stream.of(page.text().split("(?m)^## "))
                .skip(1)
                .filter(section -> section.contains("\n|"))
                .filter(section -> {
                    Matcher command = Pattern.compile("(?m)^Command: `(\\./mvnw|src/[\\w/-]+)[^`]*`")
                            .matcher(section);
                    return !command.find() || !Files.exists(TOP.resolve(command.group(1)));
                })
                .map(section -> section.lines().findFirst().orElseThrow())
                .toList();
    }

    private static final String SOURCES = sources();
    private static final JsonNode OPENAPI = openApi();

    private static JsonNode openApi() {
        try {
            return new ObjectMapper().readTree(read("src/main/resources/META-INF/openapi.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What may read variables of its own: the local services. */
    private static String sources() {
        return walk("src/local", file -> file.toString().endsWith(".java"))
                .map(file -> read(TOP.relativize(file).toString()))
                .collect(Collectors.joining());
    }

    /** Of each class in the sources, by its simple name: the packages that have one. */
    private static Map<String, List<String>> classes() {
        Map<String, List<String>> classes = new HashMap<>();
        for (String folder : List.of("src/main/java", "src/test/java", "src/local/java")) {
            walk(folder, file -> file.toString().endsWith(".java"))
                    .forEach(file -> classes.computeIfAbsent(
                                    file.getFileName().toString().replace(".java", ""), _ -> new ArrayList<>())
                            .add(file.getParent().getFileName().toString()));
        }
        return classes;
    }

    private static Stream<String> metrics() {
        return Pattern.compile("\"(agent\\.[\\w.]+)\"")
                .matcher(read("ecs/metrics.json"))
                .results()
                .map(each -> each.group(1));
    }

    private static Stream<Path> walk(String folder, Function<Path, Boolean> which) {
        try (Stream<Path> files = Files.walk(TOP.resolve(folder))) {
            return files.filter(which::apply).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> lines(String path) {
        return read(path).lines();
    }

    private static String read(String path) {
        return DocumentationPage.read(path).text();
    }
}
