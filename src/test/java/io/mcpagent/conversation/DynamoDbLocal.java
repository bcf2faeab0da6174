package io.mcpagent.conversation;

import io.mcpagent.local.Children;
import io.mcpagent.support.Await;
import io.mcpagent.support.HeldPort;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * AWS's own DynamoDB Local as a process, in memory: one for all tests of a JVM, which ends with it. Each test has tables of its own. It is an
 * ordinary artifact, fetched once into {@code target}; on a classpath of its own, since
 * it brings older libraries than the service has.
 */
public final class DynamoDbLocal {

    private static final String VERSION = "2.6.1";
    private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

    private static DynamoDbLocal running;

    private final int port = HeldPort.next();
    private final Process process;

    private DynamoDbLocal(Path libraries) {
        try {
            process = Children.start(new ProcessBuilder(
                            java(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Xmx512m",
                            "-Dsqlite4java.library.path=" + libraries,
                            "-cp",
                            libraries + "/*",
                            "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                            "-inMemory",
                            "-disableTelemetry",
                            "-port",
                            Integer.toString(port))
                    .redirectErrorStream(true)
                    .redirectOutput(Project.target("dynamodb-local")
                            .resolve("server-" + ProcessHandle.current().pid() + "-" + port + ".log")
                            .toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until(
                "DynamoDB Local to serve or to end",
                Duration.ofMinutes(5),
                () -> !process.isAlive() || servesNoTable());
        if (!process.isAlive()) {
            throw new IllegalStateException("DynamoDB Local ended with " + process.exitValue());
        }
    }

    /** Whether it is a DynamoDB that answers, and one as new as ours: it has no table yet. */
    private boolean servesNoTable() throws IOException, InterruptedException {
        HttpRequest listTables = HttpRequest.newBuilder(url())
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/x-amz-json-1.0")
                .header("X-Amz-Target", "DynamoDB_20120810.ListTables")
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(listTables, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .equals("{\"TableNames\":[]}");
        }
    }

    /** The one of this JVM, which serves; the first who asks for it starts it. */
    public static synchronized DynamoDbLocal running() {
        if (running == null) {
            running = new DynamoDbLocal(Project.alone("dynamodb-local", DynamoDbLocal::libraries));
        }
        return running;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path libraries() throws IOException, InterruptedException {
        Path folder = Project.target("dynamodb-local");
        Path complete = folder.resolve("lib-" + VERSION);
        if (Files.isDirectory(complete)) {
            return complete;
        }
        Path unfinished = folder.resolve("unfinished-" + ProcessHandle.current().pid());
        Path pom = Files.writeString(
                folder.resolve("pom-" + ProcessHandle.current().pid() + ".xml"), """
                <project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>dynamodb</artifactId><version>1</version><dependencies>
                <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>%s</version></dependency>
                </dependencies></project>""".formatted(VERSION));
        Path log = folder.resolve("fetch.log");
        List<String> command = List.of(
                Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(),
                "-B",
                "-q",
                "-f",
                pom.toString(),
                COPY,
                "-DoutputDirectory=" + unfinished);
        ProcessBuilder fetch =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        fetch.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (fetch.start().waitFor() != 0) {
            throw new IllegalStateException("DynamoDB Local could not be fetched: " + Files.readString(log));
        }
        try (Stream<Path> files = Files.list(unfinished)) {
            for (Path file : files.filter(one -> one.getFileName().toString().startsWith("libsqlite4java-linux-amd64"))
                    .toList()) {
                Files.copy(file, unfinished.resolve("libsqlite4java-linux-amd64.so"));
            }
        }
        return Files.move(unfinished, complete);
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }
}
