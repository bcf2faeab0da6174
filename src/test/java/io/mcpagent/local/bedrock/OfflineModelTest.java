package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The questions of the sample shop over the tool list that the real toolbox gives, and tools that nobody has seen. */
class OfflineModelTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-07-15T12:00:00Z"), ZoneOffset.UTC);

    private final OfflineModel model = new OfflineModel(CLOCK);
    private ArrayNode messages;
    private ArrayNode tools;

    @BeforeEach
    void offer_the_tools_of_the_sample() throws IOException {
        messages = Json.MAPPER.createArrayNode();
        tools = Json.MAPPER.createArrayNode();
        try (InputStream list = getClass().getResourceAsStream("/local/tools-list.json")) {
            Json.parse(list.readAllBytes())
                    .path("result")
                    .path("tools")
                    .forEach(tool -> offer(
                            tool.path("name").asText(), tool.path("description").asText(), tool.path("inputSchema")));
        }
        assertEquals(10, tools.size());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "What did customer 7 order?                       | search_orders {\"customer_id\":7}",
                "top 5 products in March 2026                     | top_products {\"from_date\":\"2026-03-01\",\"n\":5,\"to_date\":\"2026-03-31\"}",
                "which shipments are late?                        | late_shipments {\"as_of\":\"2026-07-15\"}",
                "show order 42 and its customer                   | get_order {\"order_id\":42}",
                "order #101                                       | get_order {\"order_id\":101}",
                "Where is order 250?                              | get_order {\"order_id\":250}",
                "has order 42 been delivered?                     | get_order {\"order_id\":42}",
                "show orders 42 and 43                            | get_order {\"order_id\":42} + get_order {\"order_id\":43}",
                "show order 42 and customer 7                     | get_order {\"order_id\":42} + get_customer {\"customer_id\":7}",
                "who is customer 7?                               | get_customer {\"customer_id\":7}",
                "What is the revenue of customer 7?               | get_customer {\"customer_id\":7}",
                "compare customers 7, 9 and 12                    | get_customer {\"customer_id\":7} + get_customer {\"customer_id\":9} + get_customer {\"customer_id\":12}",
                "find customers named Holm                        | search_customers {\"query\":\"Holm\"}",
                "who is Ada Larsen?                               | search_customers {\"query\":\"Ada Larsen\"}",
                "which customers are in Norway?                   | search_customers {\"country\":\"NO\",\"query\":\"\"}",
                "customers from Sweden called Ada                 | search_customers {\"country\":\"SE\",\"query\":\"Ada\"}",
                "customer with e-mail ada.larsen80@example.com    | search_customers {\"query\":\"ada.larsen80@example.com\"}",
                "list all customers named \"o'brien\"             | search_customers {\"query\":\"o'brien\"}",
                "What did Ada Larsen order?                       | search_customers {\"query\":\"Ada Larsen\"}",
                "cancelled orders in March 2026                   | search_orders {\"from_date\":\"2026-03-01\",\"status\":\"cancelled\",\"to_date\":\"2026-03-31\"}",
                "cancelled and returned orders                    | search_orders {\"status\":\"cancelled\"} + search_orders {\"status\":\"returned\"}",
                "pending orders of customer 12                    | search_orders {\"customer_id\":12,\"status\":\"pending\"}",
                "the last 3 orders                                | search_orders {\"limit\":3}",
                "orders since 2026-06-01                          | search_orders {\"from_date\":\"2026-06-01\"}",
                "orders before 2025-08-01                         | search_orders {\"to_date\":\"2025-07-31\"}",
                "orders from January to March 2026                | search_orders {\"from_date\":\"2026-01-01\",\"to_date\":\"2026-03-31\"}",
                "which orders came in last month?                 | search_orders {\"from_date\":\"2026-06-01\",\"to_date\":\"2026-06-30\"}",
                "orders on 5 March 2026                           | search_orders {\"from_date\":\"2026-03-05\",\"to_date\":\"2026-03-05\"}",
                "customer_id=7 orders, limit 500                  | search_orders {\"customer_id\":7,\"limit\":100}",
                "do we have tents in stock?                       | search_products {\"query\":\"tent\"}",
                "which products need reordering?                  | search_products {\"only_low_stock\":true}",
                "low stock products                               | search_products {\"only_low_stock\":true}",
                "winter products under 200                        | search_products {\"category\":\"Winter\",\"max_price\":200}",
                "products in the Camping category                 | search_products {\"category\":\"Camping\"}",
                "get product CLI-0144                             | search_products {\"query\":\"CLI-0144\"}",
                "best-selling products by units between 2026-01-01 and 2026-03-31 | top_products {\"from_date\":\"2026-01-01\",\"rank_by\":\"units\",\"to_date\":\"2026-03-31\"}",
                "the 3 best products of Q1 2026                   | top_products {\"from_date\":\"2026-01-01\",\"n\":3,\"to_date\":\"2026-03-31\"}",
                "revenue by month in 2026                         | sales_by_period {\"from_date\":\"2026-01-01\",\"period\":\"month\",\"to_date\":\"2026-12-31\"}",
                "sales per day in May 2026                        | sales_by_period {\"from_date\":\"2026-05-01\",\"period\":\"day\",\"to_date\":\"2026-05-31\"}",
                "total revenue in Q1 2026                         | sales_by_period {\"from_date\":\"2026-01-01\",\"to_date\":\"2026-03-31\"}",
                "how much did we sell in June?                    | sales_by_period {\"from_date\":\"2026-06-01\",\"to_date\":\"2026-06-30\"}",
                "late shipments by DHL as of 2026-03-01           | late_shipments {\"as_of\":\"2026-03-01\",\"carrier\":\"DHL\"}",
                "overdue parcels                                  | late_shipments {\"as_of\":\"2026-07-15\"}",
                "list the tables                                  | list_tables {}",
                "what tables are there?                           | list_tables {}",
                "describe the orders table                        | describe_table {\"table\":\"orders\"}",
                "which columns does order_items have?             | describe_table {\"table\":\"order_items\"}",
                "top 5 products in March 2026 and sales per day   | top_products {\"from_date\":\"2026-03-01\",\"n\":5,\"to_date\":\"2026-03-31\"}"
                        + " + sales_by_period {\"from_date\":\"2026-03-01\",\"period\":\"day\",\"to_date\":\"2026-03-31\"}",
            })
    void should_call_what_the_question_asks_for(String question, String calls) {
        assertEquals(calls, calls(ask(question)));
    }

    @Test
    void should_follow_an_order_to_its_customer_and_then_answer_with_both() {
        ask("show order 42 and its customer");
        Reply second =
                results("{\"order_id\":42,\"customer_id\":79,\"lines\":[{\"line\":1,\"product\":\"Fjord Harness\"}]}");
        assertEquals("get_customer {\"customer_id\":79}", calls(second));
        String answer = text(results("{\"customer_id\":79,\"name\":\"Jonas Lund\"}"));
        assertTrue(answer.contains("| 42 | 79 |"), answer);
        assertTrue(answer.contains("| 1 | Fjord Harness |"), answer);
        assertTrue(answer.contains("| 79 | Jonas Lund |"), answer);
        assertTrue(answer.contains("not Claude"), answer);
    }

    @Test
    void should_find_the_customer_by_name_before_the_orders() {
        ask("What did Ada Larsen order?");
        assertEquals(
                "search_orders {\"customer_id\":80}", calls(results("{\"customer_id\":80,\"name\":\"Ada Larsen\"}")));
    }

    @Test
    void should_show_the_candidates_when_a_name_fits_several() {
        ask("What did Ada order?");
        assertTrue(text(results(
                        "[{\"customer_id\":80,\"name\":\"Ada Larsen\"},{\"customer_id\":70,\"name\":\"Ada Berg\"}]"))
                .contains("Ada Berg"));
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "What did customer 7 order?   | what about customer 9? | search_orders {\"customer_id\":9}",
                "show order 42                | and order 43?          | get_order {\"order_id\":43}",
                "What did customer 7 order?   | and order 43?          | get_order {\"order_id\":43}",
                "top 5 products in March 2026 | and in April?          | top_products {\"from_date\":\"2026-04-01\",\"n\":5,\"to_date\":\"2026-04-30\"}",
                "top 5 products in March 2026 | now by units           | top_products {\"from_date\":\"2026-03-01\",\"n\":5,\"to_date\":\"2026-03-31\",\"rank_by\":\"units\"}",
                "which shipments are late?    | only DHL               | late_shipments {\"as_of\":\"2026-07-15\",\"carrier\":\"DHL\"}",
                "which shipments are late?    | What did customer 7 order? | search_orders {\"customer_id\":7}",
            })
    void should_understand_a_follow_up(String first, String second, String calls) {
        ask(first);
        results("{\"some\":\"row\"}");
        assertEquals(calls, calls(ask(second)));
    }

    @Test
    void should_take_the_customer_of_the_order_that_was_just_shown() {
        ask("show order 42");
        results("{\"order_id\":42,\"customer_id\":79}");
        assertEquals("get_customer {\"customer_id\":79}", calls(ask("who is the customer?")));
    }

    @ParameterizedTest(name = "{0} → {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Show me the customer details | customer_id | 7             | get_customer {\"customer_id\":7}",
                "top products                 | from_date   | in March 2026 | top_products {\"from_date\":\"2026-03-01\",\"to_date\":\"2026-03-31\"}",
                "show me the sales            | from_date   | in 2026       | sales_by_period {\"from_date\":\"2026-01-01\",\"to_date\":\"2026-12-31\"}",
                "describe a table             | order_items | orders        | describe_table {\"table\":\"orders\"}",
            })
    void should_ask_back_for_what_is_missing_and_go_on_with_the_answer(
            String question, String asked, String answer, String calls) {
        Reply back = ask(question);
        assertEquals("end_turn", back.stopReason());
        assertTrue(text(back).contains(asked), text(back));
        assertEquals(calls, calls(ask(answer)));
    }

    @Test
    void should_say_no_rows_and_report_an_error_plainly() {
        ask("order 9999");
        assertTrue(text(results("[]")).startsWith("`get_order` (order_id 9999) found no rows."));
        ask("customer 0");
        String error = text(answer("0 is under the minimum value", "error"));
        assertTrue(error.contains("failed: 0 is under the minimum value"), error);
    }

    @Test
    void should_read_rows_in_any_form_and_keep_notes() {
        for (String rows : List.of(
                "[{\"a\":1},{\"a\":2}]",
                "{\"a\":1}\n{\"a\":2}",
                "{\"rows\":[{\"a\":1},{\"a\":2}],\"note\":\"cut here\"}")) {
            ask("the last 2 orders");
            String answer = text(results(rows));
            assertTrue(answer.contains("found 2 rows") && answer.contains("| 1 |\n| 2 |"), answer);
            assertEquals(rows.contains("note"), answer.contains("cut here"));
        }
        ask("the last 2 orders");
        assertTrue(text(results("[{\"a\":\"x|y\",\"b\":[{\"c\":1}]},{\"a\":\"z\",\"b\":null}]"))
                .contains("| x\\|y | c: 1 |\n| z |  |"));
    }

    @Test
    void should_explain_itself_to_a_greeting_and_when_nothing_fits() {
        assertTrue(text(ask("hello")).contains("search_orders"));
        String answer = text(ask("what's the weather like?"));
        assertTrue(answer.contains("can't match") && answer.contains("not Claude"), answer);
        tools.removeAll();
        assertTrue(text(ask("What did customer 7 order?")).contains("No tools"));
    }

    @Test
    void should_use_tools_that_it_has_never_seen() {
        tools.removeAll();
        offer("weather", "Current weather in a city", schema("city", "string", "Name of the city", true));
        offer(
                "add_numbers",
                "Adds two numbers",
                schema("a", "number", "First addend", true, "b", "number", "Second addend", true));
        offer("echo", "Sends a message back", schema("message", "string", "The message", true));
        offer("getTicket", "Returns one support ticket", schema("ticketId", "string", "Key of the ticket", true));
        offer("close_ticket", "Closes a support ticket", schema("ticketId", "string", "Key of the ticket", true));
        offer(
                "list_invoices",
                "Lists invoices",
                schema("state", "string", "One of open, paid", false, "min_amount", "number", "Lowest amount", false));
        assertEquals("weather {\"city\":\"Bergen\"}", calls(askAnew("What's the weather in Bergen?")));
        assertEquals("add_numbers {\"a\":3,\"b\":4}", calls(askAnew("add 3 and 4")));
        assertEquals("echo {\"message\":\"blue whale\"}", calls(askAnew("echo blue whale")));
        assertEquals("getTicket {\"ticketId\":\"T-100\"}", calls(askAnew("show ticket T-100")));
        assertEquals("close_ticket {\"ticketId\":\"T-100\"}", calls(askAnew("please close ticket T-100")));
        assertEquals("list_invoices {\"state\":\"open\",\"min_amount\":500}", calls(askAnew("open invoices over 500")));
    }

    @Test
    void should_count_from_the_day_that_the_request_says_it_is() {
        JsonNode request = Json.object()
                .<ObjectNode>set(
                        "system",
                        Json.parse("[{\"text\":\"You help. (Today is Sunday, 2026-05-31. The time zone is UTC.)\"}]"))
                .<ObjectNode>set(
                        "messages",
                        Json.parse("[{\"role\":\"user\",\"content\":[{\"text\":\"orders of last month\"}]}]"))
                .set("toolConfig", Json.object().set("tools", tools));
        assertEquals(
                "search_orders {\"from_date\":\"2026-04-01\",\"to_date\":\"2026-04-30\"}",
                calls(model.reply(new ConverseRequest("m", false, request))));
    }

    @Test
    void should_ask_the_right_dates_of_the_last_month_whatever_day_the_question_is_told() {
        for (LocalDate day = LocalDate.of(2027, 12, 20);
                day.isBefore(LocalDate.of(2028, 3, 10));
                day = day.plusDays(1)) {
            YearMonth last = YearMonth.from(day).minusMonths(1);
            JsonNode request = Json.object()
                    .<ObjectNode>set("messages", Json.parse("""
                                    [{"role":"user","content":[{"text":"orders of last month"},{"text":"(Today is Someday, %s. The time zone is UTC.)"}]}]""".formatted(day)))
                    .set("toolConfig", Json.object().set("tools", tools));
            assertEquals(
                    "search_orders {\"from_date\":\"%s\",\"to_date\":\"%s\"}"
                            .formatted(last.atDay(1), last.atEndOfMonth()),
                    calls(model.reply(new ConverseRequest("m", false, request))));
        }
    }

    @Test
    void should_give_the_same_request_the_same_reply_and_never_one_id_twice() {
        Reply once = ask("show orders 42 and 43");
        messages.removeAll();
        assertEquals(once, ask("show orders 42 and 43"));
        results("[]");
        Reply again = ask("show orders 42 and 43");
        assertFalse(ids(once).stream().anyMatch(ids(again)::contains));
        assertEquals(2, ids(once).stream().distinct().count());
    }

    private static List<String> ids(Reply reply) {
        return reply.blocks().stream()
                .map(block -> ((Block.ToolUse) block).id())
                .toList();
    }

    private void offer(String name, String description, JsonNode schema) {
        ObjectNode specification =
                tools.addObject().putObject("toolSpec").put("name", name).put("description", description);
        specification.putObject("inputSchema").set("json", schema);
    }

    private static ObjectNode schema(Object... parameters) {
        ObjectNode schema = Json.object().put("type", "object");
        for (int i = 0; i < parameters.length; i += 4) {
            schema.withObject("/properties")
                    .putObject((String) parameters[i])
                    .put("type", (String) parameters[i + 1])
                    .put("description", (String) parameters[i + 2]);
            if ((Boolean) parameters[i + 3]) {
                schema.withArray("required").add((String) parameters[i]);
            }
        }
        return schema;
    }

    private Reply ask(String question) {
        messages.addObject().put("role", "user").putArray("content").addObject().put("text", question);
        return reply();
    }

    private Reply askAnew(String question) {
        messages.removeAll();
        return ask(question);
    }

    /** Answers all calls of the last message with one result each. */
    private Reply results(String rows) {
        return answer(rows, "success");
    }

    private Reply answer(String text, String status) {
        List<JsonNode> calls = ConverseRequest.calls(messages.get(messages.size() - 1));
        ArrayNode content = messages.addObject().put("role", "user").putArray("content");
        for (JsonNode call : calls) {
            ObjectNode result = content.addObject().putObject("toolResult");
            result.put("toolUseId", call.path("toolUseId").asText())
                    .put("status", status)
                    .putArray("content")
                    .addObject()
                    .put("text", text);
        }
        return reply();
    }

    private Reply reply() {
        ObjectNode body = Json.object();
        body.set("messages", messages);
        if (!tools.isEmpty()) {
            body.putObject("toolConfig").set("tools", tools);
        }
        try {
            Validation.check(body);
        } catch (Validation.Refused wrong) {
            throw new AssertionError("the test's own conversation is wrong: " + wrong.getMessage(), wrong);
        }
        Reply reply = model.reply(new ConverseRequest("m", false, body));
        messages.add(Json.parse(new String(
                        new EncodedReply(reply).document(new Script.Usage(1, 0, 0, 0), 1), StandardCharsets.UTF_8))
                .path("output")
                .path("message"));
        return reply;
    }

    private static String calls(Reply reply) {
        return reply.blocks().stream()
                .map(block -> block instanceof Block.ToolUse call ? call.name() + " " + call.input() : block.toString())
                .collect(Collectors.joining(" + "));
    }

    private static String text(Reply reply) {
        return ((Block.Text) reply.blocks().getFirst()).text();
    }
}
