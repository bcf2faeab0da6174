package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Wire.Answer;
import io.mcpagent.local.bedrock.Wire.End;
import io.mcpagent.local.bedrock.Wire.Frame;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The wire format, the service's checks, and what scripts do without faults. */
class LocalBedrockTest {

    private static final int PATIENCE = 60_000;
    private static final String TOOLS =
            ",'toolConfig':{'tools':[{'toolSpec':{'name':'t','description':'d','inputSchema':{'json':{'type':'object'}}}}]}";
    private static final String CALL = "{'toolUse':{'toolUseId':'a','name':'t','input':{}}}";
    private static final String RESULT = "{'toolResult':{'toolUseId':'a','content':[{'text':'1'}]}}";

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @AfterEach
    void close() {
        bedrock.close();
    }

    @Test
    void should_stream_reasoning_text_and_tool_calls_as_the_service_does() throws IOException {
        bedrock.script(Script.text("two words")
                .after(new Block.Redacted(new byte[] {1}))
                .after(new Block.Reasoning("so it is", "c2ln"))
                .and(new Block.ToolUse("id_1", "search", Json.parse("{\"customer_id\":7,\"name\":\"Ærø\"}")))
                .and(new Block.ToolUse("id_2", "list", Json.object()))
                .stop("tool_use")
                .additionalFields(Json.parse("{\"stop_sequence\":null}"))
                .trace(Json.parse("{\"guardrail\":{}}"))
                .usage(new Script.Usage(10, 20, 30, 40)));
        Answer answer = post("converse-stream", Wire.QUESTION);
        assertEquals(200, answer.status());
        assertEquals("application/vnd.amazon.eventstream", answer.headers().get("content-type"));
        assertFalse(answer.headers().get("x-amzn-requestid").isBlank());
        List<Frame> frames = answer.frames();
        assertTrue(frames.stream().allMatch(Frame::intact));
        assertTrue(frames.stream()
                .allMatch(frame -> frame.headers().get(":message-type").equals("event")
                        && frame.headers().get(":content-type").equals("application/json")
                        && frame.payload().has("p")));
        assertEquals("messageStart", frames.getFirst().type());
        assertEquals(List.of("messageStop", "metadata"), answer.types().subList(frames.size() - 2, frames.size()));
        assertEquals("so it is", joined(frames, 0, "/delta/reasoningContent/text"));
        assertEquals("c2ln", joined(frames, 0, "/delta/reasoningContent/signature"));
        assertEquals("AQ==", joined(frames, 1, "/delta/reasoningContent/redactedContent"));
        assertEquals("two words", joined(frames, 2, "/delta/text"));
        assertEquals("{\"customer_id\":7,\"name\":\"Ærø\"}", joined(frames, 3, "/delta/toolUse/input"));
        assertEquals("", joined(frames, 4, "/delta/toolUse/input"));
        assertEquals(
                "search",
                frames.stream()
                        .filter(frame -> frame.type().equals("contentBlockStart"))
                        .findFirst()
                        .orElseThrow()
                        .payload()
                        .at("/start/toolUse/name")
                        .asText());
        JsonNode stop = frames.get(frames.size() - 2).payload();
        assertEquals("tool_use", stop.path("stopReason").asText());
        assertTrue(stop.path("additionalModelResponseFields").has("stop_sequence"));
        JsonNode metadata = frames.getLast().payload();
        assertEquals(100, metadata.at("/usage/totalTokens").asInt());
        assertTrue(metadata.at("/metrics/latencyMs").asInt() > 0
                && metadata.at("/trace").has("guardrail"));
        // Counted after the frames have left, so the client may be quicker.
        Await.until(
                "all frames to be counted", () -> bedrock.requests().getFirst().framesSent() == frames.size());
    }

    @Test
    void should_answer_converse_with_the_same_message() throws IOException {
        bedrock.script(Script.text("two words")
                .after(new Block.Reasoning("why", "c2ln"))
                .stop("guardrail_intervened"));
        Answer answer = post("converse", Wire.QUESTION);
        assertEquals(
                "two words", answer.json().at("/output/message/content/1/text").asText());
        assertEquals(
                "why",
                answer.json()
                        .at("/output/message/content/0/reasoningContent/reasoningText/text")
                        .asText());
        assertEquals("guardrail_intervened", answer.json().path("stopReason").asText());
        assertEquals(3, answer.json().at("/usage/outputTokens").asInt());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "messages: []                                       | messages field is required",
                "{'messages':[M('assistant',T)]}                    | must start with a user message",
                "{'messages':[M('user',T),M('user',T)]}             | must alternate",
                "{'messages':[M('user',T),M('assistant',T)]}        | must end with a user message",
                "{'messages':[M('user',E)]}                         | messages.0 is empty",
                "{'messages':[M('user',{'text':' '})]}              | messages.0.content.0 is blank",
                "{'messages':[M('user',{'text':'a','x':1})]}        | must set one of",
                "{'messages':[M('robot',T)]}                        | enum value set: [user, assistant]",
                "{'messages':[M('user',T),M('assistant',C),M('user',T)]TOOLS}   | Expected toolResult blocks at messages.2.content for the following Ids: a",
                "{'messages':[M('user',T),M('assistant',C),M('user',R,R)]TOOLS} | exceeds the number of toolUse blocks",
                "{'messages':[M('user',T),M('assistant',T),M('user',R)]TOOLS}   | exceeds the number of toolUse blocks",
                "{'messages':[M('user',T),M('assistant',C),M('user',R)]}        | toolConfig field must be defined",
                "{'messages':[M('user',C)]TOOLS}                    | only allowed in assistant messages",
                "{'messages':[M('user',T),M('assistant',C,C),M('user',R)]TOOLS} | ids must be unique",
                "{'messages':[M('user',T),M('assistant',{'toolUse':{'toolUseId':'a b','name':'t','input':{}}}),M('user',R)]TOOLS} | toolUseId",
                "{'messages':[M('user',T),M('assistant',C),M('user',{'toolResult':{'toolUseId':'a','content':[],'status':'error'}})]TOOLS} | cannot be empty when status value is error",
                "{'messages':[M('user',T)],'toolConfig':{'tools':[]}}           | toolConfig.tools",
                "{'messages':[M('user',T)],'toolConfig':{'tools':[S('a b')]}}   | regular expression",
                "{'messages':[M('user',T)],'toolConfig':{'tools':[S('a'),S('a')]}} | Tool names must be unique",
                "{'messages':[M('user',T)],'inferenceConfig':{'temperature':1.5}}  | less than or equal to 1",
                "{'messages':[M('user',T)],'inferenceConfig':{'maxTokens':0}}      | greater than or equal to 1",
                "{'messages':[M('user',T)],'inferenceConfig':{'topP':-1}}          | greater than or equal to 0",
                "{'messages':[M('user',T)],'requestMetadata':{}}          | requestMetadata",
                "{'messages':[M('user',T)],'requestMetadata':{'caller':'größe'}} | requestMetadata",
                "{'messages':[M('user',T)],'requestMetadata':{'':'a'}}    | requestMetadata",
                "{'messages':[M('user',T)],'requestMetadata':{'turn':7}}  | requestMetadata",
                "{'messages':[M('user',T)],'surprise':1}            | extraneous key [surprise]",
                "{'messages':[M('user',T,P,P)],'system':[P,P,P]}    | maximum of 4 blocks with cache_control may be provided. Found 5.",
                "{'messages':[M('user',T)],'system':[{'text':''}]}  | system.0 is blank",
                "{'messages':                                       | Malformed input request",
            })
    void should_refuse_what_the_service_refuses(String body, String message) throws IOException {
        for (String operation : List.of("converse", "converse-stream")) {
            Answer answer = post(operation, expand(body));
            assertEquals(400, answer.status());
            assertEquals("ValidationException", answer.headers().get("x-amzn-errortype"));
            assertTrue(
                    answer.json().path("message").asText().contains(message),
                    answer.json().toString());
        }
    }

    @Test
    void should_accept_a_whole_tool_conversation() throws IOException {
        bedrock.always(Script.text("ok"));
        for (String result : List.of(
                "R",
                "{'toolResult':{'toolUseId':'a','content':[],'status':'success'}}",
                "{'toolResult':{'toolUseId':'a','content':[{'text':''}]}}")) {
            assertEquals(
                    200,
                    post(
                                    "converse",
                                    expand(
                                            "{'messages':[M('user',T,P),M('assistant',T,C),M('user'," + result
                                                    + "),M('assistant',T),M('user',T)],"
                                                    + "'system':[{'text':'s'},P],'inferenceConfig':{'maxTokens':100,'temperature':0.5}TOOLS}"))
                            .status());
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "ThrottlingException,429",
        "ValidationException,400",
        "AccessDeniedException,403",
        "ResourceNotFoundException,404",
        "ModelTimeoutException,408",
        "ModelNotReadyException,429",
        "ModelErrorException,424",
        "ServiceUnavailableException,503",
        "InternalServerException,500"
    })
    void should_answer_each_error_with_its_status(String type, int status) throws IOException {
        bedrock.script(Script.error(type, "sorry"), Script.error(type, "sorry"));
        for (String operation : List.of("converse", "converse-stream")) {
            Answer answer = post(operation, Wire.QUESTION);
            assertEquals(status, answer.status());
            assertEquals(type, answer.headers().get("x-amzn-errortype"));
            assertEquals("sorry", answer.json().path("message").asText());
        }
        assertEquals(type, bedrock.requests().getLast().error());
    }

    @Test
    void should_refuse_requests_without_credentials_for_bedrock() throws IOException {
        bedrock.always(Script.text("ok"));
        String scope =
                "authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0\r\n";
        assertEquals(403, post("converse", Wire.QUESTION, "").status());
        assertEquals(
                403,
                post("converse", Wire.QUESTION, "authorization: Basic x\r\n").status());
        assertEquals(
                403,
                post("converse", Wire.QUESTION, scope.formatted("execute-api")).status());
        assertEquals(
                200, post("converse", Wire.QUESTION, scope.formatted("bedrock")).status());
        bedrock.requireSignature("AK", "SK");
        assertEquals(
                403, post("converse", Wire.QUESTION, scope.formatted("bedrock")).status());
        assertEquals(
                403,
                post("converse", Wire.QUESTION, "authorization: Bearer token\r\n")
                        .status());
    }

    @Test
    void should_write_a_prefix_to_the_cache_once_and_read_it_later() throws IOException {
        bedrock.always(Script.text("ok"));
        String system = "'system':[{'text':'" + "long ".repeat(80) + "'},P]";
        JsonNode first = post("converse", expand("{'messages':[M('user',T)]," + system + "}"))
                .json()
                .path("usage");
        JsonNode second = post("converse", expand("{'messages':[M('user',{'text':'other question'})]," + system + "}"))
                .json()
                .path("usage");
        assertEquals(100, first.path("cacheWriteInputTokens").asInt(), 2);
        assertEquals(0, first.path("cacheReadInputTokens").asInt());
        assertEquals(first.path("cacheWriteInputTokens"), second.path("cacheReadInputTokens"));
        assertEquals(0, second.path("cacheWriteInputTokens").asInt());
        JsonNode other = post("converse", expand("{'messages':[M('user',T)]," + system.replace("long ", "else ") + "}"))
                .json()
                .path("usage");
        assertNotEquals(0, other.path("cacheWriteInputTokens").asInt());
    }

    @Test
    void should_play_rounds_echo_and_endless_tools_by_the_state_of_the_turn() throws IOException {
        bedrock.always(Script.Rounds.of(Script.call("t", Json.object()), new Script.EchoResults()));
        assertEquals(
                "tool_use",
                post("converse", Wire.QUESTION).json().path("stopReason").asText());
        String after = expand("{'messages':[M('user',T),M('assistant',C),M('user',R)]TOOLS}");
        assertEquals(
                "1",
                post("converse", after)
                        .json()
                        .at("/output/message/content/0/text")
                        .asText());
        bedrock.always(new Script.EndlessTool("t", Json.object()));
        JsonNode one = post("converse", Wire.QUESTION).json().at("/output/message/content/0/toolUse/toolUseId");
        JsonNode two = post("converse", after).json().at("/output/message/content/0/toolUse/toolUseId");
        assertNotEquals(one, two);
    }

    @Test
    void should_throttle_the_given_part_and_the_same_requests_for_the_same_seed() throws IOException {
        String first = "";
        for (int run = 0; run < 2; run++) {
            bedrock.reset();
            bedrock.always(new Script.RandomThrottle(0.3, 42, Script.text("ok")));
            StringBuilder statuses = new StringBuilder();
            try (Wire wire = new Wire(bedrock)) {
                for (int i = 0; i < 200; i++) {
                    statuses.append(
                            wire.send("converse", Wire.QUESTION).read(PATIENCE).status() == 429 ? 'x' : '.');
                }
            }
            assertEquals(60, statuses.chars().filter(c -> c == 'x').count(), 20);
            assertTrue(first.isEmpty() || first.contentEquals(statuses));
            first = statuses.toString();
        }
    }

    @Test
    void should_record_requests_and_keep_connections() throws Exception {
        bedrock.respond(request -> Script.text(request.question() + "!"));
        try (Wire wire = new Wire(bedrock)) {
            for (int i = 0; i < 3; i++) {
                assertEquals(
                        "hi!",
                        wire.send("converse", Wire.QUESTION)
                                .read(PATIENCE)
                                .json()
                                .at("/output/message/content/0/text")
                                .asText());
            }
            assertEquals(1, bedrock.openConnections());
        }
        assertTrue(bedrock.await(
                Duration.ofSeconds(60), state -> state.openConnections() == 0 && state.openRequests() == 0));
        RecordedRequest request = bedrock.requests().getFirst();
        assertEquals("/model/anthropic.claude%3A0/converse", request.path());
        assertEquals("Bearer token", request.headers().get("authorization"));
        assertEquals("hi", request.body().at("/messages/0/content/0/text").asText());
        Await.until("the request to be ended", () -> request.ended().isPresent());
        assertTrue(request.clientClosed().isEmpty());
        assertEquals(3, bedrock.requestCount());
        bedrock.reset();
        assertEquals(0, bedrock.requestCount() + bedrock.requests().size());
    }

    @Test
    void should_answer_500_when_a_responder_fails() throws IOException {
        bedrock.respond(request -> {
            throw new IllegalStateException("broken test");
        });
        Answer answer = post("converse-stream", Wire.QUESTION);
        assertEquals(500, answer.status());
        assertTrue(answer.json().path("message").asText().contains("broken test"));
    }

    @Test
    void should_be_controlled_over_http() throws IOException {
        assertEquals(
                200,
                control(
                                "PUT",
                                "/_script",
                                "{'queue':[{'text':'first'},{'error':'ThrottlingException'}],'always':{'words':3}}")
                        .status());
        assertEquals(
                "first",
                post("converse", Wire.QUESTION)
                        .json()
                        .at("/output/message/content/0/text")
                        .asText());
        assertEquals(429, post("converse", Wire.QUESTION).status());
        assertEquals(
                "word1 word2 word3",
                post("converse", Wire.QUESTION)
                        .json()
                        .at("/output/message/content/0/text")
                        .asText());
        assertEquals(3, control("GET", "/_requests", "").json().size());
        assertEquals(3, control("GET", "/_state", "").json().path("requests").asInt());
        assertEquals(
                400, control("PUT", "/_script", "{'queue':[{'txet':'typo'}]}").status());
        assertEquals(
                400,
                control("PUT", "/_script", "{'always':{'text':'a','fault':{'kind':'sulk'}}}")
                        .status());
        assertEquals(400, control("GET", "/_nothing", "").status());
        assertEquals(0, control("POST", "/_reset", "").json().path("requests").asInt());
        assertTrue(post("converse", Wire.QUESTION).json().toString().contains("not Claude"));
    }

    @Test
    void should_run_as_a_process_and_end_with_its_parent() throws Exception {
        String classpath = System.getProperty("java.class.path");
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        classpath,
                        LocalBedrock.class.getName(),
                        "--port",
                        "0",
                        "--with-parent")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String ready = process.inputReader(StandardCharsets.UTF_8).readLine();
            assertTrue(
                    ready.matches(
                            "local Bedrock ready on http://127\\.0\\.0\\.1:\\d+ \\(offline stand-in, not Claude\\)"),
                    ready);
            process.getOutputStream().close();
            assertTrue(process.waitFor(Duration.ofSeconds(60)));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    private Answer post(String operation, String body) throws IOException {
        return post(operation, body, "authorization: Bearer token\r\n");
    }

    private Answer post(String operation, String body, String headers) throws IOException {
        try (Wire wire = new Wire(bedrock)) {
            Answer answer = wire.send("POST", "/model/anthropic.claude%3A0/" + operation, body, headers)
                    .read(PATIENCE);
            assertEquals(End.COMPLETE, answer.end());
            return answer;
        }
    }

    private Answer control(String method, String path, String body) throws IOException {
        try (Wire wire = new Wire(bedrock)) {
            return wire.send(method, path, body.replace('\'', '"'), "").read(PATIENCE);
        }
    }

    private static String joined(List<Frame> frames, int index, String pointer) {
        return frames.stream()
                .filter(frame -> frame.type().equals("contentBlockDelta")
                        && frame.payload().path("contentBlockIndex").asInt() == index)
                .map(frame -> frame.payload().at(pointer).asText(""))
                .collect(Collectors.joining());
    }

    /** M is a message, T a text, C a call, R its result, E nothing, P a cache point, S a tool. */
    private static String expand(String shorthand) {
        return shorthand
                .replaceAll("M\\('(\\w+)',", "{'role':'$1','content':[")
                .replaceAll("(?<=[\\[,])T(?=[,)\\]])", "{'text':'hi'}")
                .replaceAll("(?<=[\\[,])C(?=[,)])", CALL)
                .replaceAll("(?<=[\\[,])R(?=[,)])", RESULT)
                .replaceAll("(?<=\\[)E(?=\\))", "")
                .replaceAll("(?<=[\\[,])P(?=[,)\\]])", "{'cachePoint':{'type':'default'}}")
                .replaceAll("S\\('([^']+)'\\)", "{'toolSpec':{'name':'$1','inputSchema':{'json':{'type':'object'}}}}")
                .replace(")", "]}")
                .replace("TOOLS", TOOLS)
                .replace("messages: []", "{'messages':[]}")
                .replace('\'', '"');
    }
}
