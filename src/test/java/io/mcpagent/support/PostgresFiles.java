package io.mcpagent.support;

import io.mcpagent.local.Children;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder of one {@link PostgresServer}: its data, its certificates, and the user that it runs as. */
final class PostgresFiles {

    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final Path folder;
    private final Optional<UserPrincipal> user;

    private PostgresFiles(Path folder, Optional<UserPrincipal> user) {
        this.folder = folder;
        this.user = user;
    }

    /** The newest installed release's programs, if any. */
    static Optional<Path> binaries() {
        try (Stream<Path> releases = Files.list(Path.of("/usr/lib/postgresql"))) {
            return releases.filter(release -> Files.isExecutable(release.resolve("bin/initdb")))
                    .max(Comparator.comparingInt(
                            release -> Integer.parseInt(release.getFileName().toString())))
                    .map(release -> release.resolve("bin"));
        } catch (IOException | NumberFormatException notInstalled) {
            return Optional.empty();
        }
    }

    static PostgresFiles create() throws IOException {
        if (!ROOT) {
            return new PostgresFiles(Files.createTempDirectory(Project.target("postgres"), "data"), Optional.empty());
        }
        // PostgreSQL refuses to run as root, and another user may have no way into root's project folder.
        Path folder = Files.createTempDirectory("mcp-agent-postgres");
        UserPrincipal user = otherUser();
        Files.setOwner(folder, user);
        return new PostgresFiles(folder, Optional.of(user));
    }

    private static UserPrincipal otherUser() throws IOException {
        var users = FileSystems.getDefault().getUserPrincipalLookupService();
        try {
            return users.lookupPrincipalByName("postgres");
        } catch (UserPrincipalNotFoundException e) {
            return users.lookupPrincipalByName("nobody");
        }
    }

    void initialise(String owner, String password, boolean tls) throws IOException {
        Path passwordFile = give(Files.writeString(folder.resolve("password"), password));
        run(command(
                "initdb",
                List.of(
                        "-D",
                        data().toString(),
                        "-U",
                        owner,
                        "--pwfile",
                        passwordFile.toString(),
                        "--auth",
                        "scram-sha-256",
                        "--encoding",
                        "UTF8",
                        "--locale",
                        "C",
                        "--no-sync")));
        if (tls) {
            makeCertificates();
        }
    }

    private void makeCertificates() throws IOException {
        Path extensions = Files.writeString(
                folder.resolve("san.cnf"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n");
        run(openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=Test authority",
                "-keyout",
                "authority.key",
                "-out",
                "authority.crt"));
        run(openssl(
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-keyout",
                "server.key",
                "-out",
                "server.csr"));
        run(openssl(
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "authority.crt",
                "-CAkey",
                "authority.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                extensions.toString(),
                "-out",
                "server.crt"));
        Files.setPosixFilePermissions(key(), PosixFilePermissions.fromString("rw-------"));
        give(key());
        give(certificate());
    }

    private ProcessBuilder openssl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(folder.toFile());
    }

    /** Prepares one of PostgreSQL's programs, as a user that isn't root. */
    ProcessBuilder command(String program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        user.ifPresent(name -> command.addAll(
                List.of("setpriv", "--reuid", name.getName(), "--clear-groups", "--pdeathsig", "KILL", "--")));
        command.add(binaries().orElseThrow().resolve(program).toString());
        command.addAll(arguments);
        return new ProcessBuilder(command).directory(folder.toFile());
    }

    private void run(ProcessBuilder command) throws IOException {
        Path log = folder.resolve("setup.log");
        Process process = Children.start(command.redirectErrorStream(true).redirectOutput(log.toFile()));
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command.command() + " failed: " + Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private Path give(Path file) throws IOException {
        if (user.isPresent()) {
            Files.setOwner(file, user.get());
        }
        return file;
    }

    Path data() {
        return folder.resolve("data");
    }

    Path authority() {
        return folder.resolve("authority.crt");
    }

    Path certificate() {
        return folder.resolve("server.crt");
    }

    Path key() {
        return folder.resolve("server.key");
    }

    void delete() {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
