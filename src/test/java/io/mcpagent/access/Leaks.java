package io.mcpagent.access;

import io.mcpagent.support.Said;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Searches what agents gave out during tests for what was told them in confidence, and for what looks like a secret whoever told it. */
final class Leaks {

    private static final Pattern TOKEN = Pattern.compile(
            "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+|-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}"
                    + "|(?i:bearer [a-z0-9._~+/-]{20,})|(?i:password=[^ ,;]+)");
    private static final Pattern INSIDE = Pattern.compile(
            "io\\.mcpagent\\.[a-z]+\\.[A-Z]|\\b(java|jakarta|io\\.(vertx|netty|quarkus))\\.[a-z.]+\\.[A-Z]\\w+Exception|arn:aws:iam");

    private final Set<String> credentials = new TreeSet<>();
    private final Set<String> contents = new TreeSet<>();
    private final Map<String, Integer> searched = new LinkedHashMap<>();
    private final List<String> found = new ArrayList<>();

    /** Reads the secrets that tests wrote down since {@code from}. */
    Leaks(Path target, FileTime from) throws IOException {
        for (Path file : files(target.resolve(Said.SECRETS), from)) {
            for (String line : Files.readAllLines(file)) {
                String[] parts = line.split("\t", 2);
                (parts[0].equals(Said.CREDENTIAL) ? credentials : contents).add(parts[1]);
            }
        }
        search(target.resolve("agent-logs"), from, true, TOKEN);
        // Whatever agents export during the tests: spans and metrics have no content either.
        search(target.resolve("agent-telemetry"), from, true, TOKEN);
        search(target.resolve(Said.ANSWERS), from, false, INSIDE);
    }

    /** What was found and where; never the secret itself. */
    List<String> found() {
        return found;
    }

    int secrets() {
        return credentials.size() + contents.size();
    }

    /** How many files of each kind were searched. */
    Map<String, Integer> searched() {
        return searched;
    }

    private void search(Path folder, FileTime from, boolean contentToo, Pattern pattern) throws IOException {
        List<Path> files = files(folder, from);
        searched.put(folder.getFileName().toString(), files.size());
        Pattern secrets =
                any(contentToo ? Stream.concat(credentials.stream(), contents.stream()) : credentials.stream());
        for (Path file : files) {
            int number = 0;
            try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
                for (String line : (Iterable<String>) lines::iterator) {
                    number++;
                    Matcher secret = secrets.matcher(line);
                    Matcher likeOne = pattern.matcher(line);
                    if (secret.find()) {
                        found.add(file.getFileName() + " line " + number + " has a secret of "
                                + secret.group().length() + " characters");
                    } else if (likeOne.find()) {
                        found.add(file.getFileName() + " line " + number + " has what looks like one: "
                                + likeOne.group()
                                        .substring(
                                                0, Math.min(24, likeOne.group().length())));
                    }
                }
            }
        }
    }

    private static Pattern any(Stream<String> texts) {
        // Bytes are compared as Latin-1 on both sides.
        String all = texts.map(text -> new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
                .map(Pattern::quote)
                .collect(Collectors.joining("|"));
        return Pattern.compile(all.isEmpty() ? "(?!)" : all);
    }

    private static List<Path> files(Path folder, FileTime from) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                if (Files.getLastModifiedTime(file).compareTo(from) >= 0) {
                    files.add(file);
                }
            }
        }
        return files;
    }
}
