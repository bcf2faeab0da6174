package io.mcpagent.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.quarkus.oidc.runtime.OidcConfig;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifiedTokensTest {

    private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");

    private Instant now = START;
    private final Identities identities = new Identities(TestSettings.with("identity.groups", "team"));
    private final VerifiedTokens tokens = new VerifiedTokens(identities, () -> true, () -> now);

    /** A token as quarkus-oidc leaves it. */
    private record Token(Map<String, Object> claims, String raw) implements JsonWebToken {

        @Override
        public String getName() {
            return getSubject();
        }

        @Override
        public Set<String> getClaimNames() {
            return claims.keySet();
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> T getClaim(String name) {
            return (T) (name.equals("raw_token") ? raw : claims.get(name));
        }
    }

    private static SecurityIdentity verified(String subject, int seconds) throws Exception {
        return verified(subject, seconds, "{}");
    }

    private static SecurityIdentity verified(String subject, int seconds, String head) throws Exception {
        Map<String, Object> claims = Map.of(
                "iss",
                "https://issuer",
                "sub",
                subject,
                "exp",
                START.plusSeconds(seconds).getEpochSecond(),
                "team",
                List.of("a", "b"));
        String body =
                Base64.getUrlEncoder().withoutPadding().encodeToString(new ObjectMapper().writeValueAsBytes(claims));
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new Token(
                        claims,
                        Base64.getUrlEncoder().withoutPadding().encodeToString(head.getBytes(UTF_8)) + "." + body
                                + ".c2ln"))
                .addRole("role-of-quarkus")
                .addAttribute("io.vertx.ext.web.RoutingContext", "one request")
                .build();
    }

    private static String raw(SecurityIdentity identity) {
        return ((JsonWebToken) identity.getPrincipal()).getRawToken();
    }

    @Test
    void should_know_a_token_until_it_expires() throws Exception {
        SecurityIdentity ann = verified("ann", 60);
        assertThat(tokens.find(raw(ann))).isNull();
        SecurityIdentity kept = tokens.keep(ann, tokens.reading());
        assertThat(tokens.find(raw(ann))).isSameAs(kept);
        assertThat(kept.getAttributes()).doesNotContainValue("one request");
        Identity identity = kept.getAttribute(VerifiedTokens.IDENTITY);
        assertThat(identity.subject()).isEqualTo(Subjects.of(ann)).isEqualTo(Subjects.of(kept));
        assertThat(identity.groups()).containsExactlyInAnyOrder("a", "b");
        assertThat(tokens.find(raw(ann) + "x")).isNull();
        assertThat(tokens.find(raw(verified("bob", 60)))).isNull();
        now = START.plusSeconds(60);
        assertThat(tokens.find(raw(ann))).isNull();
    }

    @Test
    void should_look_at_each_token_again_when_the_keys_were_read() throws Exception {
        SecurityIdentity ann = verified("ann", 60);
        tokens.keep(ann, tokens.reading());
        int before = tokens.reading();
        tokens.forget();
        assertThat(tokens.find(raw(ann))).isNull();
        tokens.keep(ann, before);
        assertThat(tokens.find(raw(ann))).as("looked at with the keys before").isNull();
    }

    /** quarkus-oidc reads the keys by itself when it does not know the key of a token: the one that signed before may be withdrawn. */
    @Test
    void should_look_at_each_token_again_when_another_key_signs() throws Exception {
        SecurityIdentity old = verified("ann", 60, "{\"kid\":\"old\"}");
        int before = tokens.reading();
        tokens.keep(old, before);
        SecurityIdentity young = verified("ann", 60, "{\"kid\":\"new\"}");
        tokens.keep(young, before);
        assertThat(tokens.find(raw(old))).isNull();
        assertThat(tokens.find(raw(young))).isNotNull();
        tokens.keep(old, before);
        assertThat(tokens.find(raw(old))).as("looked at before the key came").isNull();
        // While both keys sign, both are kept.
        tokens.keep(old, tokens.reading());
        assertThat(tokens.find(raw(old))).isNotNull();
        assertThat(tokens.find(raw(young))).isNotNull();
    }

    @Test
    void should_keep_a_thousand_and_none_whose_end_is_not_known() throws Exception {
        for (int i = 0; i <= 1_000; i++) {
            tokens.keep(verified("person-" + i, 60), tokens.reading());
        }
        assertThat(tokens.find(raw(verified("person-0", 60)))).isNull();
        assertThat(tokens.find(raw(verified("person-1", 60)))).isNotNull();
        VerifiedTokens others = new VerifiedTokens(identities, () -> false, () -> now);
        SecurityIdentity ann = verified("ann", 60);
        others.keep(ann, others.reading());
        assertThat(others.find(raw(ann))).isNull();
        SecurityIdentity large = verified("x".repeat(8_000), 60);
        tokens.keep(large, tokens.reading());
        assertThat(tokens.find(raw(large))).isNull();
    }

    /** Read as Quarkus reads them: a name that it does not know would change nothing. */
    @ParameterizedTest
    @CsvSource({
        "token.subject-required,                       true,  true",
        "token.age,                                    10m,   false",
        "token.binding.certificate,                    true,  false",
        "token.allow-jwt-introspection,                true,  false",
        "token.require-jwt-introspection-only,         true,  false",
        "token.verify-access-token-with-user-info,     true,  false",
    })
    void should_keep_no_token_that_can_end_before_it_expires(String setting, String value, boolean lasting) {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withMapping(OidcConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValue("quarkus.oidc.token.allow-jwt-introspection", "false")
                .withDefaultValue("quarkus.oidc." + setting, value)
                .build();
        assertThat(VerifiedTokens.isLasting(OidcConfig.getDefaultTenant(config.getConfigMapping(OidcConfig.class))
                        .token()))
                .isEqualTo(lasting);
    }

    @Test
    void should_find_auditors_by_the_groups_that_rules_go_by() throws Exception {
        SecurityIdentity ann = tokens.keep(verified("ann", 60), tokens.reading());
        VerifiedCaller caller = new VerifiedCaller(
                new CurrentIdentityAssociation() {
                    @Override
                    public void setIdentity(SecurityIdentity identity) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public void setIdentity(Uni<SecurityIdentity> identity) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public SecurityIdentity getIdentity() {
                        return ann;
                    }

                    @Override
                    public Uni<SecurityIdentity> getDeferredIdentity() {
                        return Uni.createFrom().item(ann);
                    }
                },
                new SignIn(TestSettings.with(), Optional.of("https://issuer"), Optional.of(List.of("agent"))),
                identities);
        assertThat(caller.isOneOf(List.of("group:b"))).isTrue();
        assertThat(caller.isOneOf(List.of(Subjects.of(ann)))).isTrue();
        assertThat(caller.isOneOf(List.of("group:role-of-quarkus", "ann", "subject:ann")))
                .isFalse();
    }
}
