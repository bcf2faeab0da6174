package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Tool.Kind;
import io.mcpagent.local.bedrock.Tool.Parameter;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How well a tool fits a question, and with which arguments: the parameters' values as far as they are said. */
final class Binding {

    private static final Pattern RANGE = Pattern.compile("(\\d+) (?:to|and|-) (\\d+)");
    private static final int MOST_CALLS = 5;

    private final Tool tool;
    private final Question question;
    private final Map<String, Set<String>> context;
    private final LocalDate today;
    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private final List<Parameter> missing = new ArrayList<>();
    private final Set<String> boundIds = new LinkedHashSet<>();
    private boolean boundNames;
    private double score;

    /**
     * @param context values by column that the conversation has shown, for what the question only refers to
     */
    Binding(Tool tool, Question question, Map<String, Set<String>> context, LocalDate today) {
        this.tool = tool;
        this.question = question;
        this.context = context;
        this.today = today;
        tool.parameters().stream()
                .filter(p -> p.kind() != Kind.TEXT && p.kind() != Kind.NUMBER)
                .forEach(this::bind);
        bindNumbers();
        bindTexts();
        tool.parameters().stream()
                .filter(p -> p.required() && !values.containsKey(p.name()))
                .forEach(missing::add);
        scoreValues();
    }

    Tool tool() {
        return tool;
    }

    double score() {
        return score + words() + facts() - gaps();
    }

    /** Two ends of a period are one thing to ask for. */
    private double gaps() {
        boolean period = missing.size() == 2
                && missing.stream().allMatch(p -> p.kind() == Kind.FROM_DATE || p.kind() == Kind.TO_DATE);
        return period ? 2 : Math.min(5, 2.5 * missing.size());
    }

    List<Parameter> missing() {
        return missing;
    }

    boolean complete() {
        return missing.isEmpty();
    }

    /** Whether everything that the question says beside words has a place in this tool. */
    boolean usesAllFacts() {
        return boundIds.containsAll(question.ids().keySet()) && facts() >= 0 && !values.isEmpty();
    }

    boolean leavesName() {
        return !question.names().isEmpty() && !boundNames;
    }

    boolean bindsName() {
        return boundNames;
    }

    /** Whether a word of the question that is no id's noun names the tool. */
    boolean named() {
        return tool.nameWords().stream()
                .anyMatch(root -> question.says(root) && !question.ids().containsKey(root));
    }

    /** The arguments of each call, one for each combination of values. */
    List<ObjectNode> arguments() {
        List<ObjectNode> all = List.of(Json.object());
        for (Parameter parameter : tool.parameters()) {
            List<ObjectNode> next = new ArrayList<>();
            for (ObjectNode arguments : all) {
                for (String value : values.getOrDefault(parameter.name(), List.of())) {
                    ObjectNode copy = arguments.deepCopy();
                    put(copy, parameter, value);
                    next.add(copy);
                }
            }
            all = next.isEmpty() ? all : next;
        }
        return all.subList(0, Math.min(all.size(), MOST_CALLS));
    }

    private static void put(ObjectNode arguments, Parameter parameter, String value) {
        switch (parameter.type()) {
            case "integer" -> arguments.put(parameter.name(), new BigDecimal(value).longValue());
            case "number", "float" -> {
                double number = Double.parseDouble(value);
                if (number == Math.rint(number)) {
                    arguments.put(parameter.name(), (long) number);
                } else {
                    arguments.put(parameter.name(), number);
                }
            }
            case "boolean" -> arguments.put(parameter.name(), true);
            default -> arguments.put(parameter.name(), value);
        }
    }

    private void bind(Parameter parameter) {
        Period period = question.period();
        List<String> found = switch (parameter.kind()) {
            case OPTION -> options(parameter);
            case ID -> ids(parameter);
            case FROM_DATE ->
                period == null || period.from() == null
                        ? List.of()
                        : List.of(period.from().toString());
            case TO_DATE ->
                period == null
                        ? List.of()
                        : period.to() != null
                                ? List.of(period.to().toString())
                                : parameter.required() ? List.of(today.toString()) : List.of();
            case DATE -> date(parameter, period);
            case COUNTRY -> question.countries();
            case FLAG -> flag(parameter) ? List.of("true") : List.of();
            case LIMIT -> question.limit() == null ? List.of() : List.of(clipped(parameter, question.limit()));
            case MOST -> question.most() == null ? List.of() : List.of(question.most());
            case LEAST -> question.least() == null ? List.of() : List.of(question.least());
            default -> List.of();
        };
        found = found.isEmpty() ? fromContext(parameter) : found;
        if (!found.isEmpty()) {
            values.put(parameter.name(), found);
        }
    }

    private List<String> fromContext(Parameter parameter) {
        Set<String> known = parameter.required() ? context.getOrDefault(parameter.name(), Set.of()) : Set.of();
        return known.size() == 1
                        && !(parameter.integer() && !known.iterator().next().matches("-?\\d{1,18}"))
                ? List.copyOf(known)
                : List.of();
    }

    private List<String> options(Parameter parameter) {
        return parameter.options().stream()
                .filter(option -> question.words().stream()
                                .anyMatch(word -> Words.singular(word).equals(Words.singular(option))
                                        || Words.root(word).equals(option)
                                        || Words.singular(word)
                                                .replace("canceled", "cancelled")
                                                .equals(option))
                        || (option.matches(".*[ _-].*")
                                && question.text()
                                        .toLowerCase()
                                        .contains(option.toLowerCase().replace('_', ' '))))
                .toList();
    }

    private List<String> ids(Parameter parameter) {
        List<String> said = question.ids().getOrDefault(parameter.noun(), List.of());
        if (said.isEmpty()
                && parameter.required()
                && question.numbers().size() == 1
                && question.says(parameter.noun())) {
            said = question.numbers();
        }
        List<String> fitting = said.stream()
                .filter(value -> !parameter.integer() || value.matches("\\d{1,18}"))
                .toList();
        if (!fitting.isEmpty()) {
            boundIds.add(parameter.noun());
        }
        return fitting;
    }

    /** A required day that nobody names is today: such a parameter asks for the day to judge by. */
    private List<String> date(Parameter parameter, Period period) {
        if (period == null) {
            return parameter.required() ? List.of(today.toString()) : List.of();
        }
        return List.of((period.to() != null ? period.to() : period.from()).toString());
    }

    private boolean flag(Parameter parameter) {
        Set<String> name = Words.partsOf(parameter.name());
        name.removeIf(part -> Words.stop(part) || part.matches("includ|has|is|only"));
        Set<String> described = Words.contentOf(parameter.description());
        described.removeAll(name);
        return (!name.isEmpty() && question.roots().containsAll(name))
                || described.stream().anyMatch(question::says);
    }

    private static String clipped(Parameter parameter, String value) {
        Matcher range = RANGE.matcher(parameter.description());
        long number = Long.parseLong(value);
        return String.valueOf(
                range.find()
                        ? Math.clamp(number, Long.parseLong(range.group(1)), Long.parseLong(range.group(2)))
                        : number);
    }

    private void bindNumbers() {
        List<String> numbers = new ArrayList<>(question.numbers());
        for (Parameter parameter : tool.parameters()) {
            if (parameter.kind() == Kind.NUMBER && !numbers.isEmpty()) {
                values.put(parameter.name(), List.of(numbers.removeFirst()));
            }
        }
    }

    private void bindTexts() {
        List<Parameter> texts = tool.parameters().stream()
                .filter(p -> p.kind() == Kind.TEXT)
                .sorted((a, b) -> Boolean.compare(b.required() || b.searches(), a.required() || a.searches()))
                .toList();
        List<String> names = new ArrayList<>(question.names());
        for (int i = 0; i < texts.size(); i++) {
            Parameter parameter = texts.get(i);
            if (!names.isEmpty()) {
                values.put(
                        parameter.name(),
                        List.of(i == texts.size() - 1 ? String.join(" ", names) : names.removeFirst()));
                boundNames = true;
                names = i == texts.size() - 1 ? new ArrayList<>() : names;
            } else if ((parameter.required() || parameter.searches())
                    && !question.leftovers().isEmpty()
                    && !boundNames) {
                boolean search = parameter.description().toLowerCase().contains("part of");
                values.put(
                        parameter.name(),
                        List.of(
                                search
                                        ? Words.singular(question.leftovers().getLast())
                                        : String.join(" ", question.leftovers())));
                score += 1.5;
                boundNames = true;
            } else if (parameter.required() && !question.countries().isEmpty() && values.size() > 0) {
                values.put(parameter.name(), List.of(""));
            }
        }
    }

    private void scoreValues() {
        for (Parameter parameter : tool.parameters()) {
            if (values.containsKey(parameter.name())) {
                score += switch (parameter.kind()) {
                    case OPTION -> parameter.hasDefault() ? 1 : 3;
                    case FLAG -> 2;
                    case LIMIT -> 0.5;
                    default -> 0;
                };
            }
        }
    }

    private double words() {
        double sum = 0;
        Set<String> parameterWords = new LinkedHashSet<>();
        tool.parameters().forEach(parameter -> parameterWords.addAll(Words.partsOf(parameter.name())));
        for (String root : question.roots()) {
            boolean id = question.ids().containsKey(root);
            String verb = Words.verb(root);
            sum += tool.nameWords().contains(root)
                    ? (id ? 2 : 4)
                    : verb != null
                            ? (tool.verbs().contains(verb) ? 1 : 0)
                            : tool.descriptionWords().contains(root) || parameterWords.contains(root)
                                    ? (id ? 0.5 : 1)
                                    : 0;
        }
        sum -= tool.nameWords().stream().filter(root -> !question.says(root)).count();
        return sum + (tool.aboutPeople() && question.text().matches("(?is)\\s*who\\b.*") ? 2.5 : 0);
    }

    /** What the question says beside words is worth a lot if the tool can use it, and speaks against it if it can't. */
    private double facts() {
        double sum = 0;
        for (String noun : question.ids().keySet()) {
            sum += boundIds.contains(noun) ? 2 : -3;
        }
        sum += question.period() == null ? 0 : has(Kind.FROM_DATE) || has(Kind.DATE) || has(Kind.TO_DATE) ? 2 : -2;
        sum += question.countries().isEmpty() ? 0 : has(Kind.COUNTRY) ? 2 : -2;
        sum += question.most() == null ? 0 : has(Kind.MOST) ? 2 : -1;
        sum += question.least() == null ? 0 : has(Kind.LEAST) ? 2 : -1;
        return sum + (question.names().isEmpty() ? 0 : boundNames ? 2 : -1.5);
    }

    private boolean has(Kind kind) {
        return tool.parameters().stream()
                .anyMatch(parameter -> parameter.kind() == kind && values.containsKey(parameter.name()));
    }
}
