package io.mcpagent.turn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.ConverseRequest;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A scripted model and an agent that asks it. The model answers by the question, so that any number of turns can run at once. */
public final class Stage implements AutoCloseable {

    private static final Script OTHERWISE = Script.text("All is well.");

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final Map<String, Script> byQuestion = new ConcurrentHashMap<>();
    private final AgentProcess agent;
    /** Of each request, since many threads wait for theirs among thousands. */
    private final Map<RecordedRequest, String> questions = Collections.synchronizedMap(new IdentityHashMap<>());

    private Stage(URI tools, Map<String, String> settings, boolean expectTools) {
        bedrock.respond(this::answer);
        try {
            agent = start(tools, settings, expectTools);
        } catch (RuntimeException | Error e) {
            bedrock.close();
            throw e;
        }
    }

    /** Starts both, with settings of the agent as pairs, and waits until the agent has its tools and has answered once. */
    public static Stage with(URI tools, String... settings) {
        return new Stage(tools, pairs(settings), true);
    }

    /** Starts both; the tools need not be there. */
    public static Stage withoutTools(URI tools, String... settings) {
        return new Stage(tools, pairs(settings), false);
    }

    /** Starts one more agent over the same model, and waits until it has its tools and has answered once. */
    public AgentProcess startAnother(URI tools, String... settings) {
        return start(tools, pairs(settings), true);
    }

    private AgentProcess start(URI tools, Map<String, String> settings, boolean expectTools) {
        // One caller asks as much as these tests do.
        Map<String, String> all = new HashMap<>(Map.of(
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString(),
                "MCP_URL",
                tools.toString(),
                "AGENT_ACCESS_REQUESTS_PER_MINUTE",
                "1000000",
                "AGENT_ACCESS_CONCURRENT_TURNS",
                "600"));
        // How soon it gives up a server of this machine is not what they are about, and a machine that does much else
        // takes its time.
        for (String limit :
                List.of("AGENT_TOOLS_CONNECT_TIMEOUT", "AGENT_TOOLS_LIST_TIMEOUT", "AGENT_MODEL_CONNECT_TIMEOUT")) {
            all.put(limit, "30s");
        }
        all.putAll(settings);
        AgentProcess started = AgentProcess.start(all);
        try {
            Await.until("the agent's first answer", Duration.ofMinutes(5), () -> isReady(started, expectTools));
            return started;
        } catch (AssertionError e) {
            started.close();
            throw e;
        }
    }

    private static boolean isReady(AgentProcess agent, boolean expectTools) {
        return List.of("application/json", "text/event-stream").stream().allMatch(accept -> {
            Answer answer = askOf(agent, null, "Hello", accept);
            return answer.succeeded() && (answer.reply().path("notices").isEmpty() || !expectTools);
        });
    }

    private static Map<String, String> pairs(String... settings) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return map;
    }

    private Script answer(ConverseRequest request) {
        return byQuestion.getOrDefault(lastQuestion(request.body()), OTHERWISE);
    }

    /** From now on the model answers this question so; any other one with a short sentence. */
    public void when(String question, Script script) {
        byQuestion.put(question, script);
    }

    /** Answers by the question again, after a test gave the model another way to answer. */
    void answerByQuestion() {
        bedrock.respond(this::answer);
    }

    public LocalBedrock bedrock() {
        return bedrock;
    }

    public AgentProcess agent() {
        return agent;
    }

    /** Asks for a JSON document; {@code conversationId} may be null. */
    public Answer ask(String conversationId, String message, String... headers) {
        return askOf(agent, conversationId, message, "application/json", headers);
    }

    /** Asks for events; {@code conversationId} may be null. */
    public Answer askStreaming(String conversationId, String message, String... headers) {
        return askOf(agent, conversationId, message, "text/event-stream", headers);
    }

    /** Asks in one of the two ways. */
    public Answer ask(boolean streaming, String conversationId, String message, String... headers) {
        return streaming ? askStreaming(conversationId, message, headers) : ask(conversationId, message, headers);
    }

    public static Answer askOf(
            AgentProcess agent, String conversationId, String message, String accept, String... headers) {
        String[] all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 0, headers.length);
        all[headers.length] = "Accept";
        all[headers.length + 1] = accept;
        return Answer.of(agent.post("/chat", body(conversationId, message), all));
    }

    static String body(String conversationId, String message) {
        ObjectNode body = Answer.JSON.createObjectNode().put("message", message);
        if (conversationId != null) {
            body.put("conversationId", conversationId);
        }
        return body.toString();
    }

    /** Begins a conversation with one turn. */
    public String conversation() {
        Answer answer = ask(null, "Hello");
        if (!answer.succeeded()) {
            throw new AssertionError("a plain turn failed: " + answer);
        }
        return answer.conversationId();
    }

    /** The conversation as the agent shows it. */
    public JsonNode show(String conversationId) {
        return Answer.of(agent.get("/chat/" + conversationId)).body();
    }

    /** The requests to the model in which a question is the last one that a person asked. */
    public List<RecordedRequest> asked(String question) {
        return bedrock.requests().stream()
                .filter(request ->
                        question.equals(questions.computeIfAbsent(request, recorded -> lastQuestion(recorded.body()))))
                .toList();
    }

    /** The last thing that a person asked. */
    public static String lastQuestion(JsonNode body) {
        String last = "";
        for (JsonNode message : body.path("messages")) {
            for (JsonNode block : message.path("content")) {
                String text = block.path("text").asText();
                boolean asked = message.path("role").asText().equals("user") && block.has("text");
                last = asked && !text.startsWith("(Today is ") ? text : last;
            }
        }
        return last;
    }

    @Override
    public void close() {
        agent.close();
        bedrock.close();
    }
}
