package io.mcpagent.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.StringJoiner;

/** Reads the content of messages: a string, or parts of text. */
final class MessageText {

    private static final Set<String> MEDIA = Set.of("image_url", "input_audio", "file");

    private MessageText() {}

    /**
     * The text.
     *
     * @param param the content's name in the request
     * @param asked whether all of it counts: then media are refused, else their place is marked
     * @throws InvalidParameter if it is no text
     */
    static String of(String param, JsonNode content, boolean asked) {
        if (content.isTextual()) {
            return content.asText();
        }
        if (content.isArray()) {
            StringJoiner text = new StringJoiner("\n");
            for (int i = 0; i < content.size(); i++) {
                text.add(part(param + "[" + i + "]", content.get(i), asked));
            }
            return text.toString();
        }
        if (CompletionRequest.isAbsent(content)) {
            return "";
        }
        throw InvalidParameter.value(param, "The content must be a string, or an array of text parts.");
    }

    private static String part(String param, JsonNode part, boolean asked) {
        String type = part.path("type").asText();
        if (MEDIA.contains(type) && !asked) {
            return "(" + type.replace('_', ' ') + " left out)";
        }
        if (MEDIA.contains(type)) {
            throw InvalidParameter.unsupported(param, "Only text is accepted: no images, audio or files.");
        }
        JsonNode text = part.path(type.equals("refusal") ? "refusal" : "text");
        if ((!type.equals("text") && !type.equals("refusal")) || !text.isTextual()) {
            throw InvalidParameter.value(param, "A part of a content must be of type text and have a text.");
        }
        return text.asText();
    }
}
