package io.mcpagent.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds a way to run the toolbox: {@code TOOLBOX_BIN}, else npm, else a container engine. */
final class ToolboxFinder {

    private final Path toolboxConfig;
    private final String containerName;
    private final Consumer<String> say;

    ToolboxFinder(Path toolboxConfig, String containerName, Consumer<String> say) {
        this.toolboxConfig = toolboxConfig;
        this.containerName = containerName;
        this.say = say;
    }

    /** Finds one, downloading it if need be; says in one line what to install if there is none. */
    Optional<Toolbox> find() {
        String named = System.getenv("TOOLBOX_BIN");
        if (named != null && !named.isBlank()) {
            return byName(Path.of(named));
        }
        Optional<Toolbox> found = fromNpm().or(this::fromContainerEngine);
        if (found.isEmpty()) {
            say.accept(
                    "The toolbox can't run here: install Node.js with npm, or a container engine such as Docker or Podman,"
                            + " or let TOOLBOX_BIN name the toolbox program. Going on without tools.");
        }
        return found;
    }

    private Optional<Toolbox> byName(Path program) {
        if (Files.isRegularFile(program) && Files.isExecutable(program)) {
            return Optional.of(new BinaryToolbox(program.toAbsolutePath()));
        }
        say.accept("TOOLBOX_BIN names " + program + ", which is not a program. Going on without tools.");
        return Optional.empty();
    }

    private Optional<Toolbox> fromNpm() {
        NpmToolbox npm = new NpmToolbox(toolboxConfig, say);
        if (npm.installed().isEmpty() && NpmToolbox.npm().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(npm.install());
        } catch (IOException e) {
            say.accept("the toolbox doesn't come from npm: " + e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Toolbox> fromContainerEngine() {
        Optional<ContainerToolbox> container = ContainerToolbox.find(containerName);
        if (container.isEmpty()) {
            return Optional.empty();
        }
        try {
            container.get().pull(say);
            return Optional.of(container.get());
        } catch (IOException e) {
            say.accept("the toolbox doesn't come as an image: " + e.getMessage());
            return Optional.empty();
        }
    }
}
