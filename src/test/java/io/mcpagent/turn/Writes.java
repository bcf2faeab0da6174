package io.mcpagent.turn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.McpCalls;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.support.TestTools;
import java.util.List;
import java.util.Map;

/** A real toolbox whose only tool writes, over a copy of the shop; how often it was called can be read from the stock. */
final class Writes implements AutoCloseable {

    private final RealToolbox toolbox;
    private final McpCalls calls;

    private Writes(RealToolbox toolbox) {
        this.toolbox = toolbox;
        this.calls = new McpCalls(toolbox.url());
    }

    static Writes start() {
        return new Writes(RealToolbox.start(
                List.of(TestTools.addStock()),
                Map.of("SHOP_DB", SampleShop.writableCopy().toString())));
    }

    RealToolbox toolbox() {
        return toolbox;
    }

    /** What is in stock of a product, 1 to 48. */
    long stock(int product) {
        McpCalls.Answer answer = calls.call("add_stock", Map.of("product_id", product, "quantity", 0));
        if (answer.isError()) {
            throw new AssertionError(answer.text());
        }
        return answer.rows().getFirst().path("stock_qty").asLong();
    }

    /** The model's wish to add to the stock. */
    static Script.Block.ToolUse add(String id, int product, long quantity) {
        ObjectNode input =
                Answer.JSON.createObjectNode().put("product_id", product).put("quantity", quantity);
        return new Script.Block.ToolUse(id, "add_stock", input);
    }

    @Override
    public void close() {
        toolbox.close();
    }
}
