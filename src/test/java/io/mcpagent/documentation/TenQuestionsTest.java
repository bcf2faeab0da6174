package io.mcpagent.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ten questions of a stranger, written before the pages. The README, or one page that it links to, has a section with the words of the answer; and a
 * search for the stranger's words finds that section.
 */
class TenQuestionsTest {

    /**
     * @param words    what the stranger would search for
     * @param page     where the answer is
     * @param answer   words that the answer has
     */
    record StrangersQuestion(String question, List<String> words, String page, List<String> answer) {
        @Override
        public String toString() {
            return question;
        }
    }

    @ParameterizedTest
    @MethodSource("questions")
    void should_be_answered_within_the_readme_and_one_page(StrangersQuestion asked) {
        DocumentationPage page = DocumentationPage.read(asked.page());
        List<String> found = sections(page, asked.words());
        assertThat(found).as("sections with %s", asked.words()).isNotEmpty();
        assertThat(found).as("the answer").anyMatch(section -> hasAll(section, asked.answer()));
        if (!asked.page().equals("README.md")) {
            assertThat(DocumentationPage.read("README.md").text()).contains("](" + asked.page());
        }
    }

    static Stream<StrangersQuestion> questions() {
        return Stream.of(
                new StrangersQuestion(
                        "Can I try it without an AWS account?",
                        List.of("run it", "account"),
                        "README.md",
                        List.of("no cloud account", "./mvnw quarkus:dev")),
                new StrangersQuestion(
                        "Can the model write its own SQL?",
                        List.of("model", "sql"),
                        "README.md",
                        List.of("the model never writes sql")),
                new StrangersQuestion(
                        "How do I use it with Open WebUI?",
                        List.of("open webui"),
                        "docs/access.md",
                        List.of("/v1", "forward_user_info_header_jwt_secret")),
                new StrangersQuestion(
                        "How do people see only their own rows?",
                        List.of("caller", "row", "parameter"),
                        "docs/access.md",
                        List.of("secure: true", "agent.identity.parameters")),
                new StrangersQuestion(
                        "What happens to a write when the process dies?",
                        List.of("write", "process dies"),
                        "docs/clients.md",
                        List.of("outcome_unknown", "never repeated")),
                new StrangersQuestion(
                        "How do I limit what a person may spend in a day?",
                        List.of("spend", "day"),
                        "docs/configuration.md",
                        List.of("agent.budget.caller-day-dollars")),
                new StrangersQuestion(
                        "Which data leave the region?",
                        List.of("processed", "geography"),
                        "docs/configuration.md",
                        List.of("eu.", "global.")),
                new StrangersQuestion(
                        "Can somebody else have to approve a call?",
                        List.of("second person", "approve"),
                        "docs/access.md",
                        List.of("agent.tools.approvers")),
                new StrangersQuestion(
                        "Are prompts and answers in the logs?",
                        List.of("logs", "said"),
                        "docs/operations.md",
                        List.of("nothing of what was said", "agent_telemetry_content")),
                new StrangersQuestion(
                        "How do I get it onto AWS?",
                        List.of("fork", "deployment"),
                        "docs/operations.md",
                        List.of("preflight", "configure-environment")));
    }

    private static List<String> sections(DocumentationPage page, List<String> words) {
        return Stream.of(page.text().split("(?m)^(?=#{1,3} )"))
                .filter(section -> hasAll(section, words))
                .toList();
    }

    private static boolean hasAll(String section, List<String> words) {
        String lower = section.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
        return words.stream().allMatch(lower::contains);
    }
}
