package io.mcpagent.toolboxconfig;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One of the files of {@code toolbox-config}, cut into its YAML documents. */
record ToolsFile(String name, String text) {

    static final List<String> ALL = List.of("tools.yaml", "tools.mssql.yaml", "tools.sqlite.yaml");

    static ToolsFile read(String name) {
        try {
            return new ToolsFile(name, Files.readString(Project.toolboxConfig(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Stream<String> documents() {
        return Stream.of(text.split("(?m)^---\\n"));
    }

    List<String> tools() {
        return documents()
                .filter(document -> document.startsWith("kind: tool\n"))
                .toList();
    }

    String source() {
        return documents()
                .filter(document -> document.contains("kind: source\n"))
                .findFirst()
                .orElseThrow();
    }

    /** All but what may differ between databases: the source, the tools' type, and the SQL. */
    String commonPart() {
        return String.join(
                "---\n",
                documents()
                        .filter(document -> !document.contains("kind: source\n"))
                        .map(document -> document.replaceAll("(?m)^type: .*-sql\\n", "")
                                .replaceAll("(?s)statement: \\|\\n.*", ""))
                        .toList());
    }

    static String nameOf(String tool) {
        return group(tool, "(?m)^name: (.*)$");
    }

    static String statementOf(String tool) {
        return group(tool, "(?s)statement: \\|\\n(.*)");
    }

    private static String group(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException("nothing matches " + pattern + " in " + text);
        }
        return matcher.group(1);
    }
}
