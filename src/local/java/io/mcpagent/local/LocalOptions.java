package io.mcpagent.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The command line of {@link LocalStack}.
 *
 * @param directory      the project's folder ({@code --directory}, by default the current one)
 * @param toolboxPort    port of 127.0.0.1 ({@code --toolbox-port}, by default 5000), empty with {@code --no-toolbox}
 * @param bedrockPort    port of 127.0.0.1 ({@code --bedrock-port}, by default 5010), empty with {@code --no-bedrock}
 * @param toolboxConfigs the toolbox's files ({@code --toolbox-configs a,b}, by default tools.sqlite.yaml), absolute
 */
record LocalOptions(
        Path directory, Optional<Integer> toolboxPort, Optional<Integer> bedrockPort, List<Path> toolboxConfigs) {

    private static final String DEFAULT_CONFIG = "toolbox-config/tools.sqlite.yaml";

    /** @throws IllegalArgumentException with a sentence that says what is wrong */
    static LocalOptions parse(String... arguments) {
        Path directory = Path.of("");
        Optional<Integer> toolboxPort = Optional.of(5000);
        Optional<Integer> bedrockPort = Optional.of(5010);
        List<String> configs = List.of(DEFAULT_CONFIG);
        Iterator<String> left = new ArrayList<>(Arrays.asList(arguments)).iterator();
        while (left.hasNext()) {
            String option = left.next();
            switch (option) {
                case "--directory" -> directory = Path.of(valueOf(option, left));
                case "--toolbox-port" -> toolboxPort = Optional.of(port(option, left));
                case "--bedrock-port" -> bedrockPort = Optional.of(port(option, left));
                case "--toolbox-configs" ->
                    configs = List.of(valueOf(option, left).split(","));
                case "--no-toolbox" -> toolboxPort = Optional.empty();
                case "--no-bedrock" -> bedrockPort = Optional.empty();
                default -> throw new IllegalArgumentException("There is no option " + option + ".");
            }
        }
        Path project = directory.toAbsolutePath().normalize();
        return new LocalOptions(
                project,
                toolboxPort,
                bedrockPort,
                configs.stream().map(project::resolve).toList());
    }

    private static String valueOf(String option, Iterator<String> left) {
        if (!left.hasNext()) {
            throw new IllegalArgumentException("The option " + option + " needs a value.");
        }
        return left.next();
    }

    private static int port(String option, Iterator<String> left) {
        String value = valueOf(option, left);
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > 65_535) {
            throw new IllegalArgumentException(
                    "The option " + option + " needs a port from 1 to 65535, not " + value + ".");
        }
        return Integer.parseInt(value);
    }
}
