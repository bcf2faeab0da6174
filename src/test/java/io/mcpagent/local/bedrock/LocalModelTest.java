package io.mcpagent.local.bedrock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.base.Deadline;
import io.mcpagent.local.bedrock.ScriptedOpenAi.Answer;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.RealModels;
import io.mcpagent.model.ReplyListener;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import io.mcpagent.model.ToolDefinition;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A local model behind the local Bedrock, as the agent's own client meets it; the model's server says what a script says. */
@Timeout(120)
class LocalModelTest {

    private static final String MODEL = "us.anthropic.claude-sonnet-5-5";
    private static final ToolDefinition TOOL = new ToolDefinition(
            "orders", "Orders of a customer", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}}}");
    private static final String END = "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}";

    private ScriptedOpenAi server;
    private LocalBedrock bedrock;
    private RealModels models;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedOpenAi();
        start(server.url());
    }

    private void start(URI url) {
        bedrock = LocalBedrock.start(0, Optional.of(new LocalModel(url, Optional.empty(), Optional.of("secret"))));
        models = new RealModels(bedrock.uri(), "agent.model.id", MODEL, "agent.model.max-attempts", "1");
    }

    @AfterEach
    void close() {
        models.close();
        bedrock.close();
        server.close();
    }

    private static ModelRequest question(Message... messages) {
        return new ModelRequest("You answer.", List.of(messages), List.of(TOOL), Deadline.in(Duration.ofSeconds(60)));
    }

    private ModelReply ask(boolean stream, Message... messages) throws Exception {
        return stream
                ? models.models().stream(question(messages), new Seen())
                : models.models().converse(question(messages));
    }

    /** What a listener sees of text and calls. */
    private static final class Seen implements ReplyListener {
        private final StringBuilder text = new StringBuilder();
        private final List<String> calls = new ArrayList<>();

        @Override
        public void text(String delta) {
            text.append(delta);
        }

        @Override
        public void toolUseStarted(String id, String name) {
            calls.add(name);
        }

        @Override
        public void toolUseEnded(String id, Arguments arguments) {}
    }

    @Test
    void should_translate_a_whole_tool_turn_both_ways() throws Exception {
        server.then(Answer.json(200, """
                        {"choices":[{"message":{"content":"Let me see.","tool_calls":[
                          {"id":"c1","type":"function","function":{"name":"orders","arguments":"{\\"id\\": 9007199254740991}"}},
                          {"id":"c2","type":"function","function":{"name":"orders","arguments":""}}]},"finish_reason":"tool_calls"}],
                         "usage":{"prompt_tokens":50,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":30}}}"""))
                .then(Answer.json(
                        200, "{\"choices\":[{\"message\":{\"content\":\"Two.\"},\"finish_reason\":\"stop\"}]}"));
        ModelReply first = ask(false, Message.user("How many?"));
        assertThat(first.stopReason()).isEqualTo(StopReason.TOOL_USE);
        assertThat(first.usage().input()).isEqualTo(20);
        assertThat(first.usage().cacheRead()).isEqualTo(30);
        assertThat(first.usage().output()).isEqualTo(7);
        Message calls = new Message(Role.ASSISTANT, first.content());
        assertThat(calls.toolUses())
                .extracting(call -> call.input().json())
                .containsExactly("{\"id\":9007199254740991}", "{}");
        ModelReply second = ask(
                false,
                Message.user("How many?"),
                calls,
                new Message(
                        Role.USER,
                        List.of(
                                new Content.ToolResult(
                                        calls.toolUses().getFirst().id(), "[1,2]", false),
                                new Content.ToolResult(
                                        calls.toolUses().getLast().id(), "no id", true),
                                new Content.Text("And in short."))));
        assertThat(second.content()).containsExactly(new Content.Text("Two."));
        assertThat(second.usage().prompt()).isPositive();
        JsonNode chat = server.asked.getLast();
        List<String> roles = chat.path("messages")
                .valueStream()
                .map(message -> message.path("role").asText())
                .toList();
        assertThat(roles).containsExactly("system", "user", "assistant", "tool", "tool", "user");
        JsonNode said = chat.at("/messages/2");
        for (int i = 0; i < 2; i++) {
            String id = said.at("/tool_calls/" + i + "/id").asText();
            assertThat(id)
                    .matches("[A-Za-z0-9]{9}")
                    .isEqualTo(chat.at("/messages/" + (3 + i) + "/tool_call_id").asText());
        }
        assertThat(said.at("/tool_calls/0/function/arguments").asText()).isEqualTo("{\"id\":9007199254740991}");
        assertThat(chat.at("/messages/4/content").asText()).isEqualTo("Error: no id");
        assertThat(chat.at("/messages/5/content").asText()).isEqualTo("And in short.");
        assertThat(chat.at("/tools/0/function/parameters/type").asText()).isEqualTo("object");
        assertThat(chat.path("model").asText()).isEqualTo("qwen3:8b");
        assertThat(chat.path("max_tokens").asInt()).isPositive();
        assertThat(chat.toString()).doesNotContain("cachePoint").doesNotContain("thinking");
        assertThat(server.keys).containsOnly("Bearer secret");
    }

    /** Whatever a server's model says in whatever pieces, the agent gets it whole, streamed or not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void should_pass_on_any_reply_in_any_pieces(boolean stream) throws Exception {
        Random random = new Random(18);
        for (int i = 0; i < 300; i++) {
            String thought = words(random, random.nextInt(3));
            String text = words(random, random.nextInt(4));
            List<String> arguments = new ArrayList<>();
            for (int n = random.nextInt(4); n > 0; n--) {
                arguments.add("{\"id\":" + random.nextInt() + ",\"name\":\""
                        + words(random, 1 + random.nextInt(3)).strip() + "\"}");
            }
            boolean counted = random.nextBoolean();
            server.then(
                    stream
                            ? streamed(random, thought, text, arguments, counted)
                            : whole(thought, text, arguments, counted));
            Seen seen = new Seen();
            ModelReply reply = stream
                    ? models.models().stream(question(Message.user("q")), seen)
                    : models.models().converse(question(Message.user("q")));
            // A message must have something.
            List<Content> content = new ArrayList<>(reply.content());
            content.add(new Content.Note("", 0));
            Message message = new Message(Role.ASSISTANT, content);
            assertThat(message.text()).isEqualTo(text);
            assertThat(message.toolUses())
                    .extracting(call -> call.input().json())
                    .isEqualTo(arguments);
            assertThat(message.toolUses())
                    .extracting(Content.ToolUse::name)
                    .containsOnly(arguments.isEmpty() ? new String[0] : new String[] {"orders"});
            assertThat(reply.stopReason()).isEqualTo(arguments.isEmpty() ? StopReason.END_TURN : StopReason.TOOL_USE);
            assertThat(reply.content().stream().anyMatch(Content.Reasoning.class::isInstance))
                    .isEqualTo(!thought.isEmpty());
            assertThat(reply.usage().output())
                    .isEqualTo(counted ? 5 : reply.usage().output())
                    .isNotNegative();
            if (stream) {
                assertThat(seen.text.toString()).isEqualTo(text);
                assertThat(seen.calls).hasSameSizeAs(arguments);
            }
        }
    }

    private static String words(Random random, int count) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append(
                    List.of("one", " zwölf", " 三", " \uD83D\uDE00", " ,:[]").get(random.nextInt(5)));
        }
        return words.toString().strip();
    }

    private static Answer whole(String thought, String text, List<String> arguments, boolean counted) {
        ObjectNode answer = Json.object();
        ObjectNode message = answer.putArray("choices")
                .addObject()
                .put("finish_reason", "stop")
                .putObject("message");
        message.put("content", text.isEmpty() ? null : text).put("reasoning_content", thought);
        for (String given : arguments) {
            message.withArray("tool_calls")
                    .addObject()
                    .putObject("function")
                    .put("name", "orders")
                    .set("arguments", Json.parse(given));
        }
        if (counted) {
            answer.putObject("usage").put("prompt_tokens", 9).put("completion_tokens", 5);
        }
        return Answer.json(200, answer.toString());
    }

    private static Answer streamed(
            Random random, String thought, String text, List<String> arguments, boolean counted) {
        List<String> pieces = new ArrayList<>();
        String field = random.nextBoolean() ? "reasoning_content" : "reasoning";
        cut(random, thought).forEach(part -> pieces.add(piece(Json.object().put(field, part))));
        cut(random, text)
                .forEach(part ->
                        pieces.add(piece(Json.object().put("role", "assistant").put("content", part))));
        boolean allZero = random.nextBoolean();
        List<List<String>> cut =
                arguments.stream().map(given -> cut(random, given)).toList();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < cut.size(); i++) {
            order.addAll(Collections.nCopies(cut.get(i).size(), i));
        }
        if (!allZero && random.nextBoolean()) {
            // Calls side by side: their pieces come in any order.
            Collections.shuffle(order, random);
            order.sort((_, _) -> 0);
        }
        int[] at = new int[cut.size()];
        IntStream.range(0, cut.size()).filter(_ -> !allZero).forEach(i -> pieces.add(call(random, i, i, "")));
        for (int i : order) {
            boolean first = at[i] == 0 && allZero;
            String part = cut.get(i).get(at[i]++);
            pieces.add(first ? call(random, 0, i, part) : more(allZero ? 0 : i, part));
        }
        ObjectNode end = Json.object();
        end.putArray("choices")
                .addObject()
                .put("finish_reason", random.nextBoolean() && !arguments.isEmpty() ? "tool_calls" : "stop")
                .putObject("delta");
        pieces.add(end.toString());
        if (counted) {
            ObjectNode usage = Json.object();
            usage.putArray("choices");
            usage.putObject("usage").put("prompt_tokens", 9).put("completion_tokens", 5);
            pieces.add(usage.toString());
        }
        return Answer.stream(pieces);
    }

    private static String call(Random random, int index, int id, String arguments) {
        ObjectNode delta = Json.object();
        ObjectNode call =
                delta.putArray("tool_calls").addObject().put("index", index).put("id", "call_" + id);
        call.putObject("function").put("name", "orders").put("arguments", arguments);
        if (random.nextBoolean()) {
            call.put("type", "function");
        }
        return piece(delta);
    }

    private static String more(int index, String arguments) {
        ObjectNode delta = Json.object();
        delta.putArray("tool_calls")
                .addObject()
                .put("index", index)
                .putObject("function")
                .put("arguments", arguments);
        return piece(delta);
    }

    private static String piece(ObjectNode delta) {
        ObjectNode piece = Json.object().put("object", "chat.completion.chunk");
        ArrayNode choices = piece.putArray("choices");
        choices.addObject().putNull("finish_reason").set("delta", delta);
        return piece.toString();
    }

    private static List<String> cut(Random random, String text) {
        List<String> parts = new ArrayList<>();
        for (int from = 0; from < text.length(); ) {
            int to = Math.min(text.length(), from + 1 + random.nextInt(5));
            to += to < text.length() && Character.isLowSurrogate(text.charAt(to)) ? 1 : 0;
            parts.add(text.substring(from, to));
            from = to;
        }
        return parts;
    }

    @ParameterizedTest
    @CsvSource({
        "stop, END_TURN",
        "length, MAX_TOKENS",
        "content_filter, CONTENT_FILTERED",
        "tool_calls, TOOL_USE",
        "something_new, END_TURN"
    })
    void should_name_the_reason_to_stop(String finish, StopReason reason) throws Exception {
        String call = finish.equals("tool_calls")
                ? ",\"tool_calls\":[{\"function\":{\"name\":\"orders\",\"arguments\":\"{}\"}}]"
                : "";
        for (boolean stream : List.of(true, false)) {
            String choice = "{\"choices\":[{\"%s\":{\"content\":\"x\"%s},\"finish_reason\":\"%s\"}]}"
                    .formatted(stream ? "delta" : "message", call, finish);
            server.then(stream ? Answer.stream(List.of(choice)) : Answer.json(200, choice));
            assertThat(ask(stream, Message.user("q")).stopReason()).isEqualTo(reason);
        }
        server.then(Answer.stream(List.of("{\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}", END)));
        assertThat(ask(true, Message.user("q")).stopReason()).isEqualTo(StopReason.REFUSAL);
    }

    @Test
    void should_tell_the_agent_of_arguments_that_are_no_json() throws Exception {
        String call =
                "\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"orders\",\"arguments\":\"{\\\"id\\\": \"}}]";
        for (boolean stream : List.of(true, false)) {
            String choice = "{\"choices\":[{\"%s\":{%s},\"finish_reason\":\"tool_calls\"}]}"
                    .formatted(stream ? "delta" : "message", call);
            server.then(stream ? Answer.stream(List.of(choice)) : Answer.json(200, choice));
            ModelReply reply = ask(stream, Message.user("q"));
            assertThat(reply.stopReason()).isEqualTo(StopReason.TOOL_USE);
            assertThat(new Message(Role.ASSISTANT, reply.content())
                            .toolUses()
                            .getFirst()
                            .input()
                            .flaw())
                    .isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, INVALID",
        "401, ACCESS",
        "404, ACCESS",
        "408, UNAVAILABLE",
        "422, INVALID",
        "429, THROTTLED",
        "500, UNAVAILABLE",
        "503, UNAVAILABLE"
    })
    void should_call_errors_what_bedrock_calls_them(int status, ModelException.Kind kind) {
        for (boolean stream : List.of(true, false)) {
            server.then(Answer.json(status, "{\"error\":{\"message\":\"said by the server\"}}"));
            assertThatThrownBy(() -> ask(stream, Message.user("q")))
                    .isInstanceOfSatisfying(
                            ModelException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                    .hasMessageContaining("said by the server");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\":{\"message\":\"out of memory\"}}\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"Hal\"}}]}\n\nCUT",
                "data: {\"choices\":[{\"delta\":{\"content\":\"Hal\"}}]}\n\n",
                "data: no JSON\n\n",
                "data: [DONE]\n\n",
                ""
            })
    void should_break_off_a_stream_that_breaks(String sent) {
        server.then(new Answer(
                200, "text/event-stream", List.of(sent.replace("CUT", ""), sent.endsWith("CUT") ? "CUT" : "")));
        assertThatThrownBy(() -> ask(true, Message.user("q")))
                .isInstanceOfSatisfying(
                        ModelException.class, e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.UNAVAILABLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no JSON", "{}", "{\"choices\":[]}", "{\"error\":\"no\"}"})
    void should_fail_for_an_answer_that_is_none(String sent) {
        server.then(Answer.json(200, sent));
        assertThatThrownBy(() -> ask(false, Message.user("q")))
                .isInstanceOfSatisfying(
                        ModelException.class, e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.UNAVAILABLE));
    }

    @Test
    void should_say_that_nothing_answers_or_that_no_model_is_loaded() throws Exception {
        server.models = "{\"data\":[]}";
        assertThatThrownBy(() -> ask(true, Message.user("q"))).hasMessageContaining("lists no model");
        server.close();
        assertThatThrownBy(() -> ask(true, Message.user("q")))
                .hasMessageContaining("nothing answers at LOCAL_MODEL_URL");
    }

    @Test
    void should_stop_the_model_when_the_agent_leaves() throws Exception {
        List<String> endless = new ArrayList<>(
                Collections.nCopies(100_000, "{\"choices\":[{\"delta\":{\"content\":\"on and on \"}}]}"));
        server.then(Answer.stream(endless));
        Thread asking = Thread.ofVirtual().start(() -> {
            try {
                ask(true, Message.user("q"));
            } catch (Exception left) {
                // As it is meant to.
            }
        });
        Await.until("the model to be asked", () -> server.asked.size() == 1);
        asking.interrupt();
        assertThat(server.left.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void should_read_its_settings() {
        assertThat(LocalModel.of(Map.of())).isEmpty();
        assertThat(LocalModel.of(Map.of("LOCAL_MODEL_URL", " "))).isEmpty();
        assertThat(LocalModel.of(Map.of("LOCAL_MODEL_URL", "http://h:1", "LOCAL_MODEL_NAME", "m"))
                        .orElseThrow())
                .isEqualTo(new LocalModel(URI.create("http://h:1/v1"), Optional.of("m"), Optional.empty()));
        assertThat(LocalModel.of(Map.of("LOCAL_MODEL_URL", "https://h/openai/v1/"))
                        .orElseThrow()
                        .url())
                .isEqualTo(URI.create("https://h/openai/v1"));
        for (String wrong : List.of("h:1", "ftp://h", "http://", "http://h/?a=b", "http://a:b@h")) {
            assertThatThrownBy(() -> LocalModel.of(Map.of("LOCAL_MODEL_URL", wrong)))
                    .hasMessageContaining("LOCAL_MODEL_URL");
        }
    }
}
