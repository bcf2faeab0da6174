package io.mcpagent.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The toolbox as a program file: the one that {@code TOOLBOX_BIN} names, or the one from npm.
 *
 * @param program the file to execute
 */
public record BinaryToolbox(Path program) implements Toolbox {

    @Override
    public ProcessBuilder serve(int port, List<Path> configs, Path database) {
        return over(database, serve(port, configs));
    }

    /** Prepares a server whose configuration names no SQLite file. */
    public ProcessBuilder serve(int port, List<Path> configs) {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--address",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--configs",
                configs.stream().map(Path::toString).collect(Collectors.joining(","))));
        command.addAll(ContainerToolbox.SERVER_SETTINGS);
        return new ProcessBuilder(command);
    }

    @Override
    public ProcessBuilder invoke(String tool, String argumentsAsJson, Path config, Path database) {
        return over(
                database,
                new ProcessBuilder(program.toString(), "invoke", tool, argumentsAsJson, "--config", config.toString()));
    }

    private static ProcessBuilder over(Path database, ProcessBuilder process) {
        process.environment().put("SHOP_DB", database.toString());
        return process;
    }

    @Override
    public String describe() {
        return "the program " + program.getFileName();
    }
}
