package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Toolbox configurations for tests only; each is written to a file under {@code target}. Those over PostgreSQL take what
 * {@link PostgresServer#toolboxEnvironment()} names.
 */
public final class TestTools {

    private static final String SOURCE = """
            kind: source
            name: test
            type: postgres
            host: ${POSTGRES_HOST}
            port: ${POSTGRES_PORT}
            database: ${POSTGRES_DATABASE}
            user: '${POSTGRES_USER}'
            password: '${POSTGRES_PASSWORD}'
            connectTimeout: 5
            queryParams:
              sslmode: ${POSTGRES_SSLMODE:disable}
              sslrootcert: ${POSTGRES_SSLROOTCERT:}
              pool_max_conns: "16"
            """;

    private TestTools() {}

    /**
     * {@code slow(seconds)} sleeps in the database and returns one row; it is marked read-only. Look for {@code pg_sleep}
     * in the running statements.
     */
    public static Path slow() {
        return write("slow", """
                kind: tool
                name: slow
                type: postgres-sql
                source: test
                description: Sleeps for a number of seconds and returns it
                parameters:
                  - name: seconds
                    type: float
                    description: How long, in seconds
                annotations:
                  readOnlyHint: true
                  destructiveHint: false
                  idempotentHint: true
                  openWorldHint: false
                statement: |
                  SELECT $1::float8 AS slept FROM pg_sleep($1::float8)
                """);
    }

    /** {@code set_order_status(order_id, status)} changes one order; it is marked as a destructive write. */
    public static Path write() {
        return write("write", """
                kind: tool
                name: set_order_status
                type: postgres-sql
                source: test
                description: Changes the status of one order
                parameters:
                  - name: order_id
                    type: integer
                    description: The order's id
                  - name: status
                    type: string
                    description: The new status
                annotations:
                  readOnlyHint: false
                  destructiveHint: true
                  idempotentHint: false
                  openWorldHint: false
                statement: |
                  UPDATE orders SET status = $2 WHERE order_id = $1 RETURNING order_id, status
                """);
    }

    /** {@code execute(sql)} runs any statement, to try what the role allows; no such tool belongs in production. */
    public static Path execute() {
        return write("execute", """
                kind: tool
                name: execute
                type: postgres-execute-sql
                source: test
                description: Runs any statement
                """);
    }

    /**
     * {@code add_stock(product_id, quantity)} over SQLite ({@code SHOP_DB}, use a copy): a destructive write whose number
     * of executions can be read from the product's {@code stock_qty}.
     */
    public static Path addStock() {
        return writeFile("add-stock", """
                kind: source
                name: counted_shop
                type: sqlite
                database: file:${SHOP_DB}?mode=rw&_pragma=busy_timeout(5000)
                ---
                kind: tool
                name: add_stock
                type: sqlite-sql
                source: counted_shop
                description: Adds a quantity to the stock of one product
                parameters:
                  - name: product_id
                    type: integer
                    description: The product's id
                  - name: quantity
                    type: integer
                    description: How many to add
                annotations:
                  readOnlyHint: false
                  destructiveHint: true
                  idempotentHint: false
                  openWorldHint: false
                statement: |
                  UPDATE products SET stock_qty = stock_qty + ?2 WHERE product_id = ?1 RETURNING product_id, stock_qty
                """);
    }

    private static Path write(String name, String tool) {
        return writeFile(name, SOURCE + "---\n" + tool);
    }

    private static Path writeFile(String name, String content) {
        try {
            Path file = Project.target("test-tools")
                    .resolve(name + "-" + ProcessHandle.current().pid() + ".yaml");
            file.toFile().deleteOnExit();
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
