package io.mcpagent.app;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.protocols.query.unmarshall.XmlElement;

/**
 * Reads what STS answers, which is the only service here that speaks XML, so that the native executable needs no parser of the JDK ({@link NoXml}).
 * Elements and their text, and nothing else: neither attributes nor document types.
 */
final class StsXml {

    private static final int LONGEST = 256 * 1024;
    private static final int DEEPEST = 32;
    private static final Pattern PART =
            Pattern.compile("<!--.*?-->|<\\?.*?\\?>|<(/?)(?:[\\w.-]+:)?([\\w.-]+)[^<>]*?(/?)>|([^<]+)", Pattern.DOTALL);
    private static final Pattern ENTITY =
            Pattern.compile("&(?:#(\\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));");

    private final Matcher parts;

    private StsXml(String document) {
        this.parts = PART.matcher(document);
    }

    /** @throws SdkClientException if it can't be read, as the SDK's own parser does */
    static XmlElement parse(InputStream document) {
        try {
            byte[] bytes = document.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw unreadable();
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            return text.isEmpty() ? XmlElement.empty() : new StsXml(text).root();
        } catch (IOException e) {
            throw SdkClientException.create("Could not read the XML response.", e);
        }
    }

    private static SdkClientException unreadable() {
        return SdkClientException.create("Could not parse XML response.");
    }

    private XmlElement root() {
        while (next()) {
            if (parts.group(2) != null) {
                return element(0);
            }
            skip();
        }
        throw unreadable();
    }

    /** Goes on to what stands right behind the last part. */
    private boolean next() {
        return parts.regionStart() < parts.regionEnd() && parts.lookingAt();
    }

    private XmlElement element(int depth) {
        String name = parts.group(2);
        if (!parts.group(1).isEmpty() || depth > DEEPEST) {
            throw unreadable();
        }
        XmlElement.Builder element = XmlElement.builder().elementName(name);
        boolean empty = !parts.group(3).isEmpty();
        skip();
        StringBuilder text = new StringBuilder();
        while (!empty && next()) {
            if (parts.group(4) != null) {
                text.append(unescaped(parts.group(4)));
            } else if (parts.group(2) != null && parts.group(1).isEmpty()) {
                element.addChildElement(element(depth + 1));
                continue;
            } else if (parts.group(2) != null) {
                empty = parts.group(2).equals(name);
                if (!empty) {
                    throw unreadable();
                }
            }
            skip();
        }
        if (!empty) {
            throw unreadable();
        }
        return element.textContent(text.toString()).build();
    }

    private void skip() {
        parts.region(parts.end(), parts.regionEnd());
    }

    private static String unescaped(String text) {
        return ENTITY.matcher(text).replaceAll(entity -> {
            if (entity.group(3) == null) {
                int c = entity.group(1) != null
                        ? Integer.parseInt(entity.group(1))
                        : Integer.parseInt(entity.group(2), 16);
                if (!Character.isValidCodePoint(c)) {
                    throw unreadable();
                }
                return Matcher.quoteReplacement(Character.toString(c));
            }
            return switch (entity.group(3)) {
                case "lt" -> "<";
                case "gt" -> ">";
                case "amp" -> "&";
                case "quot" -> "\"";
                default -> "'";
            };
        });
    }

    /** In the native executable in place of the SDK's. */
    @Substitute
    @TargetClass(className = "software.amazon.awssdk.protocols.query.unmarshall.XmlDomParser")
    static final class InTheSdk {

        private InTheSdk() {}

        @Substitute
        public static XmlElement parse(InputStream document) {
            return StsXml.parse(document);
        }
    }
}
