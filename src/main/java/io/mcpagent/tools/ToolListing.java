package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * One answer of the server to the question for its tools.
 *
 * @param offered what the server listed, by the name that the model knows; also what is never offered to the model
 * @param catalog what the model may know of
 */
record ToolListing(Map<String, OfferedTool> offered, ToolCatalog catalog) {

    private static final Logger LOG = Logger.getLogger(ToolListing.class);

    /**
     * @param tools  the tools as the server describes them
     * @param hidden which of them are never offered to the model
     */
    static ToolListing of(List<JsonNode> tools, Predicate<OfferedTool> hidden) {
        Map<String, OfferedTool> offered = new LinkedHashMap<>();
        int unusable = 0;
        for (JsonNode json : tools) {
            Optional<OfferedTool> tool = OfferedTool.of(json);
            // The first of two equal names wins: a later one could only be there to take its place.
            if (tool.isEmpty() || offered.putIfAbsent(tool.get().tool().name(), tool.get()) != null) {
                unusable++;
            }
        }
        if (unusable > 0) {
            LOG.warnf(
                    "%d of %d tools are left out: their name is taken or their schema is not an object",
                    unusable, tools.size());
        }
        List<Tool> shown = new ArrayList<>();
        offered.values().stream().filter(hidden.negate()).map(OfferedTool::tool).forEach(shown::add);
        return new ToolListing(Map.copyOf(offered), new ToolCatalog(shown));
    }

    /** The name that the server knows a tool by. */
    String serverName(Tool tool) {
        OfferedTool known = offered.get(tool.name());
        return known == null ? tool.name() : known.serverName();
    }
}
