package io.mcpagent.local.stack;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.Children;
import io.mcpagent.local.LocalStack;
import io.mcpagent.support.Await;
import io.mcpagent.support.HeldPort;
import io.mcpagent.support.Project;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The local stack as dev mode starts it: a child process that runs from its sources, its standard input a pipe. */
final class StackProcess implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(10);

    final int toolboxPort = HeldPort.next();
    final int bedrockPort = HeldPort.next();

    private final Path directory;
    private final Path log;
    private final Map<String, String> environment;
    private Process process;

    /**
     * @param directory   the project's folder, or a copy
     * @param environment changes to the environment; an empty value takes the variable away
     */
    StackProcess(Path directory, Map<String, String> environment) throws IOException {
        this.directory = directory;
        this.environment = environment;
        this.log = Files.createTempFile(Project.target("stack-logs"), "stack", ".log");
    }

    /** The way dev mode does it: the launcher compiles the sources, which takes a few seconds. */
    List<String> commandFromSources() {
        return command(
                Stream.empty(),
                Project.directory()
                        .resolve("src/local/java/io/mcpagent/local/LocalStack.java")
                        .toString());
    }

    /** The same program from the classes that the tests are compiled to. */
    List<String> command() {
        return command(Stream.of(LocalStack.class), LocalStack.class.getName());
    }

    private List<String> command(Stream<Class<?>> compiled, String main) {
        Stream<Class<?>> jackson = Stream.of(ObjectMapper.class, JsonFactory.class, JsonProperty.class);
        String classpath = Stream.concat(compiled, jackson)
                .map(type -> Path.of(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())
                        .toString())
                .collect(Collectors.joining(File.pathSeparator));
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                classpath,
                main,
                "--directory",
                directory.toString(),
                "--toolbox-port",
                Integer.toString(toolboxPort),
                "--bedrock-port",
                Integer.toString(bedrockPort));
    }

    StackProcess start(String... more) throws IOException {
        return run(Stream.concat(command().stream(), Stream.of(more)).toList());
    }

    /** Starts this command instead, which runs the stack in some way. */
    StackProcess run(List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        process = Children.start(builder);
        return this;
    }

    StackProcess awaitReady() {
        return awaitLine("local: ready ");
    }

    StackProcess awaitLine(String text) {
        try {
            Await.until("the line " + text, START, () -> output().contains(text) || !process.isAlive());
        } catch (AssertionError e) {
            throw new AssertionError(output(), e);
        }
        if (!output().contains(text)) {
            throw new AssertionError("ended with " + process.exitValue() + ": " + output());
        }
        return this;
    }

    String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    Process process() {
        return process;
    }

    /** The processes that serve this stack's toolbox, found by their command line. */
    List<ProcessHandle> toolboxes() {
        return ProcessHandle.allProcesses()
                .filter(handle -> handle.info()
                        .commandLine()
                        .filter(line -> line.contains("toolbox --address 127.0.0.1 --port " + toolboxPort + " "))
                        .isPresent())
                .toList();
    }

    void awaitNoProcess() {
        Await.until("the stack to end", () -> !process.isAlive());
        Await.until("the toolbox to end", () -> toolboxes().isEmpty());
    }

    @Override
    public void close() {
        Children.end(process, Duration.ofSeconds(3));
    }
}
