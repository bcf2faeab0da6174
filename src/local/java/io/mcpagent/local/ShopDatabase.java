package io.mcpagent.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The sample shop as an SQLite file. The toolbox itself runs the script, so that no database driver and no command line
 * program is needed.
 */
public final class ShopDatabase {

    private static final String LOADER = """
            kind: source
            name: new_shop
            type: sqlite
            database: file:${SHOP_DB}?mode=rwc
            ---
            kind: tool
            name: run_script
            type: sqlite-execute-sql
            source: new_shop
            description: Runs the script that makes the sample shop
            """;
    private static final long LOAD_SECONDS = 120;

    private ShopDatabase() {}

    /**
     * Makes the file unless one made from this very script is there.
     *
     * @param script the SQL that creates and fills the tables
     * @param file   the database to make; its folder is created if needed
     * @return whether the file was made now
     * @throws IOException if the script fails; the file is then as it was
     */
    public static boolean create(Toolbox toolbox, Path script, Path file) throws IOException {
        String sql = Files.readString(script);
        Path stamp = file.resolveSibling(file.getFileName() + ".made-from");
        String madeFrom = digest(sql);
        if (Files.exists(file) && Files.exists(stamp) && Files.readString(stamp).equals(madeFrom)) {
            return false;
        }
        Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
        Path unfinished = folder.resolve(
                file.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        Path loader = Files.writeString(
                folder.resolve("load-shop." + ProcessHandle.current().pid() + ".yaml"), LOADER);
        Files.deleteIfExists(unfinished);
        try {
            run(toolbox, loader, sql, unfinished);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(stamp, madeFrom);
        } finally {
            Files.deleteIfExists(unfinished);
            Files.deleteIfExists(loader);
        }
        return true;
    }

    private static void run(Toolbox toolbox, Path loader, String sql, Path database) throws IOException {
        String arguments = new ObjectMapper().writeValueAsString(Map.of("sql", sql));
        Path log = Files.createTempFile("load-shop", ".log");
        try {
            Process process = Children.start(toolbox.invoke("run_script", arguments, loader, database)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile()));
            if (!process.waitFor(LOAD_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("the sample shop was not made within " + LOAD_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new IOException("the sample shop can't be made: "
                        + Files.readString(log)
                                .lines()
                                .reduce((first, last) -> last)
                                .orElse(""));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while making the sample shop", e);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
