package io.mcpagent.access;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Reads the member {@code frontEnd} of a key's entry in the secret. */
final class FrontEndReader {

    private static final Set<String> MEMBERS =
            Set.of("header", "secret", "jwks", "issuer", "audience", "lifetimeSeconds", "withoutToken");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    /** These have a meaning of their own. */
    private static final Pattern TAKEN = Pattern.compile("(?i)authorization|x-api-key|cookie|host|content-.*");
    /** As long as the hash: RFC 7518, section 3.2. */
    private static final int LEAST_SECRET_BYTES = 32;

    private static final int LONGEST_LIFETIME_SECONDS = 86_400;
    /** Open WebUI's own. */
    private static final String HEADER_BY_DEFAULT = "X-OpenWebUI-User-Jwt";

    private static final int LIFETIME_SECONDS_BY_DEFAULT = 300;

    private FrontEndReader() {}

    /** @throws IllegalArgumentException with what is wrong, which never has any of the secret's values */
    static FrontEnd read(String name, JsonNode entry) {
        require(entry.isObject(), name, "must be an object");
        entry.fieldNames()
                .forEachRemaining(member -> require(
                        MEMBERS.contains(member),
                        name,
                        "may have header, secret, jwks, issuer, audience, lifetimeSeconds and withoutToken only"));
        String header = Objects.requireNonNullElse(text(name, entry, "header"), HEADER_BY_DEFAULT);
        require(
                HEADER.matcher(header).matches() && !TAKEN.matcher(header).matches(),
                name,
                "must have the name of a header that means nothing else");
        List<SecretKey> secrets = secrets(name, entry.path("secret"));
        URI jwks = jwks(name, text(name, entry, "jwks"));
        require(secrets.isEmpty() != (jwks == null), name, "must have either a secret or a jwks");
        String issuer = text(name, entry, "issuer");
        require(issuer != null, name, "must have an issuer");
        String audience = text(name, entry, "audience");
        // The issuer of a JWKS signs tokens for other services, too.
        require(jwks == null || audience != null, name, "must have an audience where it has a jwks");
        String without = Objects.requireNonNullElse(text(name, entry, "withoutToken"), "refuse");
        require(without.equals("refuse") || without.equals("serve"), name, "may have refuse or serve as withoutToken");
        JsonNode lifetime = entry.path("lifetimeSeconds");
        int seconds = lifetime.isMissingNode() ? LIFETIME_SECONDS_BY_DEFAULT : lifetime.asInt();
        require(
                (lifetime.isMissingNode() || lifetime.isInt()) && seconds >= 1 && seconds <= LONGEST_LIFETIME_SECONDS,
                name,
                "may have a whole number from 1 to " + LONGEST_LIFETIME_SECONDS + " as lifetimeSeconds");
        return new FrontEnd(
                header,
                secrets,
                jwks,
                Objects.requireNonNull(issuer),
                audience,
                Duration.ofSeconds(seconds),
                without.equals("serve"));
    }

    /**
     * Makes sure that no token is good for two front ends, so that none of them can use what a person gave to another.
     *
     * @throws IllegalArgumentException if two have the same secret, or the same JWKS, issuer and audience
     */
    static void requireDifferent(List<ApiKey> keys) {
        Set<Object> seen = new HashSet<>();
        for (ApiKey key : keys) {
            FrontEnd frontEnd = key.frontEnd();
            if (frontEnd == null) {
                continue;
            }
            Set<Object> signers = new HashSet<>(frontEnd.secrets());
            if (frontEnd.jwks() != null) {
                signers.add(List.of(frontEnd.jwks(), frontEnd.issuer(), Objects.requireNonNull(frontEnd.audience())));
            }
            signers.forEach(
                    each -> require(seen.add(each), key.name(), "must not take the tokens of another front end"));
        }
    }

    private static List<SecretKey> secrets(String name, JsonNode value) {
        List<SecretKey> secrets = new ArrayList<>();
        for (JsonNode each : value.isArray() ? value : value.isMissingNode() ? List.<JsonNode>of() : List.of(value)) {
            byte[] bytes = each.asText().getBytes(StandardCharsets.UTF_8);
            require(
                    each.isTextual() && bytes.length >= LEAST_SECRET_BYTES,
                    name,
                    "must have secrets of at least " + LEAST_SECRET_BYTES + " bytes");
            secrets.add(new SecretKeySpec(bytes, "HmacSHA256"));
        }
        return List.copyOf(secrets);
    }

    private static @Nullable URI jwks(String name, @Nullable String address) {
        if (address == null) {
            return null;
        }
        try {
            URI uri = URI.create(address);
            boolean here = "127.0.0.1".equals(uri.getHost()) || "localhost".equals(uri.getHost());
            if (uri.getHost() != null
                    && ("https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && here))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Its message has the value.
        }
        throw wrong(name, "must have an https address as jwks");
    }

    private static @Nullable String text(String name, JsonNode entry, String member) {
        JsonNode value = entry.path(member);
        if (value.isMissingNode()) {
            return null;
        }
        require(value.isTextual() && !value.textValue().isBlank(), name, "must have a text as " + member);
        return value.textValue();
    }

    private static void require(boolean holds, String name, String what) {
        if (!holds) {
            throw wrong(name, what);
        }
    }

    private static IllegalArgumentException wrong(String name, String what) {
        return new IllegalArgumentException("the front end of the entry " + name + " " + what);
    }
}
