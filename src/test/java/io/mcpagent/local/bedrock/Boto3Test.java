package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.local.bedrock.Script.Reply;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The local Bedrock as Python's AWS client sees it; skipped where python3 has no boto3 that knows Converse. */
class Boto3Test {

    private static final String SECRET = "local/secret+key";

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @BeforeAll
    static void need_boto3() throws Exception {
        Process check = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import boto3; boto3.client('bedrock-runtime', region_name='eu-north-1').converse")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assumeTrue(
                check.waitFor() == 0,
                "python3 without boto3 >= 1.34.116: the test with the AWS client for Python is skipped");
    }

    @AfterEach
    void close() {
        bedrock.close();
    }

    @Test
    void should_be_understood_by_boto3_and_accept_its_signature() throws Exception {
        bedrock.requireSignature("AKLOCAL", SECRET);
        script();
        Map<String, JsonNode> steps = run(SECRET);
        assertEquals(
                7,
                steps.get("converse")
                        .at("/value/content/1/toolUse/input/customer_id")
                        .asInt());
        assertEquals("tool_use", steps.get("converse").at("/value/stop").asText());
        assertTrue(steps.get("converse").at("/value/usage/totalTokens").asInt() > 0);
        JsonNode stream = steps.get("stream").path("value");
        assertEquals("search_orders", stream.at("/tool/0").asText());
        assertEquals(7, stream.at("/input/customer_id").asInt());
        assertEquals("I look it up.", stream.path("text").asText());
        assertEquals("He wants orders", stream.path("reasoning").asText());
        assertEquals("messageStart", stream.at("/order/0").asText());
        assertEquals(
                "metadata",
                stream.path("order").get(stream.path("order").size() - 1).asText());
        assertEquals("EventStreamError", steps.get("exception").path("error").asText());
        assertEquals("throttlingException", steps.get("exception").path("code").asText());
        assertEquals("ThrottlingException", steps.get("throttled").path("code").asText());
        assertEquals(429, steps.get("throttled").path("status").asInt());
        assertEquals("ValidationException", steps.get("invalid").path("code").asText());
        assertTrue(steps.get("invalid").path("message").asText().contains("start with a user message"));
    }

    @Test
    void should_refuse_a_signature_made_with_another_key() throws Exception {
        bedrock.requireSignature("AKLOCAL", SECRET);
        script();
        Map<String, JsonNode> steps = run(SECRET + "x");
        assertEquals(5, steps.size());
        steps.values()
                .forEach(step -> assertEquals(
                        "InvalidSignatureException", step.path("code").asText()));
    }

    private void script() {
        Reply call =
                Script.call("search_orders", Json.parse("{\"customer_id\":7}")).after(new Block.Text("I look it up."));
        bedrock.script(
                call,
                call.after(new Block.Reasoning("He wants orders", "c2ln")),
                call.fault(new Fault.ExceptionAt(3, "throttlingException", "slow down")),
                Script.error("ThrottlingException", "slow down"),
                Script.error("ThrottlingException", "slow down"));
    }

    private Map<String, JsonNode> run(String secret) throws IOException, InterruptedException, URISyntaxException {
        Path script = Path.of(getClass().getResource("/local/boto3_client.py").toURI());
        Process python = new ProcessBuilder(
                        "python3", script.toString(), bedrock.uri().toString(), secret)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(python.waitFor(Duration.ofSeconds(60)) && python.exitValue() == 0, output);
        Map<String, JsonNode> steps = new LinkedHashMap<>();
        output.lines()
                .map(Json::parse)
                .forEach(step -> steps.put(step.path("step").asText(), step));
        return steps;
    }
}
