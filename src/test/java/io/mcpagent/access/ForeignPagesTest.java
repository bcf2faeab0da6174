package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.problem.ProblemAnswers;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests a foreign page may have had a browser send. */
@SuppressWarnings("NullAway") // Nothing is answered here.
class ForeignPagesTest {

    private static final ProblemAnswers NOBODY = null;
    private static final int CASES = 20_000;
    private static final List<String> OURS =
            List.of("localhost", "app.localhost", "127.0.0.1", "127.255.0.9", "[::1]", "agent.example.com", "box");
    private static final List<String> FOREIGN = List.of(
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil-localhost",
            "agent.example.com.evil.example",
            "xagent.example.com",
            "sub.agent.example.com",
            "10.0.0.1",
            "0.0.0.0",
            "127.0.0.256",
            "127.1",
            "2130706433",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "l\u00f6calhost",
            "\uff4cocalhost",
            "lo\u200bcalhost");
    private final Random random = new Random(20261130);
    private final ForeignPages pages = new ForeignPages(true, List.of(" Agent.Example.com", "box."), NOBODY);

    @Test
    void should_take_this_machine_and_configured_hosts_and_nothing_else() {
        for (int i = 0; i < CASES; i++) {
            boolean ourHost = random.nextInt(4) > 0;
            boolean ourOrigin = random.nextInt(4) > 0;
            String host = authority(ourHost);
            List<String> origins =
                    random.nextBoolean() ? List.of() : List.of(pick("http://", "https://") + authority(ourOrigin));
            assertThat(pages.isOurs("/chat", List.of(host), origins))
                    .as("%s %s", host, origins)
                    .isEqualTo(ourHost && (origins.isEmpty() || ourOrigin));
        }
    }

    @Test
    void should_refuse_what_is_damaged_in_any_place() {
        String damage = "\u0000 \t@/\\?#%,;<>\"'\u00e9\u200b";
        for (int i = 0; i < CASES; i++) {
            StringBuilder host = new StringBuilder(authority(true));
            host.insert(random.nextInt(host.length() + 1), damage.charAt(random.nextInt(damage.length())));
            assertThat(pages.isOurs("/chat", List.of(host.toString()), List.of()))
                    .as(host.toString())
                    .isFalse();
            assertThat(pages.isOurs("/chat", List.of("localhost"), List.of("http://" + host)))
                    .as(host.toString())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "localhost",
                "//localhost",
                "http://",
                "http://localhost/",
                "http://localhost:123456",
                "http://localhost:",
                "file://localhost",
                "chrome-extension://localhost",
                "http://localhost http://localhost",
                "http://user@localhost",
                "http://localhost@evil.example",
                "http://evil.example#localhost"
            })
    void should_refuse_an_origin_that_is_no_web_page_of_ours(String origin) {
        assertThat(pages.isOurs("/mcp", List.of("localhost:8080"), List.of(origin)))
                .isFalse();
    }

    @Test
    void should_refuse_no_host_two_hosts_two_origins_and_a_whole_address() {
        assertThat(pages.isOurs("/", List.of(), List.of())).isFalse();
        assertThat(pages.isOurs("/", List.of("localhost", "localhost"), List.of()))
                .isFalse();
        assertThat(pages.isOurs("/", List.of("localhost"), List.of("http://localhost", "http://localhost")))
                .isFalse();
        assertThat(pages.isOurs("http://evil.example/chat", List.of("localhost"), List.of()))
                .isFalse();
        assertThat(pages.isOurs("/", List.of("localhost"), List.of("http://localhost:3000")))
                .isTrue();
    }

    private String authority(boolean ours) {
        List<String> names = ours ? OURS : FOREIGN;
        String name = names.get(random.nextInt(names.size()));
        name = random.nextBoolean() ? name : name.toUpperCase(Locale.ROOT);
        name = name.endsWith("]") || random.nextInt(4) > 0 ? name : name + ".";
        return name + pick("", ":80", ":8080", ":65535");
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
