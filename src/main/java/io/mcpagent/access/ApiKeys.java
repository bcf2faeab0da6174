package io.mcpagent.access;

import io.mcpagent.base.Sha256;
import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * The API keys that are valid now. They are read from Secrets Manager again and again on a thread of its own, so that a changed secret counts
 * without a restart and no request ever waits for it. While it can't be read, what was read last stays valid; when it is gone, which two readings
 * in a row must say, no key is valid any more. Safe for use by many threads.
 */
@Singleton
final class ApiKeys {

    private static final Logger LOG = Logger.getLogger(ApiKeys.class);
    private static final Duration LONGEST_CALL = Duration.ofSeconds(10);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);

    private final Optional<String> secret;
    private final Duration refresh;
    private final Instance<SecretsManagerClient> secrets;
    private final IssuerKeys issuers;
    private volatile @Nullable List<ApiKey> keys;
    private volatile @Nullable Thread reader;
    private boolean failing;
    private boolean gone;
    private Set<String> empty = Set.of();

    ApiKeys(AgentConfig config, Instance<SecretsManagerClient> secrets, IssuerKeys issuers) {
        this.issuers = issuers;
        this.secret = config.access().apiKeysSecret().filter(name -> !name.isBlank());
        this.refresh = config.access().apiKeysRefresh();
        this.secrets = secrets;
    }

    void start(@Observes StartupEvent event) {
        if (secret.isPresent()) {
            read();
            reader = Thread.ofVirtual().name("api-keys").start(this::readAgainAndAgain);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        Thread running = reader;
        if (running != null) {
            running.interrupt();
        }
    }

    /** Whether keys are taken here, but have never been read: then none can be accepted, and none refused. */
    boolean unknown() {
        return secret.isPresent() && keys == null;
    }

    /** Whose key that is. Takes the same time whichever key it is, and whether it is one. */
    Optional<ApiKey> find(String presented) {
        byte[] hash = Sha256.of(presented);
        ApiKey found = null;
        List<ApiKey> valid = keys;
        for (ApiKey key : valid == null ? List.<ApiKey>of() : valid) {
            for (byte[] each : key.hashes()) {
                // No early end: neither of the comparison nor of the search.
                found = MessageDigest.isEqual(each, hash) ? key : found;
            }
        }
        return Optional.ofNullable(found);
    }

    private void readAgainAndAgain() {
        try {
            while (true) {
                Thread.sleep(pause());
                read();
            }
        } catch (InterruptedException e) {
            LOG.debug("The API keys are not read any more");
        }
    }

    private Duration pause() {
        return keys == null && FIRST_RETRY.compareTo(refresh) < 0 ? FIRST_RETRY : refresh;
    }

    void read() {
        readSecret();
        List<ApiKey> valid = keys;
        issuers.read((valid == null ? List.<ApiKey>of() : valid)
                .stream()
                        .map(ApiKey::frontEnd)
                        .filter(frontEnd -> frontEnd != null && frontEnd.jwks() != null)
                        .map(FrontEnd::jwks)
                        .collect(Collectors.toSet()));
    }

    private void readSecret() {
        try {
            String value = secrets.get()
                    .getSecretValue(request -> request.secretId(secret.orElseThrow())
                            .overrideConfiguration(call -> call.apiCallTimeout(LONGEST_CALL)))
                    .secretString();
            take(ApiKeysReader.read(value));
            failing = false;
            gone = false;
        } catch (ResourceNotFoundException e) {
            missing("there is none of that name");
        } catch (InvalidRequestException e) {
            missing("it is marked for deletion");
        } catch (IllegalArgumentException e) {
            gone = false;
            failed("the secret can't be used: " + e.getMessage());
        } catch (RuntimeException e) {
            failed(e.getClass().getSimpleName());
        }
    }

    private void take(ApiKeysReader.Read read) {
        if (keys == null || failing || gone || !read.empty().equals(empty)) {
            LOG.infof("API keys read: %d", read.keys().size());
            if (!read.empty().isEmpty()) {
                LOG.errorf(
                        "The secret with the API keys has the hash of an empty text at %s. That entry is ignored",
                        String.join(", ", read.empty()));
            }
        }
        empty = read.empty();
        keys = read.keys();
    }

    /** A secret that is being replaced is gone for a moment; one that is still gone at the next reading was taken away. */
    private void missing(String why) {
        if (!gone) {
            LOG.errorf(
                    "The secret with the API keys is gone, %s. If it is still gone at the next reading, in %s, all API keys stop working.",
                    why, pause());
        } else if (keys == null || !keys.isEmpty()) {
            LOG.errorf("The secret with the API keys is gone, %s. ALL API KEYS HAVE STOPPED WORKING.", why);
            keys = List.of();
        }
        gone = true;
    }

    /** Says it once, not at every attempt. */
    private void failed(String why) {
        if (!failing) {
            LOG.errorf(
                    "The API keys could not be read, %s. %s",
                    why, keys == null ? "Until they are, callers with a key get 503." : "The last keys stay valid.");
        }
        failing = true;
    }
}
