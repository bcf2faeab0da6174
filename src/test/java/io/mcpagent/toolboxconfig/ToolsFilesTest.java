package io.mcpagent.toolboxconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.HeldPort;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.tools.ConfiguredToolPolicy;
import io.mcpagent.tools.McpToolbox;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToolsFilesTest {

    static final List<String> FILES = ToolsFile.ALL;

    private static final String SECRET = "in\"vent\\ed: #1";

    private static Map<String, String> withoutDatabase(String kind) {
        return Map.of(
                kind + "_HOST",
                "127.0.0.1",
                kind + "_PORT",
                "1",
                kind + "_DATABASE",
                "shop",
                kind + "_USER",
                "invented",
                kind + "_PASSWORD",
                SECRET,
                kind + "_SSLROOTCERT",
                "");
    }

    private record Run(int exit, String output) {}

    private static Run listTables(Path config) throws IOException, InterruptedException {
        ProcessBuilder process = RealToolbox.binary().invoke("list_tables", "{}", config, SampleShop.database());
        process.environment().putAll(withoutDatabase("POSTGRES"));
        process.environment().putAll(withoutDatabase("MSSQL"));
        Process run = process.redirectErrorStream(true).start();
        String output = new String(run.getInputStream().readAllBytes());
        assertTrue(run.waitFor(60, TimeUnit.SECONDS));
        return new Run(run.exitValue(), output);
    }

    private static Path changed(String file, String from, String to) throws IOException {
        String text = ToolsFile.read(file).text();
        assertTrue(text.contains(from), file + " has nothing to change: " + from);
        return Files.writeString(
                Project.target("test-tools").resolve("changed-" + file), text.replaceFirst(Pattern.quote(from), to));
    }

    @Test
    void should_load_the_sqlite_file_and_run_a_tool_of_it() throws Exception {
        Run run = listTables(Project.toolboxConfig("tools.sqlite.yaml"));
        assertEquals(0, run.exit(), run.output());
        assertTrue(run.output().contains("order_items"), run.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools.yaml", "tools.mssql.yaml"})
    void should_fail_to_connect_and_not_to_parse_where_there_is_no_database(String file) throws Exception {
        Run run = listTables(Project.toolboxConfig(file));
        assertEquals(1, run.exit());
        assertTrue(run.output().contains("connection refused"), run.output());
        assertFalse(run.output().contains(SECRET), "the password is in the output");
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void should_refuse_a_file_with_an_unknown_field(String file) throws Exception {
        Run run = listTables(
                changed(file, "kind: tool\nname: list_tables\n", "kind: tool\nname: list_tables\nlimit: 5\n"));
        assertEquals(1, run.exit());
        assertTrue(run.output().contains("limit"), run.output());
        assertFalse(run.output().contains("connection refused"), run.output());
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void should_refuse_a_file_that_is_no_yaml(String file) throws Exception {
        Run run = listTables(changed(file, "annotations:\n  readOnlyHint: true", "annotations:\n readOnlyHint: [true"));
        assertEquals(1, run.exit());
        assertFalse(run.output().contains("connection refused"), run.output());
    }

    /** Each of the two gets their own rows and no others, and nobody gets any without a value. */
    @ParameterizedTest
    @ValueSource(strings = {"my_orders", "my_shipments"})
    void should_give_each_of_two_people_their_own_rows_over_sqlite(String tool) throws Exception {
        List<Path> files =
                List.of(Project.toolboxConfig("tools.sqlite.yaml"), Project.toolboxConfig("mine.sqlite.yaml"));
        try (RealToolbox toolbox = RealToolbox.start(files, SampleShop.environment())) {
            AgentConfig config = TestSettings.with(
                    "tools.url", toolbox.url().toString(), "identity.parameters.my_customer_id", "attribute:customer");
            Identities identities = new Identities(config);
            Timers timers = new Timers();
            McpToolbox agents = new McpToolbox(config, new ConfiguredToolPolicy(config), identities, timers);
            try {
                for (int customer : new int[] {7, 12}) {
                    Identity person = identities.ofKey(
                            "key:p" + customer,
                            "p" + customer,
                            JsonNodeFactory.instance.objectNode().put("customer", customer));
                    Tool offered = agents.catalog(person, soon()).find(tool).orElseThrow();
                    assertFalse(offered.definition().inputSchema().contains("my_customer_id"));
                    ToolAnswer answer = agents.call(offered, Arguments.parse("{}"), person, null, soon());
                    assertEquals(ToolOutcome.OK, answer.outcome(), answer.text());
                    assertNotEquals(0L, answer.rows());
                    Set<String> owners = Pattern.compile("customer_id\\W+(\\d+)")
                            .matcher(answer.text())
                            .results()
                            .map(found -> found.group(1))
                            .collect(Collectors.toSet());
                    assertEquals(Set.of("" + customer), owners, answer.text());
                }
                assertTrue(
                        agents.catalog(Identity.of("nobody"), soon()).find(tool).isEmpty());
            } finally {
                agents.close();
                timers.close();
            }
        }
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    /** It is parsed, with its statements and secure parameters, before the database is asked for: what it says is that none is there. */
    @Test
    void should_fail_to_connect_and_not_to_parse_the_own_rows_of_sql_server() throws Exception {
        ProcessBuilder process = RealToolbox.binary()
                .serve(
                        HeldPort.next(),
                        List.of(Project.toolboxConfig("tools.mssql.yaml"), Project.toolboxConfig("mine.mssql.yaml")));
        process.environment().putAll(withoutDatabase("MSSQL"));
        process.environment().putAll(Map.of("MSSQL_MINE_USER", "invented", "MSSQL_MINE_PASSWORD", SECRET));
        Process run = process.redirectErrorStream(true).start();
        String output = new String(run.getInputStream().readAllBytes());
        assertTrue(run.waitFor(60, TimeUnit.SECONDS));
        assertEquals(1, run.exitValue(), output);
        assertTrue(output.contains("connection refused"), output);
        assertFalse(output.contains(SECRET), "the password is in the output");
    }

    @Test
    void should_offer_the_same_tools_for_every_database() {
        String expected = ToolsFile.read("tools.yaml").commonPart();
        assertEquals(10, ToolsFile.read("tools.yaml").tools().size());
        assertEquals(expected, ToolsFile.read("tools.mssql.yaml").commonPart());
        assertEquals(expected, ToolsFile.read("tools.sqlite.yaml").commonPart());
    }

    @Test
    void should_notice_a_parameter_that_differs() {
        ToolsFile file = ToolsFile.read("tools.mssql.yaml");
        ToolsFile other = new ToolsFile(file.name(), file.text().replaceFirst("maxValue: 100", "maxValue: 1000"));
        assertNotEquals(file.commonPart(), other.commonPart());
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void should_bound_every_result_and_set_every_hint(String file) {
        for (String tool : ToolsFile.read(file).tools()) {
            String statement = ToolsFile.statementOf(tool);
            assertTrue(
                    statement.matches("(?s).*\\bLIMIT (\\d+|[$?]\\d+)\\s*") || statement.startsWith("  SELECT TOP ("),
                    file + ": " + ToolsFile.nameOf(tool) + " has no bound");
            assertTrue(
                    tool.contains("annotations:\n  readOnlyHint: true\n  destructiveHint: false\n"
                            + "  idempotentHint: true\n  openWorldHint: false\n"),
                    ToolsFile.nameOf(tool));
        }
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void should_anchor_every_list_of_allowed_values(String file) {
        Stream<String> lists = ToolsFile.read(file).text().lines().filter(line -> line.contains("allowedValues:"));
        assertTrue(lists.allMatch(line -> line.matches("\\s+allowedValues: \\['\\^.+\\$'(, '\\^.+\\$')*]")));
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void should_use_each_declared_parameter_in_the_statement(String file) {
        for (String tool : ToolsFile.read(file).tools()) {
            List<String> parameters = tool.lines()
                    .filter(line -> line.startsWith("  - name: "))
                    .map(line -> line.substring("  - name: ".length()))
                    .toList();
            for (int i = 0; i < parameters.size(); i++) {
                String name = switch (file) {
                    case "tools.mssql.yaml" -> "@" + parameters.get(i) + "\\b";
                    case "tools.yaml" -> "\\$" + (i + 1) + "\\b";
                    default -> "\\?" + (i + 1) + "\\b";
                };
                assertTrue(
                        Pattern.compile(name)
                                .matcher(ToolsFile.statementOf(tool))
                                .find(),
                        file + ": " + ToolsFile.nameOf(tool) + " never uses " + name);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools.yaml", "tools.mssql.yaml"})
    void should_put_secrets_into_single_quotes(String file) {
        String source = ToolsFile.read(file).source();
        assertTrue(source.matches("(?s).*\\nuser: '\\$\\{\\w+_USER}'\\npassword: '\\$\\{\\w+_PASSWORD}'\\n.*"), source);
    }

    @Test
    void should_pin_the_toolbox_without_naming_a_registry() throws IOException {
        String lock = Files.readString(Project.toolboxConfig("package-lock.json"));
        assertFalse(lock.contains("http"), "the lock file has an address");
        assertFalse(lock.contains("\"resolved\""), "the lock file has an address");
        assertTrue(lock.contains("\"@toolbox-sdk/server\": \"1.12.0\""));
        assertTrue(lock.contains(
                "\"integrity\": \"sha512-iuNySuUXxQtrUrrXXeJxGS7NmgSf2h/1hhvCeCsWsqZ3J4iLR66PJMAfKDLOho/z"));
    }
}
