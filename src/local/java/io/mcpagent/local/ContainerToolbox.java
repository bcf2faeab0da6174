package io.mcpagent.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The toolbox as the official image in a container engine, its port published on 127.0.0.1 only.
 *
 * @param engine the engine's command line program
 * @param name   the container's name, by which a later start finds and removes a left-over
 */
public record ContainerToolbox(Path engine, String name) implements Toolbox {

    static final String IMAGE = "us-central1-docker.pkg.dev/database-toolbox/toolbox/toolbox:" + VERSION;

    static final List<String> SERVER_SETTINGS =
            List.of("--disable-version-check", "--disable-reload", "--log-level", "WARN");

    private static final List<String> ENGINES = List.of("docker", "podman", "finch", "nerdctl");
    private static final long ENGINE_ANSWERS_WITHIN_SECONDS = 5;

    /** Finds an engine whose daemon really answers; a program file alone says nothing. */
    static Optional<ContainerToolbox> find(String name) {
        return ENGINES.stream()
                .flatMap(engine -> Children.onPath(engine).stream())
                .filter(ContainerToolbox::answers)
                .map(engine -> new ContainerToolbox(engine, name))
                .findFirst();
    }

    private static boolean answers(Path engine) {
        try {
            Process info = Children.start(quiet(new ProcessBuilder(engine.toString(), "info")));
            if (info.waitFor(ENGINE_ANSWERS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                return info.exitValue() == 0;
            }
            info.destroyForcibly();
            return false;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Gets the image unless the engine has it.
     *
     * @param progress gets the engine's own lines
     * @throws IOException if the engine can't get it
     */
    void pull(Consumer<String> progress) throws IOException {
        try {
            if (Children.start(quiet(new ProcessBuilder(engine.toString(), "image", "inspect", IMAGE)))
                            .waitFor()
                    == 0) {
                return;
            }
            progress.accept("pulling " + IMAGE + " with " + engine.getFileName());
            Process pull =
                    Children.start(new ProcessBuilder(engine.toString(), "pull", IMAGE).redirectErrorStream(true));
            pull.inputReader().lines().forEach(progress);
            if (pull.waitFor() != 0) {
                throw new IOException(engine.getFileName() + " pull ended with " + pull.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while pulling the image", e);
        }
    }

    @Override
    public ProcessBuilder serve(int port, List<Path> configs, Path database) {
        List<String> command = run(database);
        command.addAll(List.of("--name", name, "--publish", "127.0.0.1:" + port + ":" + port));
        List<String> inside = new ArrayList<>();
        for (int i = 0; i < configs.size(); i++) {
            String mounted = "/config/" + i + ".yaml";
            command.addAll(List.of("--volume", configs.get(i) + ":" + mounted + ":ro"));
            inside.add(mounted);
        }
        command.addAll(List.of(
                IMAGE,
                "--address",
                "0.0.0.0",
                "--port",
                Integer.toString(port),
                "--configs",
                String.join(",", inside)));
        command.addAll(SERVER_SETTINGS);
        return new ProcessBuilder(command);
    }

    @Override
    public ProcessBuilder invoke(String tool, String argumentsAsJson, Path config, Path database) {
        List<String> command = run(database);
        command.addAll(List.of(
                "--volume",
                config + ":/config/0.yaml:ro",
                IMAGE,
                "invoke",
                tool,
                argumentsAsJson,
                "--config",
                "/config/0.yaml"));
        return new ProcessBuilder(command);
    }

    private List<String> run(Path database) {
        List<String> command = new ArrayList<>(List.of(engine.toString(), "run", "--rm", "--interactive"));
        command.addAll(asTheOwnerOf(database.getParent()));
        command.addAll(List.of(
                "--volume", database.getParent() + ":/data", "--env", "SHOP_DB=/data/" + database.getFileName()));
        return command;
    }

    // The image's own user may not write into the mounted folder.
    private List<String> asTheOwnerOf(Path folder) {
        try {
            String user = Files.getAttribute(folder, "unix:uid") + ":" + Files.getAttribute(folder, "unix:gid");
            return engine.endsWith("podman") ? List.of("--userns", "keep-id", "--user", user) : List.of("--user", user);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException notUnix) {
            return List.of();
        }
    }

    @Override
    public void removeLeftovers() throws IOException {
        try {
            Children.start(quiet(new ProcessBuilder(engine.toString(), "rm", "--force", name)))
                    .waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ProcessBuilder quiet(ProcessBuilder process) {
        return process.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    @Override
    public String describe() {
        return "the image " + IMAGE + " with " + engine.getFileName();
    }
}
