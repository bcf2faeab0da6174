package io.mcpagent.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.mcpagent.base.Timers;
import io.mcpagent.config.TestSettings;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator's address is told of calls that wait. */
class ApprovalWebhookTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] KEY = "a key of at least 24 bytes, for tests".getBytes(StandardCharsets.UTF_8);
    private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(KEY);
    private static final AskedCall CALL =
            new AskedCall("user:01:ann", "c", "t1", Instant.parse("2026-11-30T12:00:00Z"));

    private record Told(Map<String, List<String>> headers, String body) {}

    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final Queue<Integer> statuses = new ArrayDeque<>();
    private final Timers timers = new Timers();
    private HttpServer server;
    private ApprovalWebhook webhook;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/hook", exchange -> {
            told.add(new Told(
                    exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            Integer status = statuses.poll();
            exchange.sendResponseHeaders(status == null ? 200 : status, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        webhook.close();
        server.stop(0);
        timers.close();
    }

    private void tells(String content) throws Arguments.InvalidArgumentsException {
        webhook = webhook("http://127.0.0.1:" + server.getAddress().getPort() + "/hook", SECRET, content);
        webhook.waits(
                CALL,
                new Approval(
                        "t1",
                        "refund",
                        Arguments.parse("{\"order\":42}"),
                        "f",
                        Approval.Stage.PENDING,
                        CALL.until(),
                        List.of("group:finance"),
                        null));
    }

    private ApprovalWebhook webhook(String url, String secret, String content) {
        return new ApprovalWebhook(
                TestSettings.with(
                        "approvals.webhook-url", url,
                        "approvals.webhook-secret", secret,
                        "approvals.webhook-content", content),
                JSON,
                timers,
                Duration.ofMillis(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "true"})
    void should_sign_what_it_says_and_say_no_more_than_it_may(String content) throws Exception {
        tells(content);
        Await.until("the webhook to be told", () -> !told.isEmpty());
        Told one = told.getFirst();
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
        String signed = CALL.id() + "." + one.headers.get("Webhook-timestamp").getFirst() + "." + one.body;
        assertThat(one.headers.get("Webhook-id")).containsExactly(CALL.id());
        assertThat(one.headers.get("Webhook-signature"))
                .containsExactly("v1,"
                        + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8))));
        JsonNode data = JSON.readTree(one.body).path("data");
        assertThat(data.path("tool").asText()).isEqualTo("refund");
        assertThat(data.path("id").asText()).isEqualTo(CALL.id());
        if (content.equals("true")) {
            assertThat(data.path("arguments").path("order").asInt()).isEqualTo(42);
            assertThat(data.path("askedBy").asText()).isEqualTo("user:01:ann");
        } else {
            assertThat(data.properties()).hasSize(3);
            assertThat(one.body).doesNotContain("42}").doesNotContain("ann").doesNotContain("finance");
        }
    }

    @ParameterizedTest
    @CsvSource({"500, 3, 4", "503, 9, 5", "429, 1, 2", "400, 1, 1", "302, 1, 1", "410, 9, 1"})
    void should_try_again_a_few_times_what_may_pass(int status, int times, int tries) throws Exception {
        for (int i = 0; i < times; i++) {
            statuses.add(status);
        }
        tells("false");
        Await.until("all tries", () -> told.size() == tries && webhook.isQuiet());
        assertThat(told).hasSize(tries);
    }

    @Test
    void should_say_nothing_where_no_address_is_configured() {
        webhook = new ApprovalWebhook(TestSettings.with(), JSON, timers);
        webhook.waits(CALL, null);
        assertThat(webhook.isQuiet()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "http://example.com/hook, c2VjcmV0LW9mLWF0LWxlYXN0LTI0LWJ5dGVz",
        "http://127.0.0.1.example.com/, c2VjcmV0LW9mLWF0LWxlYXN0LTI0LWJ5dGVz",
        "ftp://127.0.0.1/, c2VjcmV0LW9mLWF0LWxlYXN0LTI0LWJ5dGVz",
        "hook, c2VjcmV0LW9mLWF0LWxlYXN0LTI0LWJ5dGVz",
        "https://example.com/hook, short",
        "https://example.com/hook, c2hvcnQ=",
        "https://example.com/hook, '?????????????????????????????????????'",
    })
    void should_not_start_with_an_address_that_all_can_hear_or_a_weak_secret(String url, String secret) {
        webhook = new ApprovalWebhook(TestSettings.with(), JSON, timers);
        assertThatThrownBy(() -> webhook(url, secret, "false"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("agent.approvals.webhook")
                .hasMessageNotContaining(secret);
    }
}
