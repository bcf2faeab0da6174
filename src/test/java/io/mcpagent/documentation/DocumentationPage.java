package io.mcpagent.documentation;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A page of the documentation: its path in the repository, and its Markdown. */
record DocumentationPage(String path, String text) {

    private static final Pattern FENCE = Pattern.compile("(?ms)^ *```(\\w*)\\n(.*?)^ *```");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.*)$");

    /** All pages: those at the top, those in {@code docs}, and those of the other folders. */
    static List<DocumentationPage> all() {
        Path top = Project.directory();
        try (Stream<Path> atTop = Files.list(top);
                Stream<Path> docs = Files.walk(top.resolve("docs"))) {
            Stream<Path> others =
                    Stream.of("toolbox-config/README.md", "ecs/README.md").map(top::resolve);
            return Stream.of(atTop, docs, others)
                    .flatMap(each -> each)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .map(file -> read(top.relativize(file).toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The page at that path of the repository. */
    static DocumentationPage read(String path) {
        try {
            return new DocumentationPage(
                    path, Files.readString(Project.directory().resolve(path)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its blocks of shell commands. */
    List<String> commands() {
        return FENCE.matcher(text)
                .results()
                .filter(block -> Set.of("sh", "bash").contains(block.group(1)))
                .map(block -> block.group(2))
                .toList();
    }

    /** What stands between backquotes, outside of blocks. */
    List<String> code() {
        return CODE.matcher(prose()).results().map(code -> code.group(1)).toList();
    }

    /** Commands in blocks, and all code within sentences. */
    List<String> codeAndCommands() {
        List<String> all = new ArrayList<>(commands());
        all.addAll(code());
        return all;
    }

    /** Its text without blocks. */
    String prose() {
        return FENCE.matcher(text).replaceAll("");
    }

    /** The anchors that GitHub makes of its headings. */
    Set<String> anchors() {
        Map<String, Integer> seen = new HashMap<>();
        Set<String> anchors = new HashSet<>();
        for (MatchResult heading : HEADING.matcher(prose()).results().collect(Collectors.toList())) {
            String anchor = heading.group(1)
                    .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int times = seen.merge(anchor, 1, Integer::sum);
            anchors.add(times == 1 ? anchor : anchor + "-" + (times - 1));
        }
        return anchors;
    }

    /** Where a link of this page leads, as a path of the repository. */
    String resolve(String link) {
        return Path.of("/")
                .resolve(path)
                .getParent()
                .resolve(link)
                .normalize()
                .toString()
                .substring(1);
    }
}
