package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrontEndReaderTest {

    private static final String HASH = "0".repeat(64);
    private static final String SECRET = "s3cret-of-the-front-end-0123456789";

    private static String entry(String frontEnd) {
        return "{\"sha256\":\"" + HASH + "\",\"frontEnd\":"
                + frontEnd.replace('\'', '"').replace("SECRET", SECRET) + "}";
    }

    private static FrontEnd read(String frontEnd) {
        return ApiKeysReader.read("{\"ui\":" + entry(frontEnd) + "}")
                .keys()
                .getFirst()
                .frontEnd();
    }

    @Test
    void should_take_open_webuis_defaults() {
        FrontEnd frontEnd = read("{'secret':'SECRET','issuer':'open-webui'}");
        assertThat(frontEnd.header()).isEqualTo("X-OpenWebUI-User-Jwt");
        assertThat(frontEnd.lifetime()).isEqualTo(Duration.ofMinutes(5));
        assertThat(frontEnd.servesWithoutToken()).isFalse();
        assertThat(ApiKeysReader.read("{\"ui\":\"" + HASH + "\"}")
                        .keys()
                        .getFirst()
                        .frontEnd())
                .isNull();
    }

    @Test
    void should_take_any_header_two_secrets_and_a_jwks() {
        assertThat(read("{'secret':['SECRET','SECRET-2'],'issuer':'x','withoutToken':'serve'}")
                        .secrets())
                .hasSize(2);
        FrontEnd frontEnd =
                read("{'header':'X-Id-Token','jwks':'https://idp.example/keys','issuer':'https://idp.example',"
                        + "'audience':'chat','lifetimeSeconds':3600}");
        assertThat(frontEnd.jwks()).hasHost("idp.example");
        assertThat(frontEnd.secrets()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "{}",
                "{'secret':'SECRET'}",
                "{'issuer':'x'}",
                "{'secret':'too-short','issuer':'x'}",
                "{'secret':['SECRET','short'],'issuer':'x'}",
                "{'secret':[],'issuer':'x'}",
                "{'secret':7,'issuer':'x'}",
                "{'secret':'SECRET','issuer':' '}",
                "{'secret':'SECRET','issuer':'x','audience':''}",
                "{'secret':'SECRET','issuer':'x','jwks':'https://idp.example/keys','audience':'a'}",
                "{'jwks':'https://idp.example/keys','issuer':'x'}",
                "{'jwks':'http://idp.example/keys','issuer':'x','audience':'a'}",
                "{'jwks':'file:///etc/passwd','issuer':'x','audience':'a'}",
                "{'jwks':'SECRET{','issuer':'x','audience':'a'}",
                "{'secret':'SECRET','issuer':'x','header':'Authorization'}",
                "{'secret':'SECRET','issuer':'x','header':'x-api-KEY'}",
                "{'secret':'SECRET','issuer':'x','header':'two words'}",
                "{'secret':'SECRET','issuer':'x','lifetimeSeconds':0}",
                "{'secret':'SECRET','issuer':'x','lifetimeSeconds':'300'}",
                "{'secret':'SECRET','issuer':'x','lifetimeSeconds':99999}",
                "{'secret':'SECRET','issuer':'x','withoutToken':'maybe'}",
                "{'secret':'SECRET','issuer':'x','unknown':1}",
            })
    void should_refuse_the_rest_without_a_value_of_the_secret(String frontEnd) {
        assertThatThrownBy(() -> read(frontEnd))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the front end of the entry ui ")
                .hasMessageNotContaining(SECRET)
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'secret':'SECRET','issuer':'ISSUER'}",
                "{'secret':['SECRET-of-ISSUER','SECRET'],'issuer':'x'}",
                "{'jwks':'https://idp.example/keys','issuer':'x','audience':'a','header':'X-ISSUER'}",
            })
    void should_refuse_two_front_ends_that_would_take_each_others_tokens(String frontEnd) {
        assertThatThrownBy(() -> ApiKeysReader.read("{\"one\":" + entry(frontEnd.replace("ISSUER", "one")) + ",\"two\":"
                        + entry(frontEnd.replace("ISSUER", "two")) + "}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another front end");
    }
}
