package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.support.Await;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of front ends: what a good one says, and that no change to it, and none of another's, names anybody. */
class PersonTokensTest {

    private static final String SECRET = "the-secret-of-open-webui-0123456789";
    private static final String OTHERS = "the-secret-of-another-one-0123456789";

    private final IssuerKeys issuers = new IssuerKeys();
    private final PersonTokens tokens = new PersonTokens(issuers);

    private static FrontEnd bySecret(String... secrets) {
        return new FrontEnd(
                "X-OpenWebUI-User-Jwt",
                List.of(secrets).stream()
                        .map(each -> (javax.crypto.SecretKey)
                                new SecretKeySpec(each.getBytes(StandardCharsets.UTF_8), "HmacSHA256"))
                        .toList(),
                null,
                "open-webui",
                null,
                Duration.ofMinutes(5),
                false);
    }

    private static FrontEnd byJwks(TestIssuer issuer) {
        return new FrontEnd(
                "X-Id-Token",
                List.of(),
                URI.create(issuer.url() + "/keys"),
                issuer.url(),
                TestIssuer.AUDIENCE,
                Duration.ofHours(1),
                false);
    }

    /** As Open WebUI 0.11 has them. */
    private static Map<String, Object> claims() {
        long now = Instant.now().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("sub", "671fa9fb-1");
        claims.put("email", "bob@example.com");
        claims.put("name", "Bob");
        claims.put("role", "user");
        claims.put("iss", "open-webui");
        claims.put("iat", now);
        claims.put("exp", now + 300);
        return claims;
    }

    private static Map<String, Object> changed(String claim, Object value) {
        Map<String, Object> claims = claims();
        if (value == null) {
            claims.remove(claim);
        } else {
            claims.put(claim, value);
        }
        return claims;
    }

    @Test
    void should_name_the_person_of_a_good_token() throws Exception {
        Map<String, Object> claims = claims();
        claims.put("name", null);
        PersonTokens.Person person = tokens.read(bySecret(SECRET), TestIssuer.hmac(claims, SECRET));
        assertThat(person.subject()).isEqualTo("671fa9fb-1");
        assertThat(person.claims()).containsEntry("email", "bob@example.com").containsEntry("role", "user");
        assertThat(tokens.read(bySecret(OTHERS, SECRET), TestIssuer.hmac(claims(), SECRET))
                        .subject())
                .isEqualTo("671fa9fb-1");
    }

    @Test
    void should_refuse_what_is_not_good_now_and_say_why() {
        long now = Instant.now().getEpochSecond();
        Map<Map<String, Object>, String> bad = new LinkedHashMap<>();
        bad.put(changed("exp", now - 60), "has expired");
        bad.put(changed("exp", null), "has no exp");
        bad.put(changed("exp", now + 301), "is valid for longer than this service takes");
        bad.put(changed("exp", "tomorrow"), "");
        bad.put(changed("iat", null), "has no iat");
        bad.put(changed("iat", now + 120), "was issued in the future");
        bad.put(changed("nbf", now + 120), "is not valid yet");
        bad.put(changed("iss", "another"), "is of another issuer");
        bad.put(changed("iss", null), "is of another issuer");
        bad.put(changed("iss", List.of("open-webui")), "");
        bad.put(changed("sub", null), "has no subject");
        for (String subject : List.of("", " ", "\u00a0", "\u200b", "a\nb", "a\u0000", "x".repeat(256), "\u2028")) {
            bad.put(changed("sub", subject), "");
        }
        bad.put(changed("sub", 7), "");
        bad.forEach((claims, why) -> assertRefused(bySecret(SECRET), TestIssuer.hmac(claims, SECRET), why));
        assertRefused(bySecret(SECRET), TestIssuer.hmac(claims(), OTHERS), "is not signed by the front end");
    }

    @Test
    void should_check_an_audience_if_there_is_one_to_check() throws Exception {
        FrontEnd any = bySecret(SECRET);
        FrontEnd ours = new FrontEnd(any.header(), any.secrets(), null, any.issuer(), "us", any.lifetime(), false);
        assertThat(tokens.read(ours, TestIssuer.hmac(changed("aud", List.of("them", "us")), SECRET)))
                .isNotNull();
        assertThat(tokens.read(any, TestIssuer.hmac(changed("aud", "them"), SECRET)))
                .isNotNull();
        assertRefused(ours, TestIssuer.hmac(changed("aud", "them"), SECRET), "is for another audience");
        assertRefused(ours, TestIssuer.hmac(claims(), SECRET), "is for another audience");
    }

    @Test
    void should_refuse_each_algorithm_but_the_front_ends_own() {
        try (TestIssuer issuer = TestIssuer.start()) {
            FrontEnd byJwks = byJwks(issuer);
            assertThat(tokens.unknown(byJwks)).isTrue();
            issuers.read(Set.of(byJwks.jwks()));
            Await.until("the issuer's keys", () -> !tokens.unknown(byJwks));
            assertThat(subject(byJwks, issuer.token("ann"))).isEqualTo("ann");
            for (String token : List.of(
                    issuer.unsigned("ann"),
                    issuer.unsigned("ann") + issuer.token("ann").split("\\.")[2],
                    issuer.confused("ann"),
                    issuer.forged("ann"),
                    TestIssuer.hmac(issuer.claims("ann"), SECRET))) {
                assertRefused(byJwks, token, "");
                assertRefused(bySecret(SECRET), token, "");
            }
            assertRefused(bySecret(SECRET), issuer.token("ann"), "");
        }
    }

    /** What is changed in a good token, by one letter or more, names nobody else; the same person only if it means the same. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void should_refuse_every_change_to_a_good_token(long seed) {
        Random random = new Random(seed);
        String good = TestIssuer.hmac(claims(), SECRET);
        List<String> named = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            StringBuilder token = new StringBuilder(good);
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                int at = random.nextInt(token.length());
                switch (random.nextInt(3)) {
                    case 0 -> token.setCharAt(at, (char) (33 + random.nextInt(94)));
                    case 1 -> token.deleteCharAt(at);
                    default -> token.insert(at, (char) (33 + random.nextInt(94)));
                }
            }
            try {
                named.add(tokens.read(bySecret(SECRET), token.toString()).subject());
            } catch (PersonTokens.RefusedException e) {
                assertThat(e.getMessage()).doesNotContain(token);
            }
        }
        // Base64 has letters whose last bits count for nothing.
        assertThat(named).allMatch("671fa9fb-1"::equals).hasSizeLessThan(20);
    }

    private String subject(FrontEnd frontEnd, String token) {
        try {
            return tokens.read(frontEnd, token).subject();
        } catch (PersonTokens.RefusedException e) {
            return "refused: " + e.getMessage();
        }
    }

    private void assertRefused(FrontEnd frontEnd, String token, String why) {
        assertThatThrownBy(() -> tokens.read(frontEnd, token))
                .isInstanceOf(PersonTokens.RefusedException.class)
                .hasMessageContaining(why);
    }
}
