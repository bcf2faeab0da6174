package io.mcpagent.local.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.Children;
import io.mcpagent.support.McpCalls;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the stack takes the toolbox from when it isn't installed: npm and container engines, played by small scripts. */
class ToolboxSourcesTest {

    /** Understands what the stack asks of an engine, and runs the real toolbox with the mounted files. */
    private static final String ENGINE = """
            #!/bin/sh
            echo "$*" >> "$ENGINE_LOG"
            case $1 in
              info | rm) exit 0 ;;
              image) exit 1 ;;
              pull) echo "pulled $2"; exit 0 ;;
            esac
            shift
            mounts=
            while [ "${1#--}" != "$1" ]; do
              case $1 in
                --rm | --interactive) shift; continue ;;
                --env) export "$2" ;;
                --volume) mounts="$mounts -e s,$(echo "$2" | cut -d: -f2),$(echo "$2" | cut -d: -f1),g" ;;
              esac
              shift 2
            done
            shift
            SHOP_DB=$(echo "$SHOP_DB" | sed $mounts)
            export SHOP_DB
            for argument; do
              shift
              case $argument in
                /config/*) argument=$(echo "$argument" | sed $mounts) ;;
                0.0.0.0) argument=127.0.0.1 ;;
              esac
              set -- "$@" "$argument"
            done
            exec "$REAL_TOOLBOX" "$@"
            """;

    @TempDir
    Path folder;

    private Path project;
    private Path programs;

    @BeforeEach
    void copyProject() throws IOException {
        project = folder.resolve("project");
        Files.createDirectories(project.resolve("toolbox-config/sample"));
        for (String file : List.of("tools.sqlite.yaml", "sample/sqlite.sql", "package.json", "package-lock.json")) {
            Files.copy(
                    Project.toolboxConfig(file),
                    project.resolve("toolbox-config").resolve(file));
        }
        programs = Files.createDirectories(folder.resolve("programs"));
        for (String program : List.of("sh", "cut", "sed", "mkdir", "head", "sleep", "ln", "chmod", "setpriv")) {
            if (Children.onPath(program).isPresent()) {
                Files.createSymbolicLink(
                        programs.resolve(program), Children.onPath(program).get());
            }
        }
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(programs.resolve(name), script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private StackProcess stack() throws IOException {
        return new StackProcess(
                project,
                Map.of(
                        "PATH",
                        programs.toString(),
                        "TOOLBOX_BIN",
                        "",
                        "MAY_END",
                        folder.resolve("may-end").toString(),
                        "ENGINE_LOG",
                        folder.resolve("engine.log").toString(),
                        "REAL_TOOLBOX",
                        RealToolbox.binary().program().toString()));
    }

    @Test
    void should_use_a_container_engine_where_there_is_no_npm() throws Exception {
        program("docker", "#!/bin/sh\nexit 1\n");
        program("podman", ENGINE);
        try (StackProcess stack = stack().start("--no-bedrock").awaitReady()) {
            assertTrue(stack.output().contains("ready toolbox=http"), stack.output());
            assertTrue(stack.output().contains("local: pulling us-central1-docker.pkg.dev"), stack.output());
            assertEquals(
                    10,
                    new McpCalls(URI.create("http://127.0.0.1:" + stack.toolboxPort + "/mcp"))
                            .tools()
                            .size());
            String asked = Files.readString(folder.resolve("engine.log"));
            assertTrue(
                    asked.contains("--publish 127.0.0.1:" + stack.toolboxPort + ":" + stack.toolboxPort + " "), asked);
            assertTrue(asked.contains("toolbox:1.12.0 --address 0.0.0.0"), asked);
            assertTrue(asked.contains("rm --force mcp-agent-toolbox-" + stack.toolboxPort), asked);
        }
    }

    @Test
    void should_pass_over_an_engine_whose_daemon_does_not_answer() throws Exception {
        program("docker", "#!/bin/sh\nexit 1\n");
        try (StackProcess stack = stack().start("--no-bedrock").awaitReady()) {
            assertTrue(stack.output().contains("install Node.js with npm"), stack.output());
        }
    }

    @Test
    void should_show_how_a_download_from_npm_gets_on() throws Exception {
        program("npm", """
                #!/bin/sh
                folder=node_modules/@toolbox-sdk/server-linux-x64/bin
                mkdir -p $folder
                head -c 3000000 /dev/zero > $folder/part
                while [ ! -e "$MAY_END" ]; do sleep 0.1; done
                ln -s "$REAL_TOOLBOX" $folder/toolbox
                echo '{"version": "1.12.0"}' > node_modules/.package-lock.json
                """);
        try (StackProcess stack = stack().start("--no-bedrock")) {
            stack.awaitLine("local: downloading the toolbox from npm: 3 of about 315 MB");
            Files.createFile(folder.resolve("may-end"));
            stack.awaitReady();
            assertTrue(stack.output().contains("ready toolbox=http"), stack.output());
        }
    }

    @Test
    void should_say_why_npm_failed_and_go_on() throws Exception {
        program("npm", "#!/bin/sh\necho 'npm error network'\nexit 7\n");
        try (StackProcess stack = stack().start("--no-bedrock").awaitReady()) {
            assertTrue(stack.output().contains("npm ci ended with 7: npm error network"), stack.output());
            assertTrue(stack.output().contains("Going on without tools."), stack.output());
            assertTrue(stack.process().isAlive());
        }
    }

    @Test
    void should_say_so_when_toolbox_bin_names_no_program() throws Exception {
        StackProcess stack = new StackProcess(
                project, Map.of("TOOLBOX_BIN", folder.resolve("missing").toString()));
        try (stack) {
            stack.start("--no-bedrock").awaitReady();
            assertTrue(stack.output().contains("TOOLBOX_BIN names "), stack.output());
            assertFalse(stack.output().contains("ready toolbox=http"), stack.output());
        }
    }
}
