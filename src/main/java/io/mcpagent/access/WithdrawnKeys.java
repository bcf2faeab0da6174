package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.quarkus.oidc.runtime.OidcProvider;
import io.quarkus.oidc.runtime.TenantConfigBean;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jspecify.annotations.Nullable;

/**
 * Has the issuer's keys read again and again, on a thread of its own. By itself quarkus-oidc does so only for a token whose key it does not know,
 * and would take what a withdrawn key signed until such a token comes.
 */
@Singleton
final class WithdrawnKeys {

    private static final Logger LOG = Logger.getLogger(WithdrawnKeys.class);
    private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

    private final SignIn signIn;
    private final Duration refresh;
    private final TenantConfigBean issuers;
    private final VerifiedTokens verified;
    private volatile @Nullable Thread reader;
    private boolean failing;

    WithdrawnKeys(SignIn signIn, AgentConfig config, TenantConfigBean issuers, VerifiedTokens verified) {
        this.signIn = signIn;
        this.refresh = config.access().issuerKeysRefresh();
        this.issuers = issuers;
        this.verified = verified;
    }

    void start(@Observes StartupEvent event) {
        if (signIn.byToken()) {
            reader = Thread.ofVirtual().name("issuer-keys").start(this::readAgainAndAgain);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        Thread running = reader;
        if (running != null) {
            running.interrupt();
        }
    }

    private void readAgainAndAgain() {
        try {
            while (true) {
                Thread.sleep(refresh);
                read();
            }
        } catch (InterruptedException e) {
            LOG.debug("The issuer's keys are not read any more");
        }
    }

    private void read() {
        OidcProvider issuer = issuers.getDefaultTenant().provider();
        if (issuer == null) {
            // Never reached so far: the next token finds it, and its keys.
            return;
        }
        try {
            // There is no other way to have them read than by way of a token; what it says of this one does not matter.
            issuer.refreshJwksAndVerifyJwtToken("", false, false, null)
                    .onFailure(InvalidJwtException.class)
                    .recoverWithNull()
                    .await()
                    .atMost(LONGEST_CALL);
            verified.forget();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.errorf(
                        "The issuer's keys could not be read (%s). The last keys stay valid.",
                        e.getClass().getSimpleName());
            }
            failing = true;
        }
    }
}
