package io.mcpagent.conversation;

import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes messages fit by cutting tool results, the oldest first: what the model has asked for last is what it needs most. What was cut in one request is
 * cut in the next ones of its turn, too.
 */
final class CutResults {

    /** What stays of an older result, in characters. */
    private static final int KEPT = 1_000;

    private static final int MOST_CHARACTERS_A_TOKEN = 3;

    /** More than the sentence about what is left out has. */
    private static final int SENTENCE = 100;

    private CutResults() {}

    /** The same messages, with shorter results if necessary: at most so many tokens, or as few as this way allows. */
    static List<Message> fit(List<Message> messages, long maxTokens) {
        long surplus = History.estimate(messages) - maxTokens;
        if (surplus <= 0) {
            return messages;
        }
        List<Message> fitted = new ArrayList<>(messages);
        for (int i = 0; i < messages.size() && surplus > 0; i++) {
            boolean newest = i == messages.size() - 1;
            List<Content> content = new ArrayList<>(messages.get(i).content());
            for (int n = 0; n < content.size() && surplus > 0; n++) {
                if (content.get(n) instanceof Content.ToolResult result) {
                    Content.ToolResult shorter =
                            cut(result, newest ? surplus : result.text().length());
                    surplus -= History.estimate(result.text()) - History.estimate(shorter.text());
                    content.set(n, shorter);
                }
            }
            fitted.set(i, new Message(messages.get(i).role(), content));
        }
        return fitted;
    }

    private static Content.ToolResult cut(Content.ToolResult result, long surplus) {
        String text = result.text();
        int kept = (int) Math.max(KEPT, text.length() - MOST_CHARACTERS_A_TOKEN * surplus - SENTENCE);
        if (text.length() <= kept + SENTENCE) {
            return result;
        }
        return new Content.ToolResult(result.toolUseId(), start(text, kept), result.error());
    }

    /** The beginning of a text, and how much more there was. */
    static String start(String text, int kept) {
        int end = Character.isHighSurrogate(text.charAt(kept - 1)) ? kept - 1 : kept;
        return text.substring(0, end) + "\n[" + (text.length() - end)
                + " more characters are left out here: they no longer fit.]";
    }
}
