package io.mcpagent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes the table of settings in the documentation from {@link AgentConfig}'s source, since only that has the sentences. */
final class ConfigurationTable {

    private static final Pattern INTERFACE = Pattern.compile("\\s*(?:public )?interface (\\w+) \\{");
    private static final Pattern ENUM = Pattern.compile("\\s*enum \\w+ \\{");
    private static final Pattern SETTING = Pattern.compile("\\s*([\\w<>, ]+) (\\w+)\\(\\);");
    private static final Pattern DEFAULT = Pattern.compile("\\s*@WithDefault\\(\"(.*)\"\\)");

    private record Setting(String owner, String type, String name, String fallback, String sentence) {}

    private final List<Setting> settings = new ArrayList<>();

    /** The table, in Markdown. */
    static String of(Path source) throws IOException {
        return "| setting | default | meaning |\n|---|---|---|\n" + String.join("\n", rowsOf(source));
    }

    /** The settings' names, one a line, with {@code *} for the keys of a map. */
    static String namesOf(Path source) throws IOException {
        return rowsOf(source).stream()
                .map(row -> row.split("`")[1].replace("\"…\"", "*") + "\n")
                .collect(Collectors.joining());
    }

    private static List<String> rowsOf(Path source) throws IOException {
        ConfigurationTable table = new ConfigurationTable();
        table.read(Files.readAllLines(source));
        List<String> rows = new ArrayList<>();
        table.rows("AgentConfig", "agent", rows);
        return rows;
    }

    private void read(List<String> lines) {
        Deque<String> owners = new ArrayDeque<>();
        StringBuilder sentence = new StringBuilder();
        String fallback = null;
        boolean textBlock = false;
        for (String line : lines) {
            Matcher opened = INTERFACE.matcher(line);
            Matcher setting = SETTING.matcher(line);
            Matcher given = DEFAULT.matcher(line);
            if (textBlock) {
                textBlock = !line.contains("\"\"\")");
            } else if (line.contains("@WithDefault(\"\"\"")) {
                textBlock = true;
                fallback = "(see `AgentConfig`)";
            } else if (line.strip().startsWith("/**")) {
                sentence.setLength(0);
                sentence.append(text(line));
            } else if (line.strip().startsWith("*")) {
                sentence.append(' ').append(text(line));
            } else if (given.matches()) {
                fallback = "`" + given.group(1) + "`";
            } else if (opened.matches()) {
                owners.push(opened.group(1));
            } else if (ENUM.matcher(line).matches()) {
                owners.push("enum");
            } else if (line.strip().equals("}") && !owners.isEmpty()) {
                owners.pop();
            } else if (setting.matches()) {
                settings.add(new Setting(
                        owners.peek(),
                        setting.group(1).strip(),
                        setting.group(2),
                        fallback,
                        sentence.toString().strip().replaceAll("\\{@code ([^}]*)}", "`$1`")));
                sentence.setLength(0);
                fallback = null;
            }
        }
    }

    private static String text(String line) {
        return line.strip().replaceAll("^/?\\*+/?|\\*/$", "").strip();
    }

    private void rows(String owner, String prefix, List<String> rows) {
        for (Setting setting :
                settings.stream().filter(each -> each.owner().equals(owner)).collect(Collectors.toList())) {
            String name =
                    prefix + "." + setting.name().replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
            boolean map = setting.type().startsWith("Map<");
            String inner = map ? setting.type().replaceAll(".*, (\\w+)>", "$1") : setting.type();
            boolean group = settings.stream().anyMatch(each -> each.owner().equals(inner));
            if (group) {
                rows(inner, map ? name + ".\"…\"" : name, rows);
            } else {
                rows.add("| `" + name + (map ? ".\"…\"" : "") + "` | "
                        + (setting.fallback() == null ? "" : setting.fallback()) + " | " + setting.sentence() + " |");
            }
        }
    }
}
