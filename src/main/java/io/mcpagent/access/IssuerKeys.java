package io.mcpagent.access;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jose4j.http.Get;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of the issuers whose tokens front ends send. They are read again and again in the background, so that no request waits for
 * them; while one can't be read, what was read last stays valid. Safe for use by many threads.
 */
@Singleton
final class IssuerKeys {

    private static final Logger LOG = Logger.getLogger(IssuerKeys.class);
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final int LONGEST_BODY = 256 << 10;

    private final Map<URI, List<JsonWebKey>> keys = new ConcurrentHashMap<>();
    private final Set<URI> reading = ConcurrentHashMap.newKeySet();

    /** The keys at this address; null if they have never been read. */
    @Nullable
    List<JsonWebKey> of(URI address) {
        return keys.get(address);
    }

    /** Reads those addresses, each on a thread of its own, unless it is being read; forgets all others. */
    void read(Collection<URI> addresses) {
        keys.keySet().retainAll(addresses);
        for (URI address : addresses) {
            if (reading.add(address)) {
                Thread.ofVirtual().name("issuer-keys").start(() -> read(address));
            }
        }
    }

    private void read(URI address) {
        try {
            Get http = new Get();
            http.setConnectTimeout(TIMEOUT_MILLIS);
            http.setReadTimeout(TIMEOUT_MILLIS);
            http.setRetries(0);
            http.setResponseBodySizeLimit(LONGEST_BODY);
            List<JsonWebKey> read =
                    new JsonWebKeySet(http.get(address.toString()).getBody()).getJsonWebKeys();
            keys.put(address, List.copyOf(read));
        } catch (IOException | JoseException | RuntimeException e) {
            LOG.warnf(
                    "The keys of a front end's issuer could not be read from %s (%s)",
                    address.getHost(), e.getClass().getSimpleName());
        } finally {
            reading.remove(address);
        }
    }
}
