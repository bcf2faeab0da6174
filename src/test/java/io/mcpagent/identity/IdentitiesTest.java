package io.mcpagent.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.config.TestSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentitiesTest {

    private static final String ANN = "user:0123456789abcdef:ann";
    private final Identities identities = new Identities(TestSettings.with());

    private Identity ofToken(String claims) {
        String body = Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        return identities.ofToken(ANN, "ann", "e30." + body + ".c2ln");
    }

    @Test
    void should_take_a_group_or_role_whole_and_scopes_one_by_one() throws IOException {
        String claims =
                "{\"groups\":\"sales admins\",\"roles\":\" team lead \",\"scope\":\"read  write\",\"scp\":[\"a b\"]}";
        for (Identity each : List.of(
                ofToken(claims),
                identities.ofKey("key:k", "k", new ObjectMapper().readTree(claims)),
                identities.ofVouched(
                        "via:ui:ann",
                        "ui",
                        Map.of(
                                "groups",
                                "sales admins",
                                "roles",
                                "team lead",
                                "scope",
                                "read write",
                                "scp",
                                List.of("a b"))))) {
            assertThat(each.groups()).containsExactly("sales admins");
            assertThat(each.roles()).containsExactly("team lead");
            assertThat(each.scopes()).containsExactlyInAnyOrder("read", "write", "a b");
        }
        assertThat(ofToken("{\"groups\":[\"sales admins\",\"\",7,null,[\"x\"]],\"cognito:groups\":\"  \"}")
                        .groups())
                .containsExactly("sales admins");
    }

    /** An issuer's subject is what a person may have chosen. */
    @ParameterizedTest
    @CsvSource({
        "key:billing,key:billing,billing",
        "via:ui:eve,via:ui:eve,ui",
        "user:0123456789abcdef:ann,user:0123456789abcdef:ann,"
    })
    void should_not_take_a_person_for_whom_their_name_reads_like(String name, String subject, String key) {
        CallerPattern rule = CallerPattern.parse("subject:" + name);
        Identity named =
                new Identity("user:ffffffffffffffff:" + name, name, null, Set.of(), Set.of(), Set.of(), Map.of(), null);
        assertThat(rule.matches(named)).isFalse();
        assertThat(rule.matches(Identity.of(subject))).isTrue();
        assertThat(CallerPattern.parse("subject:ann").matches(ofToken("{}"))).isTrue();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            ann,      ann,            true
            Ann,      aNN,            true
            jose\u0301, jos\u00e9,    true
            ann,      'an\u200bn',    true
            ann,      '\uff21nn',     true
            'a n',    'a\u00a0n',     true
            ann,      bob,            false
            """)
    void should_know_a_person_by_what_is_read_of_their_name(String one, String other, boolean same) {
        assertThat(SubjectParts.mayBeTheSame("user:0123456789abcdef:" + one, "via:ui:" + other))
                .isEqualTo(same);
        assertThat(SubjectParts.mayBeTheSame("key:" + one, "user:0123456789abcdef:" + other))
                .isFalse();
    }
}
