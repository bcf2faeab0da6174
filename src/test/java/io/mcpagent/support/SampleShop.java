package io.mcpagent.support;

import io.mcpagent.local.ShopDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The sample shop's SQLite file: one for all tests that read, a fresh copy for each test that writes. */
public final class SampleShop {

    private static final AtomicInteger COPIES = new AtomicInteger();

    private SampleShop() {}

    /** The shared file, made from {@code toolbox-config/sample/sqlite.sql} once; never write to it. */
    public static synchronized Path database() {
        Path file = Project.target("sample-shop")
                .resolve("shop-" + ProcessHandle.current().pid() + ".db");
        file.toFile().deleteOnExit();
        file.resolveSibling(file.getFileName() + ".made-from").toFile().deleteOnExit();
        try {
            Path script = file.resolveSibling(file.getFileName() + ".sql");
            script.toFile().deleteOnExit();
            Files.createDirectories(file.getParent());
            Files.writeString(script, pinned(Files.readString(Project.toolboxConfig("sample/sqlite.sql"))));
            ShopDatabase.create(RealToolbox.binary(), script, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** The script as it would have run on the last day of June 2026, so that what it makes is the same each day. */
    static String pinned(String script) {
        return script.replaceAll("date\\('now', '-(\\d+) days'", "date('2026-06-30', '-$1 days'")
                .replace("current_date", "date '2026-06-30'");
    }

    /** A copy for one test to write to; it goes when this JVM ends. */
    public static Path writableCopy() {
        Path copy = Project.target("sample-shop")
                .resolve("copy-" + ProcessHandle.current().pid() + "-" + COPIES.incrementAndGet() + ".db");
        copy.toFile().deleteOnExit();
        try {
            return Files.copy(database(), copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@code tools.sqlite.yaml} needs in its environment. */
    public static Map<String, String> environment() {
        return Map.of("SHOP_DB", database().toString());
    }
}
