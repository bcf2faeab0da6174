package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Planner.Call;
import io.mcpagent.local.bedrock.Planner.Plan;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Reply;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A plain keyword matcher in the place of Claude: it compares the question with the names, descriptions and
 * parameters of the offered tools, calls what fits, and shows the rows. The same request always gets the same reply.
 */
final class OfflineModel {

    private static final String SIGNATURE = "\n\n_Offline stand-in, not Claude._";
    private static final String ASKS = "I need ";
    private static final int MOST_ROUNDS = 4;
    private static final Pattern GREETING =
            Pattern.compile("(?is)\\s*(hi|hello|hey|good (morning|day|evening)|thanks|thank you|help|who are you|"
                    + "what can you do|what are you)\\b.{0,30}");
    private final Clock clock;

    OfflineModel() {
        this(Clock.systemDefaultZone());
    }

    /** @param clock what "last month" and the like start from when the request does not say what day it is */
    OfflineModel(Clock clock) {
        this.clock = clock;
    }

    Reply reply(ConverseRequest request) {
        List<Tool> tools = request.tools().stream().map(Tool::of).toList();
        if (tools.isEmpty()) {
            return say("No tools are offered to me, so I can't look anything up.");
        }
        Planner planner = new Planner(tools, today(request));
        if (request.rounds() > 0) {
            return afterResults(request, planner);
        }
        String text = request.question();
        if (GREETING.matcher(text).matches()) {
            return say("Hello. " + abilities(tools));
        }
        Question question = planner.read(text);
        Plan plan = planner.first(question, callsBefore(request), shownBefore(request));
        if (askedBefore(request) && (plan.calls().isEmpty() || question.words().size() <= 4)) {
            Plan answered = planner.first(planner.read(wholeQuestion(request)), List.of(), Map.of());
            plan = plan.calls().isEmpty() || answersWhatWasAsked(request, answered) ? answered : plan;
        }
        if (plan.unclear() != null) {
            return say(ask(plan.unclear()));
        }
        return plan.calls().isEmpty()
                ? say("I can't match that to a tool. " + abilities(tools))
                : call(request, plan.calls());
    }

    private static boolean answersWhatWasAsked(ConverseRequest request, Plan plan) {
        String asked = ConverseRequest.text(request.messages().get(request.turnStart() - 1));
        return plan.calls().stream().anyMatch(call -> asked.contains("`" + call.tool() + "`"));
    }

    private Reply afterResults(ConverseRequest request, Planner planner) {
        List<JsonNode> messages = request.messages();
        List<JsonNode> turn = messages.subList(request.turnStart(), messages.size());
        List<Call> made = calls(turn);
        if (request.rounds() < MOST_ROUNDS && request.lastResults().stream().noneMatch(OfflineModel::failed)) {
            Question question = planner.read(wholeQuestion(request));
            List<Call> next = planner.next(question, made, shown(turn)).stream()
                    .filter(call -> !made.contains(call))
                    .toList();
            if (!next.isEmpty()) {
                return call(request, next);
            }
        }
        return say(answer(turn));
    }

    /** A turn that answers our own question belongs to the question before it. */
    private static String wholeQuestion(ConverseRequest request) {
        return askedBefore(request) ? questionBefore(request) + " " + request.question() : request.question();
    }

    private static String answer(List<JsonNode> turn) {
        Map<String, JsonNode> calls = new LinkedHashMap<>();
        turn.forEach(message -> ConverseRequest.calls(message)
                .forEach(call -> calls.put(call.path("toolUseId").asText(), call)));
        List<String> parts = new ArrayList<>();
        for (JsonNode message : turn) {
            for (JsonNode result : ConverseRequest.results(message)) {
                parts.add(part(calls.get(result.path("toolUseId").asText()), result));
            }
        }
        return String.join("\n\n", parts);
    }

    private static String part(JsonNode call, JsonNode result) {
        String what = "`" + call.path("name").asText() + "`" + with(call.path("input"));
        if (failed(result)) {
            return what + " failed: " + ConverseRequest.text(result).strip();
        }
        Rows rows = Rows.of(result);
        if (rows.rows().isEmpty() && rows.notes().isEmpty()) {
            return what + " found no rows.";
        }
        String count = rows.rows().isEmpty()
                ? " says"
                : " found " + rows.rows().size() + (rows.rows().size() == 1 ? " row" : " rows");
        return what + count + ":\n\n" + rows.markdown().stripTrailing();
    }

    private static String with(JsonNode input) {
        return input.isEmpty()
                ? ""
                : input.properties().stream()
                        .map(entry -> entry.getKey() + " "
                                + (entry.getValue().asText().isBlank()
                                        ? "any"
                                        : entry.getValue().asText()))
                        .collect(Collectors.joining(", ", " (", ")"));
    }

    private static boolean failed(JsonNode result) {
        return result.path("status").asText().equals("error");
    }

    private static String ask(Binding unclear) {
        String missing = unclear.missing().stream()
                .map(parameter -> "**" + parameter.name() + "**"
                        + (parameter.description().isBlank() ? "" : " (" + parameter.description() + ")"))
                .collect(Collectors.joining(" and "));
        return "To use `" + unclear.tool().name() + "` " + ASKS + missing + ". Which shall it be?";
    }

    private static String abilities(List<Tool> tools) {
        return "I match words of a question with these tools: "
                + tools.stream().map(tool -> "`" + tool.name() + "`").collect(Collectors.joining(", ")) + ".";
    }

    private static Reply say(String text) {
        return Script.text(text + SIGNATURE);
    }

    /** Ids depend on the place in the conversation, so that they are never used twice in it. */
    private static Reply call(ConverseRequest request, List<Call> calls) {
        List<Block.ToolUse> blocks = new ArrayList<>();
        for (Call call : calls) {
            String seed = request.messages().size() + "/" + blocks.size() + "/" + call + request.question();
            blocks.add(new Block.ToolUse(Ids.toolUse(seed), call.tool(), call.arguments()));
        }
        return Script.calls(blocks.toArray(Block.ToolUse[]::new));
    }

    private LocalDate today(ConverseRequest request) {
        return request.today().orElseGet(() -> LocalDate.now(clock));
    }

    private static boolean askedBefore(ConverseRequest request) {
        int start = request.turnStart();
        return start > 1
                && calls(turnBefore(request)).isEmpty()
                && ConverseRequest.text(request.messages().get(start - 1)).contains(ASKS + "**");
    }

    private static String questionBefore(ConverseRequest request) {
        return ConverseRequest.text(turnBefore(request).getFirst());
    }

    /** The messages of the turn before, empty if this is the first. */
    private static List<JsonNode> turnBefore(ConverseRequest request) {
        List<JsonNode> messages = request.messages();
        int end = request.turnStart();
        int start = end - 1;
        while (start > 0
                && (!messages.get(start).path("role").asText().equals("user")
                        || !ConverseRequest.results(messages.get(start)).isEmpty())) {
            start--;
        }
        return end == 0 ? List.of() : messages.subList(start, end);
    }

    private static List<Call> callsBefore(ConverseRequest request) {
        return calls(turnBefore(request));
    }

    private static Map<String, Set<String>> shownBefore(ConverseRequest request) {
        return shown(turnBefore(request));
    }

    private static List<Call> calls(List<JsonNode> messages) {
        List<Call> calls = new ArrayList<>();
        messages.forEach(message -> ConverseRequest.calls(message)
                .forEach(call -> calls.add(new Call(
                        call.path("name").asText(),
                        call.path("input").deepCopy() instanceof ObjectNode input ? input : Json.object()))));
        return calls;
    }

    private static Map<String, Set<String>> shown(List<JsonNode> messages) {
        Map<String, Set<String>> shown = new LinkedHashMap<>();
        messages.forEach(message -> ConverseRequest.results(message)
                .forEach(result -> Rows.of(result)
                        .values()
                        .forEach((column, values) -> shown.computeIfAbsent(column, key -> new LinkedHashSet<>())
                                .addAll(values))));
        return shown;
    }
}
