package io.mcpagent.access;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * How the front end that an API key belongs to names the person it asks for: by a signed token (JWT) in a header. It has secrets or a JWKS.
 *
 * @param header             the header's name
 * @param secrets            HMAC keys of which one signed the token; two while a secret is being replaced, none if there is a JWKS
 * @param jwks               where the issuer has its public keys, or null if there are secrets
 * @param issuer             the token's {@code iss}
 * @param audience           the token's {@code aud}, or null if it needs none
 * @param lifetime           how long a token may be valid, from {@code iat} to {@code exp}
 * @param servesWithoutToken whether a request without a token counts as the key's own; otherwise it is refused
 */
record FrontEnd(
        String header,
        List<SecretKey> secrets,
        @Nullable URI jwks,
        String issuer,
        @Nullable String audience,
        Duration lifetime,
        boolean servesWithoutToken) {}
