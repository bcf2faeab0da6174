package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Page;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** People sign in from the chat page, in Chromium: by key, and at the issuer. */
@Tag("long")
class PageSignInIT {

    @BeforeAll
    static void needed() {
        Assumptions.assumeTrue(Page.installed(), "Chromium and Node.js with npm are not installed");
    }

    @Test
    void should_sign_in_by_key_and_at_the_issuer() {
        try (Door door = new Door(Map.of("AGENT_ACCESS_PAGE_CLIENT_ID", TestIssuer.PAGE))) {
            door.bedrock.always(Script.text("Hello."));
            Page.test("sign-in", door.agent.url(""), Map.of("ACCESS_KEY", Door.BILLING, "ISSUER", door.issuer.url()));
            assertEquals(
                    1,
                    door.agent
                                    .get("/chat", door.person(TestIssuer.PERSON))
                                    .body()
                                    .split("\"id\"", -1)
                                    .length
                            - 1,
                    "the one question that was asked after the sign-in at the issuer is the person's");
        }
    }

    @Test
    void should_reach_no_issuer_where_the_page_has_no_client() {
        try (Door door = new Door(Map.of())) {
            assertEquals(
                    "{\"methods\":[\"key\"]}", door.agent.get("/sign-in.json").body());
            String policy = door.agent
                    .get("/")
                    .headers()
                    .firstValue("Content-Security-Policy")
                    .orElse("");
            assertTrue(policy.contains("connect-src 'self';"), policy);
        }
    }
}
