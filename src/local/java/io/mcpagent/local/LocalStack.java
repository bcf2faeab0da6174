package io.mcpagent.local;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.LocalModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What the agent talks to in development, as one process beside it: the real toolbox over the sample shop, and a local
 * Bedrock. It needs the JDK and Jackson only, so that it runs from its sources:
 *
 * <pre>java -cp JACKSON src/local/java/io/mcpagent/local/LocalStack.java --directory PROJECT</pre>
 *
 * <p>Each line that it prints starts with {@code local:}. It ends, with everything that it started, when its standard input
 * ends, that is when the process that started it is gone for whatever reason, and on SIGTERM and SIGINT.
 */
public final class LocalStack {

    private static final Consumer<String> SAY = LocalStack::say;
    private static final String NONE = "none";

    private LocalStack() {}

    /** Starts everything, prints the line {@code local: ready …}, and stays until its standard input ends. */
    public static void main(String[] arguments) throws IOException {
        LocalOptions options;
        try {
            options = LocalOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            say(e.getMessage());
            System.exit(2);
            return;
        }
        endWithStandardInput();
        Path work = Files.createDirectories(options.directory().resolve("target/local"));
        String bedrock = options.bedrockPort().map(LocalStack::startBedrock).orElse(NONE);
        CompletableFuture<String> toolbox = options.toolboxPort()
                .map(port -> startToolbox(options, port, work))
                .orElse(CompletableFuture.completedFuture(NONE));
        say("ready toolbox=" + toolbox.join() + " bedrock=" + bedrock);
        stay();
    }

    private static void endWithStandardInput() {
        Thread.ofPlatform().name("standard-input").start(() -> {
            try {
                while (System.in.read() >= 0) {
                    // Only its end matters.
                }
            } catch (IOException broken) {
                // As good as its end.
            }
            System.exit(0);
        });
    }

    private static String startBedrock(int port) {
        try {
            Optional<LocalModel> model = LocalModel.of(System.getenv());
            String address = LocalBedrock.start(port, model).uri().toString();
            say("Bedrock at " + address + " is an offline stand-in: "
                    + model.map(own -> "the model at " + own.url() + " answers behind it")
                            .orElse("it matches keywords, no model answers"));
            return address;
        } catch (IllegalArgumentException wrong) {
            say(wrong.getMessage());
            return NONE;
        } catch (UncheckedIOException e) {
            say(
                    e.getCause() instanceof BindException
                            ? taken(port, "the local Bedrock", "LOCAL_BEDROCK_PORT")
                            : "the local Bedrock can't start: " + e.getMessage());
            return NONE;
        }
    }

    private static CompletableFuture<String> startToolbox(LocalOptions options, int port, Path work) {
        CompletableFuture<String> settled = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("toolbox").start(() -> {
            try {
                Path config = options.directory().resolve("toolbox-config");
                Optional<Toolbox> toolbox = new ToolboxFinder(config, "mcp-agent-toolbox-" + port, SAY).find();
                if (toolbox.isPresent()) {
                    Path database = work.resolve("shop.db");
                    if (ShopDatabase.create(toolbox.get(), config.resolve("sample/sqlite.sql"), database)) {
                        say("made the sample shop, target/local/shop.db");
                    }
                    new ToolboxServer(toolbox.get(), port, options.toolboxConfigs(), database, work, SAY)
                            .keepRunning(settled);
                }
            } catch (IOException | RuntimeException e) {
                say("the toolbox can't start: " + e.getMessage() + ". Going on without tools.");
            } finally {
                settled.complete(NONE);
            }
        });
        return settled;
    }

    /** The line about a port that somebody else has. */
    static String taken(int port, String who, String variable) {
        return "Port " + port + ", which " + who + " needs, is taken by another program. Free it or set " + variable
                + ".";
    }

    private static void stay() {
        try {
            new CompletableFuture<Void>().join();
        } finally {
            System.exit(0);
        }
    }

    private static synchronized void say(String line) {
        System.out.println("local: " + line);
        System.out.flush();
    }
}
