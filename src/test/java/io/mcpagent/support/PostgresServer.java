package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A real PostgreSQL with the sample shop, as a process of its own on 127.0.0.1. It has two roles beside the owner:
 * {@code toolbox_ro}, which can only read, and {@code toolbox_rw}, which can change orders.
 */
public final class PostgresServer implements AutoCloseable {

    /** The password of every role; it has characters that a careless configuration breaks on. */
    public static final String PASSWORD = "p@ss/w?rd: #1";

    private static final String OWNER = "shop_owner";
    /** Makes the shop and the role that reads it with no more rights than RDS gives its administrator: it is no superuser. */
    private static final String ADMINISTRATOR = "mcp_admin";

    private static final String DATABASE = "shop";

    private final PostgresFiles files;
    private final boolean tls;
    private final int port = HeldPort.next();
    private final Program program;

    private PostgresServer(boolean tls) throws IOException {
        this.tls = tls;
        this.files = PostgresFiles.create();
        this.program = new Program(
                "PostgreSQL",
                Project.target("postgres-logs").resolve(ProcessHandle.current().pid() + "-" + port + ".log"));
    }

    /** Says whether PostgreSQL is installed; skip the test with a message if it isn't. */
    public static boolean available() {
        return PostgresFiles.binaries().isPresent();
    }

    /** Starts a fresh one without TLS. */
    public static PostgresServer start() {
        return start(false);
    }

    /** Starts a fresh one that offers TLS, with a certificate for 127.0.0.1 and localhost. */
    public static PostgresServer startWithTls() {
        return start(true);
    }

    private static PostgresServer start(boolean tls) {
        try {
            PostgresServer server = new PostgresServer(tls);
            try {
                server.files.initialise(OWNER, PASSWORD, tls);
                server.launch();
                server.load();
                return server;
            } catch (IOException | RuntimeException | SQLException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void launch() {
        List<String> arguments = new ArrayList<>(List.of(
                "-D",
                files.data().toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "max_connections=100",
                "-c",
                "shared_buffers=32MB"));
        if (tls) {
            arguments.addAll(List.of(
                    "-c", "ssl=on", "-c", "ssl_cert_file=" + files.certificate(), "-c", "ssl_key_file=" + files.key()));
        }
        program.start(files.command("postgres", arguments), () -> {
            connect("postgres").close();
            return true;
        });
    }

    private void load() throws IOException, SQLException {
        String script = SampleShop.pinned(Files.readString(Project.toolboxConfig("sample/postgres.sql")))
                + Files.readString(Project.toolboxConfig("roles.postgres.sql"));
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE ROLE " + ADMINISTRATOR + " LOGIN CREATEDB CREATEROLE PASSWORD '" + PASSWORD + "'");
            statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + ADMINISTRATOR);
        }
        try (Connection connection = connect(DATABASE, ADMINISTRATOR);
                Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
        try (Connection connection = connect(DATABASE);
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    ALTER ROLE toolbox_ro PASSWORD '%s';
                    CREATE ROLE toolbox_rw LOGIN PASSWORD '%s';
                    ALTER ROLE toolbox_rw SET search_path = shop;
                    GRANT USAGE ON SCHEMA shop TO toolbox_rw;
                    GRANT SELECT ON ALL TABLES IN SCHEMA shop TO toolbox_rw;
                    GRANT UPDATE ON shop.orders TO toolbox_rw;
                    """.formatted(PASSWORD, PASSWORD));
        }
    }

    private Connection connect(String database) throws SQLException {
        return connect(database, OWNER);
    }

    private Connection connect(String database, String role) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?connectTimeout=60&currentSchema=shop",
                role,
                PASSWORD);
    }

    /** Runs a query as the owner; rows in order, columns in order. */
    public List<Map<String, Object>> query(String sql, Object... arguments) {
        try (Connection connection = connect(DATABASE);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            return rows(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Map<String, Object>> rows(PreparedStatement statement) throws SQLException {
        List<Map<String, Object>> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                for (int column = 1; column <= columns; column++) {
                    row.put(result.getMetaData().getColumnLabel(column), result.getObject(column));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    /** The types of a statement's result, by column; the statement does not run. Its parameters are {@code $1} and so on. */
    public Map<String, String> columnTypes(String sql) {
        try (Connection connection = connect(DATABASE);
                PreparedStatement statement = connection.prepareStatement(sql.replaceAll("\\$\\d+", "?"))) {
            ResultSetMetaData result = statement.getMetaData();
            Map<String, String> types = new LinkedHashMap<>();
            for (int i = 1; i <= result.getColumnCount(); i++) {
                types.put(result.getColumnLabel(i), result.getColumnTypeName(i));
            }
            return types;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs one or several statements as the owner. */
    public void execute(String sql) {
        try (Connection connection = connect(DATABASE);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many statements that contain this text other sessions run at this moment. */
    public int running(String text) {
        return ((Number) query(
                                "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' "
                                        + "AND pid <> pg_backend_pid() AND position(? in query) > 0",
                                text)
                        .getFirst()
                        .get("n"))
                .intValue();
    }

    /** Lets the read-only role's statements run for as long as they like: who ends one is what a test asks. For connections from now on. */
    public PostgresServer withoutStatementTimeout() {
        execute("ALTER ROLE toolbox_ro SET statement_timeout = 0");
        return this;
    }

    /** Ends the connections of one role, as a failover does. */
    public void endConnectionsOf(String role) {
        query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ?", role);
    }

    /** What {@code toolbox-config/tools.yaml} needs: the read-only role, over TLS with full verification if there is TLS. */
    public Map<String, String> toolboxEnvironment() {
        return environmentFor("toolbox_ro");
    }

    /** The same for the role that can change orders. */
    public Map<String, String> writableToolboxEnvironment() {
        return environmentFor("toolbox_rw");
    }

    private Map<String, String> environmentFor(String role) {
        Map<String, String> environment = new LinkedHashMap<>(Map.of(
                "POSTGRES_HOST",
                "127.0.0.1",
                "POSTGRES_PORT",
                Integer.toString(port),
                "POSTGRES_DATABASE",
                DATABASE,
                "POSTGRES_USER",
                role,
                "POSTGRES_PASSWORD",
                PASSWORD,
                "POSTGRES_SSLMODE",
                "disable",
                "POSTGRES_SSLROOTCERT",
                ""));
        if (tls) {
            environment.put("POSTGRES_SSLMODE", "verify-full");
            environment.put("POSTGRES_SSLROOTCERT", files.authority().toString());
        }
        return environment;
    }

    public int port() {
        return port;
    }

    /** Ends it at once and breaks its connections off; the data stay. */
    public void stop() {
        if (program.isAlive()) {
            program.signal("QUIT");
            program.awaitEnd(Duration.ofSeconds(60));
        }
    }

    /** Starts it again on the same port after {@link #stop()}. */
    public void startAgain() {
        launch();
    }

    @Override
    public void close() {
        stop();
        files.delete();
    }
}
