package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.base.Sha256;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.RealToolbox;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Who may use what, through each door: what callers are told, what the model is offered, what runs, waits and is refused, who can approve it, and
 * what is recorded of it, against an evaluator that was written apart.
 */
class RightsByDoorIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A rule; the list {@code approvers} says who has to approve a tool's calls. */
    private record Line(String list, String tool, String kind, String name) {
        String text() {
            return tool + (kind.isEmpty() ? "" : (list.equals("approvers") ? " by " : " for ") + kind + ":" + name);
        }
    }

    private static final List<Line> RULES = List.of(
            new Line("deny", "list_tables", "", ""),
            new Line("allow", "list_tables", "subject", "ann"),
            new Line("deny", "top_products", "group", "support"),
            new Line("allow", "top_products", "key", "both"),
            new Line("deny", "get_customer", "key", "plain"),
            new Line("allow", "get_customer", "group", "support"),
            new Line("ask", "search_orders", "group", "finance"),
            new Line("allow", "search_orders", "key", "both"),
            new Line("ask", "get_order", "", ""),
            new Line("allow", "get_order", "role", "lead"),
            new Line("ask", "sales_by_period", "role", "lead"),
            new Line("deny", "sales_by_period", "scope", "narrow"),
            new Line("ask", "search_products", "subject", "ann"),
            new Line("deny", "search_products", "group", "support"),
            new Line("approvers", "late_shipments", "group", "finance"),
            new Line("approvers", "describe_table", "key", "support"),
            new Line("approvers", "describe_table", "subject", "ann"));

    /** The sample shop's tools, all of which only read, with arguments that they take. */
    private static final Map<String, String> TOOLS = new LinkedHashMap<>();

    static {
        TOOLS.put("search_customers", "{\"query\":\"a\"}");
        TOOLS.put("get_customer", "{\"customer_id\":7}");
        TOOLS.put("search_orders", "{\"customer_id\":7}");
        TOOLS.put("get_order", "{\"order_id\":3}");
        TOOLS.put("search_products", "{\"query\":\"a\"}");
        TOOLS.put("top_products", "{\"from_date\":\"2020-01-01\",\"to_date\":\"2030-01-01\"}");
        TOOLS.put("sales_by_period", "{\"from_date\":\"2020-01-01\",\"to_date\":\"2030-01-01\"}");
        TOOLS.put("late_shipments", "{}");
        TOOLS.put("list_tables", "{}");
        TOOLS.put("describe_table", "{\"table\":\"orders\"}");
    }

    /** Somebody, with all that rules can go by: {@code group:support}. */
    private record Person(String name, Set<String> facts, String[] headers) {
        boolean is(Line line) {
            return line.kind().isEmpty() || facts.contains(line.kind() + ":" + line.name());
        }
    }

    private static final List<String> DOORS = List.of("chat", "stream", "v1", "ag-ui", "mcp");
    private static final String[] AUDITOR = Door.key("key-of-the-auditor-90ad3311");
    private static final String[] POOR = Door.key("key-of-the-poor-one-4411aa0b");

    private static RealToolbox toolbox;
    private static Door door;
    private static List<Person> people;
    private static String subjectOfAnn;

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        door = new Door(Map.of(
                "MCP_URL", toolbox.url().toString(),
                "AGENT_TOOLS_DENY", list("deny"),
                "AGENT_TOOLS_ASK", list("ask"),
                "AGENT_TOOLS_ALLOW", list("allow"),
                "AGENT_TOOLS_APPROVERS", list("approvers"),
                "AGENT_AUDIT_AUDITORS", "key:auditor",
                "AGENT_AUDIT_ARGUMENTS", "whole",
                "AGENT_ACCESS_LIMITS", "request-tokens 10 for key:poor"));
        Map<String, Object> keys = new HashMap<>(Door.keys());
        List<Person> all = new ArrayList<>();
        all.add(key(keys, "plain", List.of(), List.of()));
        all.add(key(keys, "support", List.of("support"), List.of()));
        all.add(key(keys, "finance", List.of("finance"), List.of()));
        all.add(key(keys, "both", List.of("support", "finance"), List.of("lead")));
        Map<String, Object> ann = door.issuer.claims("ann");
        ann.put("groups", List.of("support"));
        ann.put("scope", "orders narrow");
        all.add(new Person("ann", Set.of("subject:ann", "group:support", "scope:narrow", "scope:orders"), new String[] {
            "Authorization", "Bearer " + door.issuer.token(ann)
        }));
        Map<String, Object> eve = new HashMap<>(Door.vouched("eve"));
        eve.put("groups", List.of("finance"));
        all.add(new Person("via:ui:eve", Set.of("key:ui", "group:finance"), new String[] {
            "Authorization", "Bearer " + Door.UI, Door.PERSON_HEADER, TestIssuer.hmac(eve, Door.UI_SECRET)
        }));
        people = List.copyOf(all);
        subjectOfAnn = "user:" + Sha256.hex(door.issuer.url()).substring(0, 16) + ":ann";
        keys.put("auditor", KeySecret.hash(AUDITOR[1]));
        keys.put("poor", KeySecret.hash(POOR[1]));
        door.secret.change(keys);
        Await.until(
                "the keys to be read", () -> door.agent.get("/audit", AUDITOR).statusCode() == 200);
        Await.until(
                "the tools to be listed",
                () -> door.agent.get("/tools", AUDITOR).statusCode() == 200);
    }

    private static String list(String name) {
        return String.join(
                ",",
                RULES.stream()
                        .filter(line -> line.list().equals(name))
                        .map(Line::text)
                        .toList());
    }

    private static Person key(Map<String, Object> keys, String name, List<String> groups, List<String> roles) {
        String key = "key-of-" + name + "-" + UUID.randomUUID();
        keys.put(name, Map.of("sha256", KeySecret.hash(key), "attributes", Map.of("groups", groups, "roles", roles)));
        Set<String> facts = new TreeSet<>(Set.of("key:" + name));
        groups.forEach(group -> facts.add("group:" + group));
        roles.forEach(role -> facts.add("role:" + role));
        return new Person("key:" + name, facts, Door.key(key));
    }

    @AfterAll
    static void stop() {
        if (door != null) {
            door.close();
        }
        toolbox.close();
    }

    /** The evaluator: from the most specific kind of caller to everybody; there deny, else ask, else allow. */
    private static String ruling(Person person, String tool) {
        for (Set<String> level :
                List.of(Set.of("subject"), Set.of("key"), Set.of("group", "role", "scope"), Set.of(""))) {
            for (String list : List.of("deny", "ask", "allow")) {
                for (Line line : RULES) {
                    if (line.list().equals(list)
                            && line.tool().equals(tool)
                            && level.contains(line.kind())
                            && person.is(line)) {
                        return list.equals("allow") && needsAnother(tool) ? "ask" : list;
                    }
                }
            }
        }
        return needsAnother(tool) ? "ask" : "allow";
    }

    private static boolean needsAnother(String tool) {
        return RULES.stream()
                .anyMatch(line -> line.list().equals("approvers") && line.tool().equals(tool));
    }

    private static boolean isApprover(Person person, String tool) {
        return RULES.stream()
                .anyMatch(line -> line.list().equals("approvers") && line.tool().equals(tool) && person.is(line));
    }

    private static Set<String> toolsOf(Person person, String... rulings) {
        Set<String> tools = new TreeSet<>(TOOLS.keySet());
        tools.removeIf(tool -> !List.of(rulings).contains(ruling(person, tool)));
        return tools;
    }

    /** A call that waits, as the one who asked for it sees it in the list of those. */
    private record Waiting(Person asker, String tool, String conversation, String call, String id, String digest) {}

    @Test
    void should_offer_run_refuse_and_have_approved_exactly_what_the_rules_say_at_each_door() throws Exception {
        door.bedrock.always(Script.Rounds.of(
                Script.calls(TOOLS.entrySet().stream()
                        .map(tool ->
                                new Script.Block.ToolUse("t-" + tool.getKey(), tool.getKey(), parse(tool.getValue())))
                        .toArray(Script.Block.ToolUse[]::new)),
                Script.text("Done.")));
        Set<String> rulings = new TreeSet<>();
        int turns = 0;
        for (Person person : people) {
            assertToldRights(person);
            for (String through : DOORS) {
                turns++;
                List<JsonNode> records = records(person.headers(), trace -> {
                    int before = door.bedrock.requests().size();
                    HttpResponse<String> answer = ask(through, "Do all", person.headers(), trace);
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    assertThat(offered(before))
                            .as("%s at %s", person.name(), through)
                            .isEqualTo(toolsOf(person, "allow", "ask"));
                });
                List<String> expected = new ArrayList<>();
                TOOLS.forEach((tool, arguments) -> {
                    rulings.add(ruling(person, tool));
                    switch (ruling(person, tool)) {
                        case "allow" -> {
                            expected.add("call_begin " + tool + " " + arguments);
                            expected.add("call_end " + tool + " ok");
                        }
                        case "ask" -> expected.add("approval_asked " + tool + " " + arguments);
                        default -> expected.add("call_refused " + tool + " " + arguments + " unknown_tool");
                    }
                });
                assertThat(told(records))
                        .as("%s at %s", person.name(), through)
                        .containsExactlyInAnyOrderElementsOf(expected);
                assertJoined(records, person, through);
            }
        }
        assertThat(rulings).containsExactly("allow", "ask", "deny");
        int decisions = decideAll();
        System.out.printf(
                "Rights: %d turns of %d callers through %d doors with %d tools, %d decisions of others, all as the rules say%n",
                turns, people.size(), DOORS.size(), TOOLS.size(), decisions);
    }

    private static void assertToldRights(Person person) throws IOException {
        Map<String, String> told = new HashMap<>();
        body(200, door.agent.get("/tools", person.headers()))
                .path("tools")
                .forEach(tool -> told.put(
                        tool.path("name").asText(),
                        tool.path("use").asText() + " " + tool.path("offered").asBoolean()));
        Map<String, String> expected = new HashMap<>();
        TOOLS.keySet().forEach(tool -> {
            String ruling = ruling(person, tool);
            expected.put(tool, ruling + " " + !ruling.equals("deny"));
        });
        assertThat(told).as(person.name()).isEqualTo(expected);
    }

    /** What the models were offered in the requests that came in meanwhile: all of them the same. */
    private static Set<String> offered(int before) {
        List<Set<String>> lists = new ArrayList<>();
        door.bedrock.requests().stream().skip(before).forEach(request -> {
            Set<String> names = new TreeSet<>();
            request.body().at("/toolConfig/tools").forEach(tool -> {
                if (tool.has("toolSpec")) {
                    names.add(tool.at("/toolSpec/name").asText());
                }
            });
            lists.add(names);
        });
        assertThat(new java.util.HashSet<>(lists)).hasSize(1);
        return lists.getFirst();
    }

    /** Everybody tries to decide on every call that waits; then those who asked have it run. */
    private static int decideAll() throws Exception {
        int decisions = 0;
        Map<Person, Set<String>> listed = new HashMap<>();
        List<Waiting> waiting = new ArrayList<>();
        for (Person person : people) {
            Set<String> seen = new TreeSet<>();
            Map<String, Waiting> own = new HashMap<>();
            for (JsonNode call : waitingFor(person)) {
                String asker = call.path("askedBy").asText();
                seen.add(asker + " " + call.path("tool").asText());
                if (call.has("conversationId")) {
                    own.putIfAbsent(
                            call.path("tool").asText(),
                            new Waiting(
                                    person,
                                    call.path("tool").asText(),
                                    call.path("conversationId").asText(),
                                    call.path("callId").asText(),
                                    call.path("id").asText(),
                                    call.path("digest").asText()));
                }
            }
            listed.put(person, seen);
            assertThat(own.keySet()).as(person.name()).isEqualTo(toolsOf(person, "ask"));
            waiting.addAll(own.values());
        }
        for (Person person : people) {
            Set<String> expected = new TreeSet<>();
            waiting.stream()
                    .filter(call -> call.asker() == person || isApprover(person, call.tool()))
                    .forEach(call -> expected.add(subject(call.asker()) + " " + call.tool()));
            assertThat(listed.get(person)).as(person.name()).isEqualTo(expected);
        }
        for (Waiting call : waiting) {
            if (needsAnother(call.tool())) {
                assertDenied(call.asker(), "chat", trace -> body(409, approve(call, call.asker(), true, null, trace)));
            }
            decisions += decidedByOthers(call);
            Person asker = call.asker();
            boolean edits = call.tool().equals("get_order");
            String arguments = edits ? "{\"order_id\":4}" : TOOLS.get(call.tool());
            List<JsonNode> run = records(
                    asker.headers(), trace -> body(200, approve(call, asker, true, edits ? arguments : null, trace)));
            assertThat(told(run))
                    .as(call.tool())
                    .containsExactly(
                            "approved " + call.tool() + " " + arguments
                                    + (edits ? " instead of " + TOOLS.get(call.tool()) : ""),
                            "call_begin " + call.tool() + " " + arguments,
                            "call_end " + call.tool() + " ok");
            assertJoined(run, asker, "chat");
        }
        return decisions;
    }

    private static int decidedByOthers(Waiting call) throws Exception {
        int decisions = 0;
        List<Person> inTurn = new ArrayList<>(people);
        inTurn.sort(java.util.Comparator.comparing(person -> isApprover(person, call.tool())));
        boolean approved = false;
        for (Person person : inTurn) {
            decisions++;
            boolean may = person != call.asker() && isApprover(person, call.tool());
            if (!may) {
                assertDenied(
                        person,
                        "approvals",
                        trace -> body(person == call.asker() ? 403 : 404, second(call, person, trace)));
            } else if (approved) {
                assertThat(records(person.headers(), trace -> body(409, second(call, person, trace))))
                        .isEmpty();
            } else {
                List<JsonNode> records = records(person.headers(), trace -> body(200, second(call, person, trace)));
                assertThat(told(records)).containsExactly("approved " + call.tool() + " " + TOOLS.get(call.tool()));
                assertThat(records.getFirst().path("askedBy").asText()).isEqualTo(subject(call.asker()));
                assertThat(records.getFirst().path("callId").asText()).isEqualTo(call.call());
                assertJoined(records, person, "approvals");
                approved = true;
            }
        }
        assertThat(approved).as(call.tool()).isEqualTo(needsAnother(call.tool()));
        return decisions;
    }

    private static void assertDenied(Person person, String at, Act act) throws Exception {
        List<JsonNode> records = records(person.headers(), act);
        assertThat(told(records)).hasSize(1).first().asString().startsWith("rights_denied");
        assertThat(records.getFirst().path("door").asText()).isEqualTo(at);
        assertThat(records.getFirst().path("caller").asText()).isEqualTo(subject(person));
    }

    private static HttpResponse<String> approve(Waiting call, Person by, boolean approve, String edited, String trace) {
        return door.agent.post(
                "/chat/" + call.conversation() + "/approvals/" + call.call(),
                "{\"approve\":" + approve + (edited == null ? "" : ",\"arguments\":" + edited) + "}",
                with(by.headers(), "traceparent", trace));
    }

    private static HttpResponse<String> second(Waiting call, Person by, String trace) {
        return door.agent.post(
                "/approvals/" + call.id(),
                "{\"approve\":true,\"digest\":\"" + call.digest() + "\"}",
                with(by.headers(), "traceparent", trace));
    }

    private static List<JsonNode> waitingFor(Person person) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        String next = "";
        while (next != null) {
            JsonNode page = body(200, door.agent.get("/approvals" + next, person.headers()));
            page.path("approvals").forEach(all::add);
            next = page.has("next") ? "?after=" + encoded(page) : null;
        }
        return all;
    }

    /** Each kind of record that has not been seen yet, at each door where it can come about. */
    @Test
    void should_record_once_what_failed_was_declined_deleted_refused_by_a_budget_or_not_signed_in() throws Exception {
        Person plain = people.getFirst();
        for (String through : DOORS) {
            door.bedrock.always(
                    Script.Rounds.of(Script.call("get_customer", "{\"customer_id\":-1}"), Script.text("Done.")));
            Person finance = people.get(2);
            List<JsonNode> failed = records(
                    finance.headers(),
                    trace -> assertThat(ask(through, "Fail", finance.headers(), trace)
                                    .statusCode())
                            .isEqualTo(200));
            assertThat(told(failed))
                    .containsExactly("call_begin get_customer {\"customer_id\":-1}", "call_end get_customer error");
            assertJoined(failed, finance, through);

            Person poor = new Person("key:poor", Set.of(), POOR);
            List<JsonNode> refused = records(POOR, trace -> ask(through, "Too much", POOR, trace));
            assertThat(told(refused)).as(through).containsExactly("budget_refused");
            assertJoined(refused, poor, through);
        }
        for (String through : List.of("chat", "stream", "ag-ui")) {
            door.bedrock.always(Script.Rounds.of(Script.call("get_order", "{\"order_id\":3}"), Script.text("Done.")));
            for (String verdict : List.of("declined", "edited")) {
                String conversation = "c-" + UUID.randomUUID();
                body(200, askIn(conversation, "ag-ui", "Look", plain.headers(), trace()));
                Waiting call = new Waiting(plain, "get_order", conversation, callIn(conversation, plain), "", "");
                List<JsonNode> decided = records(plain.headers(), trace -> {
                    HttpResponse<String> answer = decide(through, call, verdict, trace);
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                });
                assertThat(told(decided))
                        .as(through)
                        .containsExactlyElementsOf(
                                verdict.equals("declined")
                                        ? List.of("declined get_order {\"order_id\":3} because Not now.")
                                        : List.of(
                                                "approved get_order {\"order_id\":4} instead of {\"order_id\":3}",
                                                "call_begin get_order {\"order_id\":4}",
                                                "call_end get_order ok"));
                assertJoined(decided, plain, through);
                List<JsonNode> deleted = records(
                        plain.headers(),
                        trace -> assertThat(door.agent
                                        .delete("/chat/" + conversation, with(plain.headers(), "traceparent", trace))
                                        .statusCode())
                                .isEqualTo(204));
                assertThat(told(deleted)).containsExactly("deletion");
                assertThat(deleted.getFirst().path("conversationId").asText()).isEqualTo(conversation);
            }
        }
        for (String path : List.of("/audit", "/tools/explain?tool=get_order")) {
            assertDenied(
                    plain,
                    path.split("[/?]")[1],
                    trace -> body(403, door.agent.get(path, with(plain.headers(), "traceparent", trace))));
        }
        assertSignInFailures();
    }

    private static void assertSignInFailures() throws Exception {
        String[] nobody = Door.key("key-of-nobody");
        Map<String, Act> ways = new LinkedHashMap<>();
        DOORS.forEach(through -> ways.put(
                through,
                trace -> assertThat(ask(through, "Hello", nobody, trace).statusCode())
                        .isEqualTo(401)));
        for (String path : List.of("tools", "approvals", "audit")) {
            ways.put(path, trace -> body(401, door.agent.get("/" + path, with(nobody, "traceparent", trace))));
        }
        for (Map.Entry<String, Act> way : ways.entrySet()) {
            List<JsonNode> records = new ArrayList<>();
            // Of more than five in a second, those of other tests too, the rest is only counted: then it is tried
            // again.
            Await.until("a failed sign-in to be recorded", () -> {
                records.addAll(records(nobody, way.getValue()));
                return !records.isEmpty();
            });
            assertThat(told(records)).as(way.getKey()).containsExactly("sign_in_failed");
            assertThat(records.getFirst().path("door").asText()).isEqualTo(name(way.getKey()));
            assertThat(records.getFirst().path("caller").asText()).isEqualTo("unknown");
        }
    }

    private static HttpResponse<String> decide(String through, Waiting call, String verdict, String trace) {
        boolean declines = verdict.equals("declined");
        String[] headers = with(call.asker().headers(), "traceparent", trace);
        if (through.equals("ag-ui")) {
            ObjectNode run = run(call.conversation());
            ObjectNode answer = run.putArray("resume")
                    .addObject()
                    .put("interruptId", call.call())
                    .put("status", "resolved");
            ObjectNode payload = answer.putObject("payload").put("approved", !declines);
            if (declines) {
                payload.put("reason", "Not now.");
            } else {
                payload.putObject("editedArgs").put("order_id", 4);
            }
            return door.agent.post("/ag-ui", run.toString(), headers);
        }
        return door.agent.post(
                "/chat/" + call.conversation() + "/approvals/" + call.call(),
                declines
                        ? "{\"approve\":false,\"reason\":\"Not now.\"}"
                        : "{\"approve\":true,\"arguments\":{\"order_id\":4}}",
                with(headers, "Accept", through.equals("stream") ? "text/event-stream" : "application/json"));
    }

    private static String callIn(String conversation, Person owner) throws IOException {
        return body(200, door.agent.get("/chat/" + conversation, owner.headers()))
                .at("/approvals/0/callId")
                .asText();
    }

    /** Asks through a door; the answer's words are of no matter here. */
    private static HttpResponse<String> ask(String through, String message, String[] headers, String trace) {
        return askIn("c-" + UUID.randomUUID(), through, message, headers, trace);
    }

    private static HttpResponse<String> askIn(
            String conversation, String through, String message, String[] headers, String trace) {
        String[] all = with(headers, "traceparent", trace);
        ObjectNode body = JSON.createObjectNode();
        return switch (through) {
            case "chat", "stream" ->
                door.agent.post(
                        "/chat",
                        body.put("message", message).toString(),
                        with(all, "Accept", through.equals("chat") ? "application/json" : "text/event-stream"));
            case "v1" -> {
                body.put("model", "mcp-agent")
                        .putArray("messages")
                        .addObject()
                        .put("role", "user")
                        .put("content", message);
                yield door.agent.post("/v1/chat/completions", body.toString(), all);
            }
            case "ag-ui" -> {
                ObjectNode run = run(conversation);
                run.withArray("messages")
                        .addObject()
                        .put("id", "m1")
                        .put("role", "user")
                        .put("content", message);
                yield door.agent.post("/ag-ui", run.toString(), all);
            }
            default -> {
                body.put("jsonrpc", "2.0").put("id", 1).put("method", "tools/call");
                body.putObject("params")
                        .put("name", "ask")
                        .putObject("arguments")
                        .put("message", message);
                yield door.agent.post(
                        "/mcp", body.toString(), with(all, "Accept", "application/json, text/event-stream"));
            }
        };
    }

    private static ObjectNode run(String conversation) {
        ObjectNode run = JSON.createObjectNode()
                .put("threadId", conversation)
                .put("runId", UUID.randomUUID().toString());
        run.putObject("state");
        run.putArray("messages");
        run.putArray("tools");
        run.putArray("context");
        run.putObject("forwardedProps");
        return run;
    }

    /** Something that is done under a trace. */
    private interface Act {
        void under(String trace) throws Exception;
    }

    private static String trace() {
        return "00-" + UUID.randomUUID().toString().replace("-", "") + "-00f067aa0ba902b7-01";
    }

    /** What was recorded of it: everything of its trace. */
    private static List<JsonNode> records(String[] headers, Act act) throws Exception {
        Instant from = Instant.now();
        String trace = trace();
        act.under(trace);
        // What this one's deletion waits for was recorded before it.
        door.agent.delete("/chat/not-there", AUDITOR);
        List<JsonNode> found = new ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = body(200, door.agent.get("/audit?from=" + from.minusSeconds(1) + after, AUDITOR));
            page.path("records").forEach(record -> {
                if (record.path("traceId").asText().equals(trace.split("-")[1])) {
                    found.add(record);
                }
            });
            after = page.has("next") ? "&after=" + encoded(page) : null;
        }
        return found;
    }

    private static String encoded(JsonNode page) {
        return URLEncoder.encode(page.path("next").asText(), StandardCharsets.UTF_8);
    }

    private static List<String> told(List<JsonNode> records) {
        return records.stream()
                .map(record -> record.path("kind").asText()
                        + member(record, "tool", " ")
                        + member(record, "arguments", " ")
                        + member(record, "shown", " instead of ")
                        + member(record, "reason", " because ")
                        + member(record, "outcome", " "))
                .toList();
    }

    private static String member(JsonNode record, String name, String before) {
        return record.has(name) ? before + record.path(name).asText() : "";
    }

    /** Who, through which door, in which conversation and run, and calls by ids that pair their records. */
    private static void assertJoined(List<JsonNode> records, Person person, String through) {
        Set<String> runs = new TreeSet<>();
        Set<String> conversations = new TreeSet<>();
        Map<String, String> tools = new HashMap<>();
        for (JsonNode record : records) {
            assertThat(record.path("caller").asText()).isEqualTo(subject(person));
            assertThat(record.path("door").asText()).isEqualTo(name(through));
            runs.add(record.path("runId").asText());
            conversations.add(record.path("conversationId").asText());
            if (record.has("callId")) {
                assertThat(tools.merge(
                                record.path("callId").asText(),
                                record.path("tool").asText(),
                                (a, b) -> b))
                        .isEqualTo(record.path("tool").asText());
            }
            if (record.path("kind").asText().equals("call_end")
                    && record.path("outcome").asText().equals("ok")) {
                assertThat(record.path("rows").isIntegralNumber())
                        .as(record.toString())
                        .isTrue();
            }
        }
        assertThat(runs).hasSize(1).doesNotContain("");
        assertThat(conversations).hasSize(1).doesNotContain("");
        assertThat(new TreeSet<>(tools.values())).hasSize(tools.size());
    }

    private static String name(String through) {
        return through.equals("stream") ? "chat" : through;
    }

    private static String subject(Person person) {
        return person.name().equals("ann") ? subjectOfAnn : person.name();
    }

    private static String[] with(String[] headers, String... more) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static JsonNode body(int status, HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return response.body().startsWith("{") ? JSON.readTree(response.body()) : JSON.missingNode();
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
