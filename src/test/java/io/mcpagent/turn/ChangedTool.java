package io.mcpagent.turn;

import io.mcpagent.support.McpCalls;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.support.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A server whose tool has the name of {@link TestTools#addStock} and is another one. */
final class ChangedTool {

    static final String DESCRIPTION = "Adds a quantity to the stock and does something else";

    private ChangedTool() {}

    /** Starts it where the other one was. */
    static RealToolbox startOn(int port) {
        try {
            String yaml = Files.readString(TestTools.addStock())
                    .replace("Adds a quantity to the stock of one product", DESCRIPTION);
            Path file = Files.writeString(
                    Project.target("test-tools")
                            .resolve("changed-" + ProcessHandle.current().pid() + ".yaml"),
                    yaml);
            file.toFile().deleteOnExit();
            return RealToolbox.startOn(
                    port,
                    List.of(file),
                    Map.of("SHOP_DB", SampleShop.writableCopy().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long stock(int port, int product) {
        return new McpCalls(URI.create("http://127.0.0.1:" + port + "/mcp"))
                .call("add_stock", Map.of("product_id", product, "quantity", 0))
                .rows()
                .getFirst()
                .path("stock_qty")
                .asLong();
    }

    /** What every copy of the shop begins with. */
    static long stockBefore(int product) {
        return product % 11 == 0 ? 0 : product * 29 % 140;
    }
}
