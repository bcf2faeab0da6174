package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.config.TestSettings;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page about models says what the table has. */
class ModelsPageTest {

    private static final String BEGIN = "<!-- models: made by ModelsPageTest, with -Dsettings.write=true -->\n";
    private static final String END = "<!-- end of models -->";

    @Test
    void should_say_what_the_table_has() throws IOException {
        Path page = Project.directory().resolve("docs/models.md");
        String text = Files.readString(page);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(page, text.substring(0, begin) + table() + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as("run ./mvnw test -Dtest=ModelsPageTest -Dsettings.write=true")
                .isEqualTo(table());
    }

    private static String table() {
        ModelTable table = new ModelTable(TestSettings.with());
        StringBuilder text = new StringBuilder("""
                | model | since | thinking | effort | temperature | thinking goes back | cache points, from tokens, for | window, longest reply | ends | source |
                |---|---|---|---|---|---|---|---|---|---|
                """);
        for (String match : table.matches()) {
            ModelRow row = table.row(match);
            text.append("| `%s` | %s | %s%s | %s | %s | %s | %d, %,d, %s | %,d, %,d | %s | [page](%s) |\n"
                    .formatted(
                            match,
                            row.since(),
                            row.thinking().name().toLowerCase(Locale.ROOT),
                            row.thinksUnasked() ? ", always" : "",
                            String.join(" ", row.efforts()),
                            row.sampling() ? "yes" : "no",
                            row.prefixBound() ? "behind the same prefix" : "to the same model",
                            row.cachePoints(),
                            row.cacheSmallest(),
                            String.join(" ", row.cacheTtls()),
                            row.window(),
                            row.largestOutput(),
                            row.endOfLife() == null ? "" : row.endOfLife() + ", " + row.endOfLifeBy(),
                            row.source()));
        }
        text.append("""

                | model, by a `global.` profile | input | output | cache read | cache write 5m | cache write 1h | elsewhere |
                |---|---:|---:|---:|---:|---:|---:|
                """);
        for (String match : table.matches()) {
            String regional = table.row(match)
                    .price(0)
                    .orElseThrow()
                    .input()
                    .divide(table.row("global.anthropic." + match)
                            .price(0)
                            .orElseThrow()
                            .input())
                    .stripTrailingZeros()
                    .toPlainString();
            text.append(table.row("global.anthropic." + match).prices().stream()
                    .map(price -> "| `%s`%s | %s | %s | %s | %s | %s | × %s |\n"
                            .formatted(
                                    match,
                                    price.above() == 0 ? "" : ", prompts above %,d tokens".formatted(price.above()),
                                    price.input(),
                                    price.output(),
                                    price.cacheRead(),
                                    price.cacheWrite(),
                                    price.cacheWriteHour(),
                                    regional))
                    .collect(Collectors.joining()));
        }
        return text.toString();
    }
}
