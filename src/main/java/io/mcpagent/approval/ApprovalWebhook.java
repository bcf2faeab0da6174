package io.mcpagent.approval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.http.HttpConnections;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.http.Route;
import io.mcpagent.turn.WaitingCalls;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.Semaphore;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells an address of the operator that a call waits, signed as Standard Webhooks says. It says which call and which tool, and more only if that is
 * configured. What can't be told within a few tries is not told: the queue has it all the same. Safe for use by many threads.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard Webhooks</a>
 */
@Singleton
public final class ApprovalWebhook implements WaitingCalls.WaitingListener {

    private static final Logger LOG = Logger.getLogger(ApprovalWebhook.class);
    private static final String PREFIX = "whsec_";
    private static final int SHORTEST_SECRET = 24;
    private static final int MOST_AT_ONCE = 100;
    private static final int MOST_TRIES = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]");

    private final ObjectMapper json;
    private final Duration pause;
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);
    private final @Nullable Target target;

    /** Where to, and how it is signed. */
    private record Target(URI uri, Route route, HttpConnections connections, SecretKeySpec key, boolean content) {}

    /** @throws IllegalArgumentException if a setting is wrong */
    @Inject
    ApprovalWebhook(AgentConfig config, ObjectMapper json, Timers timers) {
        this(config, json, timers, Duration.ofSeconds(1));
    }

    /** @param pause after the first try that failed; it doubles with each */
    ApprovalWebhook(AgentConfig config, ObjectMapper json, Timers timers, Duration pause) {
        this.json = json;
        this.pause = pause;
        AgentConfig.ApprovalSettings settings = config.approvals();
        this.target =
                settings.webhookUrl().map(url -> target(url, settings, timers)).orElse(null);
    }

    private static Target target(String url, AgentConfig.ApprovalSettings settings, Timers timers) {
        URI uri = URI.create(url);
        boolean secure = "https".equalsIgnoreCase(uri.getScheme());
        if (uri.getHost() == null || !(secure || ("http".equals(uri.getScheme()) && HERE.contains(uri.getHost())))) {
            throw new IllegalArgumentException(
                    "agent.approvals.webhook-url must be https, but for this machine itself");
        }
        return new Target(
                uri,
                Route.to(uri),
                new HttpConnections("the webhook", MOST_AT_ONCE, PATIENCE, Duration.ZERO, timers),
                new SecretKeySpec(secret(settings.webhookSecret().orElse("")), "HmacSHA256"),
                settings.webhookContent());
    }

    private static byte[] secret(String text) {
        try {
            byte[] secret =
                    Base64.getDecoder().decode(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
            if (secret.length >= SHORTEST_SECRET) {
                return secret;
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("The secret of the webhook is not base64");
        }
        throw new IllegalArgumentException(
                "agent.approvals.webhook-secret must be base64, with or without whsec_ before it, of " + SHORTEST_SECRET
                        + " bytes or more");
    }

    @Override
    public void waits(AskedCall call, Approval approval) {
        Target to = target;
        if (to == null) {
            return;
        }
        if (!room.tryAcquire()) {
            LOG.warn("The webhook is too slow; a call that waits was not announced");
            return;
        }
        Thread.ofVirtual().name("approval-webhook").start(() -> {
            try {
                tell(to, call.id(), body(call, approval, to.content));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.warnf(
                        "The webhook could not be called for the call %s: %s",
                        call.id(), e.getClass().getSimpleName());
            } finally {
                room.release();
            }
        });
    }

    /** Whether nothing is being told. */
    boolean isQuiet() {
        return room.availablePermits() == MOST_AT_ONCE;
    }

    private byte[] body(AskedCall call, Approval approval, boolean content) throws IOException {
        ObjectNode event = json.createObjectNode().put("type", "approval.waiting");
        event.put("timestamp", Instant.now().toString());
        ObjectNode data = event.putObject("data");
        data.put("id", call.id())
                .put("tool", approval.tool())
                .put("expiresAt", approval.expiresAt().toString());
        if (content) {
            data.put("askedBy", call.owner());
            data.set("arguments", json.readTree(approval.arguments().json()));
            data.set("approvers", json.valueToTree(approval.approvers()));
        }
        return json.writeValueAsBytes(event);
    }

    private void tell(Target to, String id, byte[] body)
            throws InterruptedException, IOException, GeneralSecurityException {
        Duration wait = pause;
        for (int i = 1; ; i++) {
            int status = tryOnce(to, id, body);
            if (status >= 200 && status < 300) {
                return;
            }
            boolean passing = status == 0 || status == 408 || status == 429 || status >= 500;
            if (!passing || i == MOST_TRIES) {
                LOG.warnf(
                        "The webhook did not accept the call %s: %s after %d tries",
                        id, status == 0 ? "no answer" : "status " + status, i);
                return;
            }
            Thread.sleep(wait);
            wait = wait.multipliedBy(2);
        }
    }

    /** The status, or 0 if there was no answer. */
    private static int tryOnce(Target to, String id, byte[] body)
            throws InterruptedException, GeneralSecurityException {
        String timestamp = Long.toString(Instant.now().getEpochSecond());
        BasicClassicHttpRequest request = new BasicClassicHttpRequest("POST", to.uri);
        request.addHeader("Host", to.uri.getRawAuthority());
        request.addHeader("Content-Type", "application/json");
        request.addHeader("Content-Length", Integer.toString(body.length));
        request.addHeader("webhook-id", id);
        request.addHeader("webhook-timestamp", timestamp);
        request.addHeader("webhook-signature", "v1," + signature(to.key, id + "." + timestamp + ".", body));
        try (HttpExchange exchange = to.connections.exchange(to.route, PATIENCE, Deadline.in(PATIENCE))) {
            exchange.send(request, body, body.length);
            return exchange.status();
        } catch (IOException e) {
            return 0;
        }
    }

    private static String signature(SecretKeySpec key, String before, byte[] body) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(key);
        mac.update(before.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(mac.doFinal(body));
    }

    @PreDestroy
    void close() {
        if (target != null) {
            target.connections.close();
        }
    }
}
