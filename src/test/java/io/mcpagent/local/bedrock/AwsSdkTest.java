package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.local.bedrock.Script.Reply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.model.BedrockRuntimeException;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.ThrottlingException;
import software.amazon.awssdk.services.bedrockruntime.model.ValidationException;

/** The local Bedrock as the AWS SDK for Java sees it, with its signature checked. */
class AwsSdkTest {

    private static final String MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final BedrockRuntimeAsyncClient client = client("SK");

    private BedrockRuntimeAsyncClient client(String secret) {
        bedrock.requireSignature("AK", "SK");
        return BedrockRuntimeAsyncClient.builder()
                .endpointOverride(bedrock.uri())
                .region(Region.EU_NORTH_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("AK", secret)))
                .overrideConfiguration(configuration -> configuration.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        bedrock.close();
    }

    @Test
    void should_stream_text_reasoning_and_a_tool_call() throws Exception {
        bedrock.script(Script.call("search", Json.parse("{\"customer_id\":7}"))
                .after(new Block.Text("I look."))
                .after(new Block.Reasoning("hm", "c2ln")));
        List<String> seen = new CopyOnWriteArrayList<>();
        stream(seen).get(60, TimeUnit.SECONDS);
        String all = String.join("", seen);
        assertEquals(
                "[hm][I look.][]{\"customer_id\":7}tool_use/total",
                all.replace("][ ", " ").replaceAll("\\d+total", "total"));
    }

    @Test
    void should_turn_an_exception_frame_into_an_exception() {
        bedrock.script(Script.text("one two").fault(new Fault.ExceptionAt(2, "throttlingException", "slow down")));
        ExecutionException failed = assertThrows(
                ExecutionException.class,
                () -> stream(new CopyOnWriteArrayList<>()).get(60, TimeUnit.SECONDS));
        assertInstanceOf(ThrottlingException.class, failed.getCause());
    }

    @Test
    void should_fail_on_a_reset_and_on_a_wrong_checksum() {
        Reply reply = Script.text("one two");
        for (Fault fault : List.of(new Fault.CutAt(2, Cut.RESET), new Fault.CorruptCrcAt(2))) {
            bedrock.script(reply.fault(fault));
            assertThrows(
                    ExecutionException.class,
                    () -> stream(new CopyOnWriteArrayList<>()).get(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void should_see_that_the_client_cancels() throws Exception {
        bedrock.script(Script.text("one two").fault(new Fault.StallAt(2, null)));
        CompletableFuture<Void> running = stream(new CopyOnWriteArrayList<>());
        assertTrue(bedrock.await(Duration.ofSeconds(60), state -> state.openStreams() == 1));
        running.cancel(true);
        assertTrue(bedrock.await(Duration.ofSeconds(60), state -> state.openStreams() == 0));
        assertTrue(bedrock.requests().getFirst().clientClosed().isPresent());
    }

    @Test
    void should_parse_errors_and_refuse_another_key() {
        ExecutionException invalid = assertThrows(
                ExecutionException.class,
                () -> client.converse(request -> request.modelId(MODEL)
                                .messages(Message.builder()
                                        .role(ConversationRole.ASSISTANT)
                                        .content(ContentBlock.fromText("a"))
                                        .build()))
                        .get(60, TimeUnit.SECONDS));
        assertInstanceOf(ValidationException.class, invalid.getCause());
        try (BedrockRuntimeAsyncClient stranger = client("other")) {
            ExecutionException refused = assertThrows(
                    ExecutionException.class,
                    () -> stranger.converse(request -> request.modelId(MODEL).messages(question()))
                            .get(60, TimeUnit.SECONDS));
            BedrockRuntimeException cause = assertInstanceOf(BedrockRuntimeException.class, refused.getCause());
            assertEquals("InvalidSignatureException", cause.awsErrorDetails().errorCode());
        }
    }

    private CompletableFuture<Void> stream(List<String> seen) {
        return client.converseStream(
                request -> request.modelId(MODEL).messages(question()),
                ConverseStreamResponseHandler.builder()
                        .subscriber(ConverseStreamResponseHandler.Visitor.builder()
                                .onContentBlockDelta(event -> {
                                    if (event.delta().text() != null) {
                                        seen.add("[" + event.delta().text() + "]");
                                    } else if (event.delta().toolUse() != null) {
                                        seen.add(
                                                event.delta().toolUse().input().isEmpty()
                                                        ? "[]"
                                                        : event.delta()
                                                                .toolUse()
                                                                .input());
                                    } else if (event.delta().reasoningContent().text() != null) {
                                        seen.add("["
                                                + event.delta()
                                                        .reasoningContent()
                                                        .text() + "]");
                                    }
                                })
                                .onMessageStop(event -> seen.add(event.stopReasonAsString() + "/"))
                                .onMetadata(event -> seen.add(event.usage().totalTokens() + "total"))
                                .build())
                        .build());
    }

    private static Message question() {
        return Message.builder()
                .role(ConversationRole.USER)
                .content(ContentBlock.fromText("hi"))
                .build();
    }
}
