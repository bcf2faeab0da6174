package io.mcpagent.tools;

import io.mcpagent.model.ToolDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tools that were on offer at one moment. Immutable; one object serves many turns, so that its JSON is made once. */
public final class ToolCatalog {

    /** No tools, since the tool server does not answer. */
    public static final ToolCatalog UNAVAILABLE = new ToolCatalog(List.of(), List.of(), false);

    private final Map<String, Tool> byName;
    private final List<ToolDefinition> definitions;
    private final List<String> leftOut;
    private final boolean available;

    public ToolCatalog(List<Tool> tools) {
        this(tools, List.of());
    }

    /** @param leftOut tools of the server that can't be offered to the model, by names that may be shown */
    ToolCatalog(List<Tool> tools, List<String> leftOut) {
        this(tools, leftOut, true);
    }

    private ToolCatalog(List<Tool> tools, List<String> leftOut, boolean available) {
        this.leftOut = List.copyOf(leftOut);
        this.byName = tools.stream().collect(Collectors.toUnmodifiableMap(Tool::name, Function.identity()));
        this.definitions = tools.stream().map(Tool::definition).toList();
        this.available = available;
    }

    /** The tool of that name, unless there is none. */
    public Optional<Tool> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** The same without some; this one if there are none of them. */
    public ToolCatalog without(List<Tool> some) {
        return some.isEmpty()
                ? this
                : new ToolCatalog(
                        definitions.stream()
                                .map(definition -> byName.get(definition.name()))
                                .filter(tool -> !some.contains(tool))
                                .toList(),
                        leftOut,
                        available);
    }

    /** What the model is told, in the server's order, always the same list object. */
    public List<ToolDefinition> definitions() {
        return definitions;
    }

    /** Tools of the server that can't be offered to the model, so that an answer must say so; the first of them. */
    public List<String> leftOut() {
        return leftOut;
    }

    /** False if the tool server does not answer, so that the answer must say so. */
    public boolean available() {
        return available;
    }
}
