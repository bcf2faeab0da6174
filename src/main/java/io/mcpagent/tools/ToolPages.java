package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Puts the pages of a list of tools together. */
final class ToolPages {

    // Against a server that never stops to name a next page.
    private static final int MAX_PAGES = 100;

    /** Asks for one page; the first if the cursor is null. */
    @FunctionalInterface
    interface Source {
        JsonNode page(String cursor) throws McpException, InterruptedException;
    }

    private ToolPages() {}

    static List<JsonNode> all(Source source) throws McpException, InterruptedException {
        List<JsonNode> tools = new ArrayList<>();
        String cursor = null;
        for (int i = 0; i < MAX_PAGES; i++) {
            JsonNode page = source.page(cursor);
            page.path("tools").forEach(tools::add);
            cursor = page.path("nextCursor").asText(null);
            if (cursor == null || cursor.isEmpty()) {
                return tools;
            }
        }
        throw new McpException(McpException.Kind.REJECTED, "the list of tools has no end");
    }
}
