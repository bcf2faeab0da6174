package io.mcpagent.turn;

import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.ModelException;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the requests of a turn are made of, and what is left out of them when the model's service refuses one by a rule that nobody here knows: the tool
 * that it names, else the history, else all tools, if they may be the reason. So a bad part costs that part, and not each later question. For the turn's thread only.
 */
final class Repairs {

    /** How many tools one turn leaves out, a request after the other. */
    private static final int MOST_NAMED = 5;

    private enum Stage {
        WHOLE,
        WITHOUT_HISTORY,
        WITHOUT_TOOLS,
        GIVEN_UP
    }

    private final ToolCatalog offered;
    private final List<TurnRecord> finished;
    private final Consumer<Tool> onRefusedTool;
    private final Consumer<String> notices;
    /** Left out as suspects: no request was taken without them so far. */
    private final List<Tool> named = new ArrayList<>();
    /** Those without which a request was taken: they stay out. */
    private final List<Tool> proven = new ArrayList<>();

    private Stage stage = Stage.WHOLE;
    private boolean open;

    /**
     * Nothing is left out.
     *
     * @param onRefusedTool hears of a tool without which the request was taken
     * @param notices       what the reader is told
     */
    Repairs(ToolCatalog offered, List<TurnRecord> finished, Consumer<Tool> onRefusedTool, Consumer<String> notices) {
        this.offered = offered;
        this.finished = finished;
        this.onRefusedTool = onRefusedTool;
        this.notices = notices;
    }

    ToolCatalog tools() {
        return stage == Stage.WITHOUT_TOOLS
                ? ToolCatalog.UNAVAILABLE
                : offered.without(proven).without(named);
    }

    List<TurnRecord> finished() {
        return stage == Stage.WITHOUT_HISTORY ? List.of() : finished;
    }

    /** Leaves something out after a refusal; false if there is nothing else to try. Nothing is tried twice in one turn. */
    boolean after(ModelException e) {
        if (e.kind() != ModelException.Kind.INVALID || stage == Stage.GIVEN_UP) {
            return false;
        }
        Tool refused = stage == Stage.WHOLE && proven.size() + named.size() < MOST_NAMED
                ? e.refusedTool(tools().definitions())
                        .flatMap(definition -> offered.find(definition.name()))
                        .orElse(null)
                : null;
        if (refused == null) {
            // Whatever was named, it was not that.
            named.clear();
            stage = next(e);
        } else {
            named.add(refused);
        }
        open = stage != Stage.GIVEN_UP;
        return open;
    }

    private Stage next(ModelException e) {
        if (stage == Stage.WHOLE && !finished.isEmpty()) {
            return Stage.WITHOUT_HISTORY;
        }
        boolean more = stage.compareTo(Stage.WITHOUT_TOOLS) < 0
                && e.mentionsTools()
                && !offered.definitions().isEmpty();
        return more ? Stage.WITHOUT_TOOLS : Stage.GIVEN_UP;
    }

    /** The request was taken: what it lacks was the reason, and is told once. */
    void taken() {
        if (!open) {
            return;
        }
        open = false;
        switch (stage) {
            case WITHOUT_HISTORY -> notices.accept(Texts.HISTORY_LEFT_OUT);
            case WITHOUT_TOOLS -> notices.accept(Texts.TOOLS_REFUSED);
            default -> {
                named.forEach(onRefusedTool);
                notices.accept(Texts.leftOut(named.stream().map(Tool::name).toList()));
                proven.addAll(named);
                named.clear();
            }
        }
    }
}
