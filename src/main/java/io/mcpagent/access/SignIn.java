package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Which ways there are to sign in here. A service that has none does not start, unless it is told that this is what is wanted. */
@Singleton
final class SignIn {

    private static final Logger LOG = Logger.getLogger(SignIn.class);
    private static final int FIRST = 1;

    private final Optional<String> issuer;
    private final boolean audience;
    private final boolean keys;
    private final boolean open;

    SignIn(
            AgentConfig config,
            @ConfigProperty(name = "quarkus.oidc.auth-server-url") Optional<String> issuer,
            @ConfigProperty(name = "quarkus.oidc.token.audience") Optional<List<String>> audience) {
        this.issuer = issuer.filter(url -> !url.isBlank());
        this.audience = audience.filter(names -> names.stream().anyMatch(name -> !name.isBlank()))
                .isPresent();
        this.keys =
                config.access().apiKeysSecret().filter(name -> !name.isBlank()).isPresent();
        this.open = config.access().open();
    }

    /** Whether bearer tokens are taken. */
    boolean byToken() {
        return issuer.isPresent();
    }

    /** Where people sign in; empty if only API keys are taken. */
    Optional<String> issuer() {
        return issuer;
    }

    /** Whether API keys are taken. */
    boolean byKey() {
        return keys;
    }

    /** Whether callers have to sign in at all. */
    boolean required() {
        return byToken() || keys;
    }

    void check(@Observes @Priority(FIRST) StartupEvent event) {
        check(LaunchMode.current() == LaunchMode.NORMAL);
    }

    /** @throws ConfigurationException if a service would be open to everybody, or to tokens that were made for another service */
    void check(boolean production) {
        if (byToken() && !audience) {
            throw new ConfigurationException(
                    "Tokens for other services would be accepted. Set quarkus.oidc.client-id or "
                            + "quarkus.oidc.token.audience to the audience of this service's tokens.");
        }
        if (production && !required() && !open) {
            throw new ConfigurationException(
                    "No authentication is configured, so callers can't be told apart. Set quarkus.oidc.auth-server-url "
                            + "and quarkus.oidc.client-id for bearer tokens, or agent.access.api-keys-secret for API keys, or both. "
                            + "For measurements and tests only, agent.access.open=true switches authentication off.");
        }
        if (open && required()) {
            LOG.warn("agent.access.open has no effect, because authentication is configured");
        } else if (production && open) {
            LOG.warn("AUTHENTICATION IS OFF (agent.access.open): every request runs as the same anonymous caller");
        }
    }
}
