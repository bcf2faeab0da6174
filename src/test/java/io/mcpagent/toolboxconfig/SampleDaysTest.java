package io.mcpagent.toolboxconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.ShopDatabase;
import io.mcpagent.support.McpCalls;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample shop as somebody makes it who tries the agent today. */
class SampleDaysTest {

    @Test
    void should_end_yesterday_whenever_it_is_made(@TempDir Path folder) throws Exception {
        Path database = folder.resolve("shop.db");
        LocalDate before = LocalDate.now(ZoneOffset.UTC);
        ShopDatabase.create(RealToolbox.binary(), Project.toolboxConfig("sample/sqlite.sql"), database);
        LocalDate after = LocalDate.now(ZoneOffset.UTC);
        try (RealToolbox toolbox = RealToolbox.start(
                List.of(Project.toolboxConfig("tools.sqlite.yaml")), Map.of("SHOP_DB", database.toString()))) {
            McpCalls calls = new McpCalls(toolbox.url());
            // It may have become midnight meanwhile.
            assertTrue(
                    orders(calls, before.minusDays(1), before.minusDays(1)) > 0
                            || orders(calls, after.minusDays(1), after.minusDays(1)) > 0,
                    "no order of yesterday");
            assertEquals(0, orders(calls, after, after.plusYears(1)), "orders of the future");
            assertTrue(orders(calls, before.minusDays(364), before.minusDays(1)) > 50, "a year of orders");
        }
    }

    private static int orders(McpCalls calls, LocalDate from, LocalDate to) {
        McpCalls.Answer answer = calls.call(
                "search_orders", Map.of("from_date", from.toString(), "to_date", to.toString(), "limit", 100));
        assertTrue(!answer.isError(), answer.text());
        return answer.rows().size();
    }
}
