package io.mcpagent.development;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/**
 * In dev mode only: runs the toolbox over the sample shop and the local stand-in of Bedrock, as one process beside this one, from its sources
 * in {@code src/local}. That process ends when this one does, however it ends, since it reads this one's end from its standard input; a live
 * reload leaves it alone.
 */
@Singleton
@IfBuildProfile(anyOf = {"dev", "bedrock"})
final class LocalServices {

    private static final Logger LOG = Logger.getLogger(LocalServices.class);
    private static final String MAIN = "src/local/java/io/mcpagent/local/LocalStack.java";
    /** Static fields do not survive a live reload; the JVM's properties do. */
    private static final String RUNNING = "io.mcpagent.local.pid";

    private static final List<String> LOCAL_MODEL = List.of("LOCAL_MODEL_URL", "LOCAL_MODEL_NAME", "LOCAL_MODEL_KEY");
    private static final String READY = "local: ready";
    private static final int PATIENCE_SECONDS = 15;

    void start(@Observes StartupEvent event) throws InterruptedException {
        boolean toolbox = configured("MCP_URL").isEmpty();
        boolean bedrock = wantsLocalBedrock();
        if (bedrock) {
            pointTheSdkTo("http://127.0.0.1:" + bedrockPort());
        }
        if ((toolbox || bedrock) && !running()) {
            launch(toolbox, bedrock);
        }
    }

    /** The real service is wanted by the profile {@code bedrock}, by naming a model, or by naming an endpoint. */
    private static boolean wantsLocalBedrock() {
        boolean byProfile = io.quarkus.runtime.configuration.ConfigUtils.isProfileActive("bedrock");
        boolean byName = System.getenv("BEDROCK_MODEL_ID") != null || System.getProperty("BEDROCK_MODEL_ID") != null;
        boolean byEndpoint =
                System.getenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") != null || System.getenv("AWS_ENDPOINT_URL") != null;
        return !byProfile && !byName && !byEndpoint;
    }

    private static void pointTheSdkTo(String endpoint) {
        System.setProperty("aws.endpointUrlBedrockRuntime", endpoint);
        // The stand-in wants a signature like the service does, but any key will do.
        Stream.of("aws.accessKeyId", "aws.secretAccessKey").forEach(key -> System.setProperty(key, "offline"));
        if (System.getenv("AWS_REGION") == null) {
            System.setProperty("aws.region", "us-east-1");
        }
    }

    private static Optional<String> configured(String name) {
        return ConfigProvider.getConfig().getOptionalValue(name, String.class);
    }

    private static String toolboxPort() {
        return configured("TOOLBOX_PORT").orElse("5000");
    }

    private static String bedrockPort() {
        return configured("LOCAL_BEDROCK_PORT").orElse("5010");
    }

    private static boolean running() {
        String pid = System.getProperty(RUNNING);
        return pid != null
                && ProcessHandle.of(Long.parseLong(pid))
                        .filter(ProcessHandle::isAlive)
                        .isPresent();
    }

    private static void launch(boolean toolbox, boolean bedrock) throws InterruptedException {
        Path project = Path.of("").toAbsolutePath();
        if (!Files.exists(project.resolve(MAIN))) {
            LOG.warnf("No local services: %s is not below %s", MAIN, project);
            return;
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                jackson(),
                project.resolve(MAIN).toString(),
                "--directory",
                project.toString(),
                "--toolbox-port",
                toolboxPort(),
                "--bedrock-port",
                bedrockPort(),
                "--toolbox-configs",
                "toolbox-config/tools.sqlite.yaml,toolbox-config/mine.sqlite.yaml"));
        if (!toolbox) {
            command.add("--no-toolbox");
        }
        if (!bedrock) {
            command.add("--no-bedrock");
        }
        try {
            ProcessBuilder local = new ProcessBuilder(command).redirectErrorStream(true);
            // In its environment, where no other user of the machine sees the key.
            for (String name : LOCAL_MODEL) {
                configured(name).ifPresent(value -> local.environment().put(name, value));
            }
            Process process = local.start();
            System.setProperty(RUNNING, Long.toString(process.pid()));
            CountDownLatch ready = new CountDownLatch(1);
            // This thread also keeps the process object, and with it the pipe to the process's standard input, from
            // being collected.
            Thread.ofPlatform().daemon().name("local-services").start(() -> forward(process, ready));
            if (!ready.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.info("The local services are still starting. The agent answers already, and says what is missing");
            }
        } catch (IOException e) {
            LOG.warn("The local services could not be started", e);
        }
    }

    private static void forward(Process process, CountDownLatch ready) {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(line);
                if (line.startsWith(READY)) {
                    ready.countDown();
                }
            }
        } catch (IOException e) {
            LOG.debug("The local services' output ended", e);
        } finally {
            ready.countDown();
        }
    }

    /** The jars of Jackson that this application runs with. */
    private static String jackson() {
        return Stream.of(ObjectMapper.class, JsonParser.class, JsonProperty.class)
                .map(type -> file(type.getProtectionDomain().getCodeSource().getLocation()))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Not the address' path: in that a space is {@code %20}. */
    static String file(URL location) {
        try {
            return Path.of(location.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
