package io.mcpagent.toolboxconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.support.McpCalls;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every tool over PostgreSQL, with TLS verified in full, and over SQLite: equal, and right by SQL asked directly. */
class ToolsOverBothDatabasesTest {

    private static final String COUNTED = "status NOT IN ('cancelled', 'returned')";
    private static final Map<String, String> WHOLE_YEAR = Map.of("from_date", "2025-07-01", "to_date", "2026-06-30");

    private static PostgresServer postgres;
    private static RealToolbox overPostgres;
    private static RealToolbox overSqlite;

    @BeforeAll
    static void start() {
        assumeTrue(PostgresServer.available(), "PostgreSQL is not installed");
        postgres = PostgresServer.startWithTls();
        overPostgres = RealToolbox.start(List.of(Project.toolboxConfig("tools.yaml")), postgres.toolboxEnvironment());
        overSqlite = RealToolbox.overSampleShop();
    }

    @AfterAll
    static void stop() {
        Stream.of(overSqlite, overPostgres, postgres)
                .filter(server -> server != null)
                .forEach(server -> {
                    try {
                        server.close();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    private static List<McpCalls> both() {
        return List.of(new McpCalls(overSqlite.url()), new McpCalls(overPostgres.url()));
    }

    /** Of any other type the toolbox sends a rounded number, a Go structure, or nothing that the database said: toolbox-config/README.md lists them. */
    @Test
    void should_return_only_types_that_the_toolbox_sends_as_they_are() {
        for (String tool : ToolsFile.read("tools.yaml").tools()) {
            postgres.columnTypes(ToolsFile.statementOf(tool))
                    .forEach((column, type) -> assertTrue(
                            // Of JSON only numbers of more than 15 digits are rounded, and the lines of an order have
                            // none.
                            Set.of(
                                            "text", "varchar", "bpchar", "name", "bool", "int2", "int4", "int8",
                                            "float8", "json")
                                    .contains(type),
                            () -> ToolsFile.nameOf(tool) + ": cast " + column + ", which is " + type));
        }
    }

    private static JsonNode only(List<JsonNode> rows) {
        assertEquals(1, rows.size());
        return rows.getFirst();
    }

    private static BigDecimal number(String sql, Object... arguments) {
        return new BigDecimal(postgres.query(sql, arguments)
                .getFirst()
                .values()
                .iterator()
                .next()
                .toString());
    }

    private static BigDecimal sum(List<JsonNode> rows, String column) {
        return rows.stream().map(row -> row.get(column).decimalValue()).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static void assertSameNumber(BigDecimal expected, BigDecimal actual) {
        assertTrue(
                expected.subtract(actual).abs().compareTo(new BigDecimal("0.005")) < 0,
                "expected " + expected + " but was " + actual);
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                Arguments.of("search_customers", Map.of("query", "HOLM")),
                Arguments.of("search_customers", Map.of("query", "a", "country", "NO", "limit", 100)),
                Arguments.of("search_customers", Map.of("query", "o'x")),
                Arguments.of("search_customers", Map.of("query", "%")),
                Arguments.of("get_customer", Map.of("customer_id", 7)),
                Arguments.of("get_customer", Map.of("customer_id", 9999)),
                Arguments.of("search_orders", Map.of()),
                Arguments.of("search_orders", Map.of("customer_id", 7)),
                Arguments.of("search_orders", Map.of("status", "shipped", "limit", 100)),
                Arguments.of("search_orders", Map.of("from_date", "2026-01-01", "to_date", "2026-01-31", "limit", 100)),
                Arguments.of("get_order", Map.of("order_id", 101)),
                Arguments.of("get_order", Map.of("order_id", 300)),
                Arguments.of("search_products", Map.of()),
                Arguments.of("search_products", Map.of("query", "tent")),
                Arguments.of("search_products", Map.of("category", "Winter", "max_price", 200)),
                Arguments.of("search_products", Map.of("only_low_stock", true, "limit", 100)),
                Arguments.of("top_products", WHOLE_YEAR),
                Arguments.of("top_products", Map.of("from_date", "2026-03-01", "to_date", "2026-03-31", "n", 5)),
                Arguments.of(
                        "top_products",
                        Map.of("from_date", "2026-01-01", "to_date", "2026-03-31", "rank_by", "units", "n", 5)),
                Arguments.of("sales_by_period", WHOLE_YEAR),
                Arguments.of(
                        "sales_by_period", Map.of("from_date", "2026-05-01", "to_date", "2026-05-31", "period", "day")),
                Arguments.of(
                        "sales_by_period",
                        Map.of("from_date", "2025-07-01", "to_date", "2026-06-30", "period", "year")),
                Arguments.of("late_shipments", Map.of()),
                Arguments.of("late_shipments", Map.of("as_of", "2026-06-30", "limit", 100)),
                Arguments.of("late_shipments", Map.of("as_of", "2026-01-15", "carrier", "DHL")),
                Arguments.of("list_tables", Map.of()));
    }

    @ParameterizedTest
    @MethodSource("calls")
    void should_return_the_same_rows_from_both(String tool, Map<String, ?> arguments) {
        List<McpCalls.Answer> answers =
                both().stream().map(toolbox -> toolbox.call(tool, arguments)).toList();
        for (McpCalls.Answer answer : answers) {
            assertFalse(answer.isError(), answer.text());
        }
        assertSameRows(answers.get(0).rows(), answers.get(1).rows());
    }

    // SQLite has no table comments, and its years look like numbers to the toolbox.
    private static void assertSameRows(List<JsonNode> left, List<JsonNode> right) {
        assertEquals(left.size(), right.size());
        for (int i = 0; i < left.size(); i++) {
            ObjectNode a = ((ObjectNode) left.get(i)).without("about");
            ObjectNode b = ((ObjectNode) right.get(i)).without("about");
            Stream.of(a, b)
                    .filter(row -> row.has("period"))
                    .forEach(row -> row.put("period", row.get("period").asText()));
            assertTrue(
                    a.equals(
                            (x, y) -> x.isNumber() && y.isNumber()
                                    ? x.decimalValue().compareTo(y.decimalValue())
                                    : x.equals(y) ? 0 : 1,
                            b),
                    a + " differs from " + b);
        }
    }

    static Stream<Arguments> badCalls() {
        return Stream.of(
                Arguments.of("get_customer", Map.of()),
                Arguments.of("get_customer", Map.of("customer_id", "7")),
                Arguments.of("get_customer", Map.of("customer_id", 0)),
                Arguments.of("search_orders", Map.of("status", "lost")),
                Arguments.of("search_orders", Map.of("status", "shippedx")),
                Arguments.of("search_orders", Map.of("from_date", "01/02/2026")),
                Arguments.of("search_customers", Map.of("query", "a", "limit", 101)),
                Arguments.of(
                        "top_products",
                        Map.of("from_date", "2026-01-01", "to_date", "2026-02-01", "rank_by", "units; drop table x")),
                Arguments.of("describe_table", Map.of("table", "pg_shadow")),
                Arguments.of("describe_table", Map.of("table", "orders; --")));
    }

    @ParameterizedTest
    @MethodSource("badCalls")
    void should_refuse_a_bad_argument_on_both(String tool, Map<String, ?> arguments) {
        both().forEach(toolbox -> assertTrue(toolbox.call(tool, arguments).isError()));
    }

    @Test
    void should_offer_ten_read_only_tools_in_the_same_words() {
        List<List<JsonNode>> lists = both().stream().map(McpCalls::tools).toList();
        assertEquals(10, lists.get(0).size());
        assertEquals(lists.get(0), lists.get(1));
        lists.get(0)
                .forEach(tool ->
                        assertTrue(tool.path("annotations").path("readOnlyHint").asBoolean(), tool.toString()));
    }

    @Test
    void should_count_a_customers_orders_and_revenue_right() {
        BigDecimal orders = number("SELECT count(*) FROM orders WHERE customer_id = ?", 7);
        BigDecimal revenue = number(
                "SELECT sum(quantity * unit_price) FROM order_items JOIN orders USING (order_id) "
                        + "WHERE customer_id = ? AND " + COUNTED,
                7);
        both().forEach(toolbox -> {
            JsonNode customer =
                    only(toolbox.call("get_customer", Map.of("customer_id", 7)).rows());
            assertSameNumber(orders, customer.get("orders").decimalValue());
            assertSameNumber(revenue, customer.get("revenue").decimalValue());
        });
    }

    @Test
    void should_find_every_customer_that_matches() {
        Set<Integer> expected = postgres.query("SELECT customer_id FROM customers WHERE name ILIKE '%holm%'").stream()
                .map(row -> (Integer) row.get("customer_id"))
                .collect(Collectors.toSet());
        both().forEach(toolbox -> assertEquals(
                expected,
                toolbox.call("search_customers", Map.of("query", "holm", "limit", 100)).rows().stream()
                        .map(row -> row.get("customer_id").intValue())
                        .collect(Collectors.toSet())));
    }

    @Test
    void should_add_up_months_and_products_to_the_same_totals() {
        BigDecimal revenue = number(
                "SELECT sum(quantity * unit_price) FROM order_items JOIN orders USING (order_id) WHERE " + COUNTED);
        BigDecimal orders = number("SELECT count(*) FROM orders WHERE " + COUNTED);
        both().forEach(toolbox -> {
            List<JsonNode> months = toolbox.call("sales_by_period", WHOLE_YEAR).rows();
            assertEquals(12, months.size());
            assertSameNumber(revenue, sum(months, "revenue"));
            assertSameNumber(orders, sum(months, "orders"));
            List<JsonNode> products = toolbox.call(
                            "top_products", Map.of("from_date", "2025-07-01", "to_date", "2026-06-30", "n", 50))
                    .rows();
            assertSameNumber(revenue, sum(products, "revenue"));
        });
    }

    @Test
    void should_show_an_order_with_its_lines_and_its_shipment() {
        both().forEach(toolbox -> {
            JsonNode order =
                    only(toolbox.call("get_order", Map.of("order_id", 101)).rows());
            assertEquals(3, order.get("lines").size());
            assertEquals("UPS", order.at("/shipment/carrier").asText());
            BigDecimal total = BigDecimal.ZERO;
            for (JsonNode line : order.get("lines")) {
                total = total.add(line.get("quantity")
                        .decimalValue()
                        .multiply(line.get("unit_price").decimalValue()));
            }
            assertSameNumber(total, order.get("total").decimalValue());
            assertTrue(only(toolbox.call("get_order", Map.of("order_id", 300)).rows())
                    .get("shipment")
                    .isNull());
        });
    }

    @Test
    void should_list_every_late_shipment() {
        int late = number("SELECT count(*) FROM shipments WHERE shipped_on <= date '2026-01-15' "
                        + "AND least(coalesce(delivered_on, date '2026-01-15'), date '2026-01-15') > promised_on")
                .intValue();
        assertTrue(late > 20 && late < 100, late + " rows show nothing about the limit");
        both().forEach(toolbox -> {
            List<JsonNode> rows = toolbox.call("late_shipments", Map.of("as_of", "2026-01-15", "limit", 100))
                    .rows();
            assertEquals(late, rows.size());
            assertTrue(rows.stream().allMatch(row -> row.get("days_late").intValue() > 0));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"customers", "products", "orders", "order_items", "shipments"})
    void should_describe_every_table(String table) {
        List<String> expected = postgres
                .query(
                        "SELECT column_name FROM information_schema.columns "
                                + "WHERE table_schema = 'shop' AND table_name = ? ORDER BY ordinal_position",
                        table)
                .stream()
                .map(row -> row.get("column_name").toString())
                .toList();
        both().forEach(toolbox -> assertEquals(
                expected,
                toolbox.call("describe_table", Map.of("table", table)).rows().stream()
                        .map(row -> row.get("column").asText())
                        .toList()));
    }

    static Stream<Arguments> groups() {
        return Stream.of(
                Arguments.of(
                        "support",
                        List.of("search_customers", "get_customer", "search_orders", "get_order", "late_shipments")),
                Arguments.of(
                        "analytics", List.of("search_products", "top_products", "sales_by_period", "get_customer")),
                Arguments.of("schema", List.of("list_tables", "describe_table")));
    }

    @ParameterizedTest
    @MethodSource("groups")
    void should_offer_each_group_at_its_own_address(String group, List<String> tools) {
        Stream.of(overSqlite, overPostgres)
                .forEach(toolbox -> assertEquals(
                        tools,
                        new McpCalls(toolbox.url(group))
                                .tools().stream()
                                        .map(tool -> tool.get("name").asText())
                                        .toList()));
    }

    @Test
    void should_really_be_connected_over_verified_tls() {
        assertEquals(
                Boolean.TRUE,
                postgres.query("SELECT bool_and(s.ssl) AS tls FROM pg_stat_ssl s "
                                + "JOIN pg_stat_activity a USING (pid) WHERE a.usename = 'toolbox_ro'")
                        .getFirst()
                        .get("tls"));
    }
}
