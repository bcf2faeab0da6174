package io.mcpagent.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes of any history one that Converse takes, whatever a model, a tool or a client has left in it: one bad block must not be refused with each
 * later question, for ever. What is right already stays the same.
 *
 * <p>The rules: the roles take turns, the user begins and ends; no message is empty and no text blank; text is Unicode; each tool call has an id of
 * its own, and the next message answers each once, before anything else; reasoning goes back only with its signature, and never alone.
 *
 * @see <a href="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html">Converse</a>
 */
public final class ConverseRules {

    private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final String BEGINNING = "(The conversation begins.)";
    private static final String NOTHING_SAID = "(Nothing was said.)";
    private static final String NO_ANSWER = "(No answer was given.)";
    private static final String NOTHING_KNOWN = "What became of this call is not known.";
    private static final String GO_ON = "(Go on.)";

    private ConverseRules() {}

    /** The same history, fitted where it breaks a rule. */
    public static List<Message> fit(List<Message> history) {
        List<Message> merged = merged(history);
        List<Message> fitted = new ArrayList<>(merged.size() + 2);
        Set<String> ids = new HashSet<>();
        List<Content.ToolUse> asked = List.of();
        List<String> askedAs = List.of();
        for (Message message : merged) {
            if (message.role() == Role.USER) {
                fitted.add(user(message, asked, askedAs));
                asked = List.of();
            } else {
                if (fitted.isEmpty()) {
                    fitted.add(Message.user(BEGINNING));
                }
                Message answer = assistant(message, ids);
                fitted.add(answer);
                asked = answer.toolUses();
                askedAs = message.toolUses().stream().map(Content.ToolUse::id).toList();
            }
        }
        if (fitted.isEmpty()) {
            fitted.add(Message.user(NOTHING_SAID));
        } else if (fitted.getLast().role() == Role.ASSISTANT) {
            fitted.add(asked.isEmpty() ? Message.user(GO_ON) : user(null, asked, askedAs));
        }
        return fitted;
    }

    /** Without messages of one role after each other. */
    private static List<Message> merged(List<Message> history) {
        boolean taking = true;
        for (int i = 1; i < history.size(); i++) {
            taking &= history.get(i).role() != history.get(i - 1).role();
        }
        if (taking) {
            return history;
        }
        List<Message> merged = new ArrayList<>();
        for (Message message : history) {
            if (merged.isEmpty() || merged.getLast().role() != message.role()) {
                merged.add(message);
            } else {
                List<Content> both = new ArrayList<>(merged.removeLast().content());
                both.addAll(message.content());
                merged.add(new Message(message.role(), both));
            }
        }
        return merged;
    }

    /** @param askedAs the ids of the calls as they stood in the history: of two with one id, the first result is the first one's */
    private static Message user(@Nullable Message message, List<Content.ToolUse> asked, List<String> askedAs) {
        List<Content> before = message == null ? List.of() : message.content();
        Map<String, Deque<Content.ToolResult>> known = new HashMap<>();
        List<Content> texts = new ArrayList<>();
        for (Content block : before) {
            switch (block) {
                case Content.ToolResult result ->
                    known.computeIfAbsent(result.toolUseId(), _ -> new ArrayDeque<>())
                            .add(result);
                case Content.Text text -> addText(texts, text);
                case Content.Note note -> texts.add(note);
                case Content.ToolUse _, Content.Reasoning _ -> {}
            }
        }
        List<Content> content = new ArrayList<>(asked.size() + texts.size());
        for (int i = 0; i < asked.size(); i++) {
            Content.ToolUse call = asked.get(i);
            Deque<Content.ToolResult> results = known.get(askedAs.get(i));
            Content.ToolResult result = results == null ? null : results.poll();
            content.add(result == null ? new Content.ToolResult(call.id(), NOTHING_KNOWN, true) : fitted(result, call));
        }
        content.addAll(texts);
        if (content.isEmpty()) {
            content.add(new Content.Text(NOTHING_SAID));
        }
        return content.equals(before) && message != null ? message : new Message(Role.USER, content);
    }

    private static Content.ToolResult fitted(Content.ToolResult result, Content.ToolUse call) {
        String text = isBlank(result.text()) ? NOTHING_SAID : unicode(result.text());
        return text.equals(result.text()) && call.id().equals(result.toolUseId())
                ? result
                : new Content.ToolResult(call.id(), text, result.error());
    }

    private static Message assistant(Message message, Set<String> ids) {
        List<Content> content = new ArrayList<>(message.content().size());
        for (Content block : message.content()) {
            switch (block) {
                case Content.Text text -> addText(content, text);
                case Content.ToolUse call -> content.add(fitted(call, ids));
                case Content.Reasoning reasoning when goesBack(reasoning) -> content.add(reasoning);
                case Content.Reasoning _, Content.ToolResult _, Content.Note _ -> {}
            }
        }
        if (content.stream().allMatch(Content.Reasoning.class::isInstance)) {
            content.add(new Content.Text(NO_ANSWER));
        }
        return content.equals(message.content()) ? message : new Message(Role.ASSISTANT, content);
    }

    private static Content.ToolUse fitted(Content.ToolUse call, Set<String> ids) {
        String id = call.id();
        if (!ID.matcher(id).matches() || !ids.add(id)) {
            int number = ids.size();
            do {
                number++;
                id = "call-" + number;
            } while (!ids.add(id));
        }
        String name = ToolDefinition.acceptableName(call.name());
        return id.equals(call.id()) && name.equals(call.name()) ? call : new Content.ToolUse(id, name, call.input());
    }

    /** The service takes back what it has signed, and what it has encrypted. */
    private static boolean goesBack(Content.Reasoning reasoning) {
        if (reasoning.redacted() != null) {
            return isBase64(reasoning.redacted());
        }
        return reasoning.signature() != null
                && !reasoning.signature().isBlank()
                && reasoning.text() != null
                && unicode(reasoning.text()).equals(reasoning.text());
    }

    private static boolean isBase64(String text) {
        try {
            return Base64.getDecoder().decode(text).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void addText(List<Content> to, Content.Text block) {
        if (!isBlank(block.text())) {
            String text = unicode(block.text());
            to.add(text.equals(block.text()) ? block : new Content.Text(text));
        }
    }

    /** Whether nothing of it can be seen: {@link String#isBlank} takes a no-break space for a letter. */
    static boolean isBlank(String text) {
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            if (!Character.isWhitespace(point)
                    && !Character.isSpaceChar(point)
                    && !Character.isISOControl(point)
                    && Character.getType(point) != Character.FORMAT) {
                return false;
            }
            i += Character.charCount(point);
        }
        return true;
    }

    /** The text with the replacement character for each half of a surrogate pair. */
    private static String unicode(String text) {
        StringBuilder fitted = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else {
                fitted = fitted == null ? new StringBuilder(text) : fitted;
                fitted.setCharAt(i, '\uFFFD');
            }
        }
        return fitted == null ? text : fitted.toString();
    }
}
