package io.mcpagent.turn;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Clients;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.support.TestTools;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** A {@link Stage} for the clients that others make: the sample shop with a tool that writes, and a model that knows the questions that all of them ask. */
public final class ClientsStage implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final RealToolbox toolbox;
    private final Stage stage;

    private ClientsStage(RealToolbox toolbox, Stage stage) {
        this.toolbox = toolbox;
        this.stage = stage;
    }

    /** Starts one. The model is tried once, and knows "text", "tools", "write" and "refused". */
    public static ClientsStage start() {
        Assumptions.assumeTrue(Clients.installed(), "Node.js with npm is not installed");
        RealToolbox toolbox = RealToolbox.start(
                List.of(TestTools.addStock(), Project.toolboxConfig("tools.sqlite.yaml")),
                Map.of("SHOP_DB", SampleShop.writableCopy().toString()));
        ClientsStage started = new ClientsStage(toolbox, Stage.with(toolbox.url(), "AGENT_MODEL_MAX_ATTEMPTS", "1"));
        started.stage.when("text", Script.text("An answer, with “quotes” and an emoji 🎿."));
        started.stage.when("tools", Script.Rounds.of(Script.calls(customer()), Script.text("Customer 1 is there.")));
        started.stage.when("write", Script.Rounds.of(Script.calls(addStock("w")), Script.text("Written.")));
        started.stage.when("refused", Script.error("ValidationException", "scripted"));
        return started;
    }

    /** The agent and its model. */
    public Stage stage() {
        return stage;
    }

    /** A call that reads. */
    public static Script.Block.ToolUse customer() {
        return new Script.Block.ToolUse(
                "a", "get_customer", JSON.createObjectNode().put("customer_id", 1));
    }

    /** A call that writes. */
    public static Script.Block.ToolUse addStock(String id) {
        return new Script.Block.ToolUse(
                id, "add_stock", JSON.createObjectNode().put("product_id", 1).put("quantity", 1));
    }

    @Override
    public void close() {
        stage.close();
        toolbox.close();
    }
}
