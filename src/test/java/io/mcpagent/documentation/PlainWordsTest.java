package io.mcpagent.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Turns of phrase that readers have to read twice are in no page, comment, message or description. */
class PlainWordsTest {

    /** What was written, and what to write. */
    private static final Map<String, String> ODDITIES = Map.ofEntries(
            Map.entry("whoever(?:'s)?", "name the one who is meant: the caller, the reader, the next thread"),
            Map.entry(
                    "(?:may )?com(?:e|es|ing) in(?=[,.;: ])(?! (?:one|two|its|the|this|a|JSON)\\b)", "call the agent"),
            Map.entry("told from", "distinguished from"),
            Map.entry("for want of", "because … is missing"),
            Map.entry("(?:is|are|be) let", "may"),
            Map.entry("at its most", "its maximum"),
            Map.entry("com(?:e|es|ing) about", "connecting, beginning, happening"),
            Map.entry("counts? for nothing", "is ignored"),
            Map.entry("of (?:theirs|yours)", "their, your"),
            Map.entry("go(?:es|ing|ne)? on with", "continue"),
            Map.entry("for ever", "without end"),
            Map.entry("if need be", "if necessary"),
            Map.entry("in the place of", "instead of"),
            Map.entry("[Nn]obody could be", "say what can't be done"),
            Map.entry("begins to be true", "is recorded"),
            Map.entry("is nothing for", "don't use it for"),
            Map.entry("everybody in", "authentication is off"));

    private static final Pattern ANY =
            Pattern.compile("(?i)\\b(?:" + String.join("|", new TreeMap<>(ODDITIES).keySet()) + ")\\b");

    /** Packages that are not read once more yet. */
    private static final Pattern NOT_YET = Pattern.compile(".*/io/mcpagent/(http|model|turn)/.*");

    @Test
    void should_be_in_no_text_of_ours() throws IOException {
        List<String> found = texts().flatMap(PlainWordsTest::oddities).toList();
        assertThat(found).as("see ODDITIES for what to write").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeded")
    void should_be_found(String sentence) {
        assertThat(oddities(new DocumentationPage("seeded", sentence))).hasSize(1);
    }

    private static Stream<String> seeded() {
        return Stream.of(
                "Whoever reads nothing has the connection reset.",
                "Everybody may come in.",
                "Nobody can be told from anybody.",
                "A reservation stays counted at its most.",
                "Turns of yours are running.",
                "To go on with a conversation.",
                "Limits in the place of those for all.");
    }

    @ParameterizedTest
    @MethodSource("plain")
    void should_not_be_found_in_plain_words(String sentence) {
        assertThat(oddities(new DocumentationPage("plain", sentence))).isEmpty();
    }

    private static Stream<String> plain() {
        return Stream.of(
                "The answer comes in one piece.", "They come in JSON.", "The turn goes on.", "Who may call it?");
    }

    private static Stream<String> oddities(DocumentationPage page) {
        return ANY.matcher(page.text())
                .results()
                .map(found -> page.path() + ": " + found.group() + ", line "
                        + page.text().substring(0, found.start()).lines().count());
    }

    private static Stream<DocumentationPage> texts() throws IOException {
        return Stream.concat(
                DocumentationPage.all().stream(),
                Stream.of(
                                files("src/main/java", ".java", 99),
                                files("src/main/resources/chat-page", ".js", 99),
                                files("src/main/resources/META-INF", ".json", 1),
                                files("ecs/terraform/modules", ".tf", 2),
                                files("ecs/terraform", ".tf", 1),
                                files("toolbox-config", ".yaml", 1))
                        .flatMap(each -> each));
    }

    /** No deeper than said: tests install programs below some of these folders meanwhile. */
    private static Stream<DocumentationPage> files(String folder, String ending, int depth) throws IOException {
        Path top = Project.directory();
        try (Stream<Path> files = Files.walk(top.resolve(folder), depth)) {
            return files
                    .map(file -> top.relativize(file).toString())
                    .filter(file -> file.endsWith(ending))
                    .filter(file -> !NOT_YET.matcher(file).matches())
                    .map(DocumentationPage::read)
                    .toList()
                    .stream();
        }
    }
}
