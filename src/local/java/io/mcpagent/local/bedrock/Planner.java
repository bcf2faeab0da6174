package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Chooses the tool calls of a question. */
final class Planner {

    private static final double ENOUGH = 1.5;
    private static final double SURE = 4;
    private static final Pattern CLAUSES = Pattern.compile("(?i)\\s*;\\s*|,?\\s+(?:and also|and|also|plus)\\s+");
    private static final Pattern FOLLOW_UP =
            Pattern.compile("(?is)\\s*(and|what about|how about|same|now|only|but|or|ok(ay)?,?)\\b.*");
    private static final Pattern REFERS =
            Pattern.compile("(?is).*\\b(its|it|their|his|her|that|this|those|the|they)\\b.*");
    private static final Pattern ASKS_MORE =
            Pattern.compile("(?is).*\\b(its|their|his|her|and|with|also|plus|who|including)\\b.*");

    private final List<Tool> tools;
    private final LocalDate today;

    Planner(List<Tool> tools, LocalDate today) {
        this.tools = tools;
        this.today = today;
    }

    /** A call of a tool. */
    record Call(String tool, ObjectNode arguments) {}

    /** What to do: call, or ask for what is missing; neither if no tool fits. */
    record Plan(List<Call> calls, Binding unclear) {
        static final Plan NOTHING = new Plan(List.of(), null);

        static Plan of(List<Binding> bindings) {
            Set<Call> calls = new LinkedHashSet<>();
            bindings.forEach(binding -> binding.arguments()
                    .forEach(arguments -> calls.add(new Call(binding.tool().name(), arguments))));
            return new Plan(List.copyOf(calls), null);
        }
    }

    Question read(String text) {
        return Question.of(text, tools, today);
    }

    /**
     * The plan for a new question.
     *
     * @param before calls of the turn before
     * @param shown values by column that the turn before has shown
     */
    Plan first(Question question, List<Call> before, Map<String, Set<String>> shown) {
        Map<String, Set<String>> context = REFERS.matcher(question.text()).matches() ? shown : Map.of();
        Optional<Plan> again = again(question, before);
        if (again.isPresent()) {
            return again.get();
        }
        List<Binding> clauses = clauses(question);
        if (clauses.size() > 1) {
            return Plan.of(clauses);
        }
        Binding best = best(question, context);
        if (best == null || best.score() < (best.named() && !best.complete() ? 0.1 : ENOUGH)) {
            return Plan.NOTHING;
        }
        Optional<Binding> resolver = best.leavesName() ? resolver(best, question) : Optional.empty();
        if (resolver.isPresent()) {
            return Plan.of(List.of(resolver.get()));
        }
        return best.complete() ? Plan.of(List.of(best)) : new Plan(List.of(), best);
    }

    /**
     * What the results make possible: a question that names somebody whose id is known now, or a second thing that the
     * first leads to.
     *
     * @param made calls of this turn
     * @param shown values by column of their results
     */
    List<Call> next(Question question, List<Call> made, Map<String, Set<String>> shown) {
        Set<String> called = new LinkedHashSet<>();
        made.forEach(call -> called.add(call.tool()));
        Binding best = best(question, Map.of());
        if (best != null
                && best.leavesName()
                && !called.contains(best.tool().name())
                && resolver(best, question).isPresent()) {
            return new Resolved(best.tool()).calls(question, shown);
        }
        return ASKS_MORE.matcher(question.text()).matches() ? linked(question, made, called, shown) : List.of();
    }

    private List<Call> linked(Question question, List<Call> made, Set<String> called, Map<String, Set<String>> shown) {
        Set<String> open = new LinkedHashSet<>(question.roots());
        open.removeAll(question.ids().keySet());
        tools.stream().filter(tool -> called.contains(tool.name())).forEach(tool -> open.removeAll(tool.nameWords()));
        return tools.stream()
                .filter(tool -> !called.contains(tool.name())
                        && tool.nameWords().stream().anyMatch(open::contains))
                .filter(tool -> tool.parameters().stream().anyMatch(p -> p.required() && shown.containsKey(p.name())))
                .map(tool -> new Binding(tool, question, shown, today))
                .filter(Binding::complete)
                .max(Comparator.comparingDouble(Binding::score))
                .map(binding -> Plan.of(List.of(binding)).calls().stream()
                        .filter(call -> !made.contains(call))
                        .toList())
                .orElse(List.of());
    }

    /** Runs a tool for somebody whose id a search has found; nothing if it found nobody or several. */
    private record Resolved(Tool tool) {
        List<Call> calls(Question question, Map<String, Set<String>> shown) {
            for (Tool.Parameter parameter : tool.parameters()) {
                Set<String> found = shown.getOrDefault(parameter.name(), Set.of());
                if (parameter.kind() == Tool.Kind.ID && found.size() == 1) {
                    ObjectNode arguments = Json.object();
                    if (parameter.integer()) {
                        arguments.put(
                                parameter.name(),
                                Long.parseLong(found.iterator().next()));
                    } else {
                        arguments.put(parameter.name(), found.iterator().next());
                    }
                    return List.of(new Call(tool.name(), arguments));
                }
            }
            return List.of();
        }
    }

    private Optional<Binding> resolver(Binding wanted, Question question) {
        Set<String> nouns = new LinkedHashSet<>();
        wanted.tool().parameters().forEach(parameter -> nouns.add(parameter.noun()));
        return tools.stream()
                .filter(tool ->
                        !tool.equals(wanted.tool()) && tool.nameWords().stream().anyMatch(nouns::contains))
                .map(tool -> new Binding(tool, question, Map.of(), today))
                .filter(binding -> binding.complete() && binding.bindsName())
                .max(Comparator.comparingDouble(Binding::score));
    }

    private Binding best(Question question, Map<String, Set<String>> context) {
        return tools.stream()
                .map(tool -> new Binding(tool, question, context, today))
                .max(Comparator.comparingDouble(Binding::score))
                .orElse(null);
    }

    /** The parts of a question if each of two or more is a question that a tool answers; otherwise nothing. */
    private List<Binding> clauses(Question question) {
        List<Binding> bindings = new ArrayList<>();
        String[] parts = CLAUSES.split(question.text());
        for (String part : parts) {
            Binding best = best(question.part(part, tools, today), Map.of());
            if (best == null || best.score() < SURE || !best.complete()) {
                return List.of();
            }
            bindings.add(best);
        }
        return bindings;
    }

    /** The calls of the turn before with what the question changes in them, if it is a follow-up. */
    private Optional<Plan> again(Question question, List<Call> before) {
        boolean follows =
                FOLLOW_UP.matcher(question.text()).matches() || question.words().size() <= 3;
        if (!follows || before.isEmpty()) {
            return Optional.empty();
        }
        Binding best = best(question, Map.of());
        Set<String> names = new LinkedHashSet<>();
        before.forEach(call -> names.add(call.tool()));
        if (best != null
                && best.named()
                && best.score() >= SURE
                && !names.contains(best.tool().name())) {
            return Optional.empty();
        }
        for (Call call : before) {
            Optional<Tool> tool = tools.stream()
                    .filter(offered -> offered.name().equals(call.tool()))
                    .findFirst();
            if (tool.isPresent()) {
                Binding binding = new Binding(tool.get(), question, Map.of(), today);
                Map<String, ObjectNode> changed = new LinkedHashMap<>();
                binding.arguments().forEach(arguments -> {
                    ObjectNode merged = call.arguments().deepCopy();
                    merged.setAll(arguments);
                    changed.put(merged.toString(), merged);
                });
                boolean differs = changed.values().stream().anyMatch(arguments -> !arguments.equals(call.arguments()));
                if (binding.usesAllFacts() && differs) {
                    return Optional.of(new Plan(
                            changed.values().stream()
                                    .map(arguments -> new Call(call.tool(), arguments))
                                    .toList(),
                            null));
                }
            }
        }
        return Optional.empty();
    }
}
