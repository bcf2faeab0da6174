package io.mcpagent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.protocols.query.unmarshall.XmlDomParser;
import software.amazon.awssdk.protocols.query.unmarshall.XmlElement;

/** STS's answers read as the SDK's own parser reads them. */
class StsXmlTest {

    private static final List<String> TEXTS = List.of(
            "",
            "arn:aws:sts::1:assumed-role/a/b",
            "a/+=",
            "&lt;&amp;&gt;&quot;&apos;",
            "&#228;&#x1F600;",
            "ä😀",
            " x ");
    private final Random random = new Random(20261130);

    @Test
    void should_read_what_the_parser_of_the_sdk_reads() {
        for (int i = 0; i < 2_000; i++) {
            String document = pick("", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "<!-- a > b -->") + element(0);
            assertThat(told(read(document, StsXml::parse)))
                    .as(document)
                    .isEqualTo(told(read(document, XmlDomParser::parse)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "<a>",
                "<a></b>",
                "</a>",
                "<a><b></a></b>",
                "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
                "<a"
            })
    void should_refuse_what_is_no_document(String text) {
        assertThatThrownBy(() -> read(text, StsXml::parse)).isInstanceOf(SdkClientException.class);
        assertThatThrownBy(() -> read("<a>".repeat(100_000), StsXml::parse)).isInstanceOf(SdkClientException.class);
    }

    private String element(int depth) {
        String name = pick("", "sts:") + pick("AssumeRoleResponse", "Credentials", "SessionToken", "a.b-c_1");
        String begin = "<" + name + pick("", " xmlns:sts=\"https://sts.amazonaws.com/doc/2011-06-15/\"");
        begin = name.startsWith("sts:") && !begin.contains("xmlns") ? begin + " xmlns:sts='urn:x'" : begin;
        if (random.nextInt(8) == 0) {
            return begin + "/>";
        }
        StringBuilder content = new StringBuilder();
        if (depth < 4 && random.nextBoolean()) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                content.append(pick("", "\n  ")).append(element(depth + 1));
            }
        } else {
            content.append(TEXTS.get(random.nextInt(TEXTS.size())));
        }
        return begin + ">" + content + "</" + name + ">";
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private static XmlElement read(String document, Function<java.io.InputStream, XmlElement> parser) {
        return parser.apply(new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8)));
    }

    /** The text of an element with others in it is blank, and nobody asks for it. */
    private static String told(XmlElement element) {
        String text = element.textContent() == null ? "" : element.textContent();
        return element.elementName()
                + (element.children().isEmpty()
                        ? "=" + text
                        : element.children().stream().map(StsXmlTest::told).toList());
    }
}
