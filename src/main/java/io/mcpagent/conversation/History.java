package io.mcpagent.conversation;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which finished turns go to the model along with the current one: the last ones that fit, always whole, so that Converse accepts the
 * result; of one that alone does not fit, its tool results are cut. Tokens are estimated, on the high side.
 */
public final class History {

    /**
     * Turns are left out in portions of this part of what fits: the beginning of the history then stays the same over several turns, and with it
     * the prompt cache stays warm.
     */
    private static final int PORTIONS = 8;

    private static final int ASCII_CHARACTERS_A_TOKEN = 3;

    /** What the last finished turn may have in any case, in tokens: half for its question, half for its answer. */
    private static final int LAST_TURN = 3_000;

    /** Even where each character is a token. */
    private static final int LAST_TEXT = LAST_TURN / 2 - 100;

    private History() {}

    /**
     * What goes to the model.
     *
     * @param messages the history, then the turn that is running
     * @param first    which finished turn is the first in it
     * @param summed   how many turns, from the first one on, a summary stands for
     * @param cut      whether tool results are in it with their beginning only
     */
    public record Chosen(List<Message> messages, int first, int summed, boolean cut) {

        /** How many turns the model sees nothing of. */
        public int leftOut() {
            return first - summed;
        }
    }

    /** The summary that is to stand for the conversation's first turns: the last one that was made; null if there is none. */
    public static Content.@Nullable Note summary(List<TurnRecord> turns, List<Message> current) {
        Content.Note last = null;
        for (Message message : current) {
            last = summary(message, last);
        }
        for (int i = turns.size() - 1; i >= 0 && last == null; i--) {
            for (Message message : turns.get(i).messages()) {
                last = summary(message, last);
            }
        }
        return last;
    }

    private static Content.@Nullable Note summary(Message message, Content.@Nullable Note before) {
        Content.Note last = before;
        for (Content block : message.content()) {
            last = block instanceof Content.Note note && note.turns() > 0 ? note : last;
        }
        return last;
    }

    /** The same messages, with the summary before them and none within. */
    private static List<Message> summed(List<Message> messages, Content.Note summary) {
        List<Message> all = new ArrayList<>(messages.size());
        for (Message message : messages) {
            List<Content> content = new ArrayList<>(message.content());
            content.removeIf(block -> block instanceof Content.Note note && note.turns() > 0);
            if (all.isEmpty()) {
                content.addFirst(new Content.Note(summary.text()));
            }
            all.add(content.equals(message.content()) ? message : new Message(message.role(), content));
        }
        return all;
    }

    /**
     * The messages of the last turns of {@code turns}, then {@code current}. The last turn is always there, at least its question and its answer.
     *
     * @param turns     finished turns, oldest first; one that Converse would refuse is left out
     * @param current   the turn that is running, from its user message on; its older results are cut if it has no room
     * @param maxTokens how many tokens the finished turns may have together
     * @param room      how many tokens there may be in all
     */
    public static Chosen of(List<TurnRecord> turns, List<Message> current, int maxTokens, long room) {
        Content.Note summary = summary(turns, current);
        if (summary == null || summary.turns() > turns.size()) {
            return chosen(turns, current, maxTokens, room);
        }
        int summed = summary.turns();
        Chosen rest = chosen(turns.subList(summed, turns.size()), current, maxTokens, room - estimate(summary.text()));
        return new Chosen(summed(rest.messages(), summary), summed + rest.first(), summed, rest.cut());
    }

    private static Chosen chosen(List<TurnRecord> turns, List<Message> current, int maxTokens, long room) {
        long now = characters(current);
        List<Message> running = current;
        if (now > room - LAST_TURN) {
            // Characters are a bound of tokens that costs no look into the texts.
            running = CutResults.fit(current, room - LAST_TURN);
            now = estimate(running);
        }
        int most = (int) Math.min(maxTokens, room - now);
        int first = mostTokens(turns) <= most ? 0 : firstThatFits(turns, most);
        List<Message> messages = new ArrayList<>();
        for (TurnRecord turn : turns.subList(first, turns.size())) {
            if (goesAlong(turn)) {
                messages.addAll(turn.messages());
            }
        }
        boolean cut = !running.equals(current);
        if (first == turns.size()) {
            for (first = turns.size() - 1; first >= 0 && messages.isEmpty(); first--) {
                if (goesAlong(turns.get(first))) {
                    List<Message> whole = turns.get(first).messages();
                    messages.addAll(shortened(whole, Math.max(most, LAST_TURN)));
                    cut |= !messages.equals(whole);
                }
            }
            first++;
        }
        messages.addAll(running);
        return new Chosen(messages, Math.max(0, first), 0, cut);
    }

    private static boolean goesAlong(TurnRecord turn) {
        // What was held back or declined would be so with each later question.
        return turn.outcome() != TurnOutcome.GUARDRAIL
                && turn.outcome() != TurnOutcome.DECLINED
                && isWhole(turn.messages());
    }

    private static List<Message> shortened(List<Message> turn, long maxTokens) {
        List<Message> cut = CutResults.fit(turn, maxTokens);
        return estimate(cut) <= maxTokens ? cut : List.of(shortened(turn.getFirst()), shortened(turn.getLast()));
    }

    private static Message shortened(Message message) {
        String text = message.text();
        return new Message(
                message.role(),
                List.of(new Content.Text(
                        text.length() <= LAST_TEXT ? text.isEmpty() ? "…" : text : CutResults.start(text, LAST_TEXT))));
    }

    /** An estimate of the messages' tokens. */
    static long estimate(List<Message> messages) {
        long tokens = 0;
        for (Message message : messages) {
            tokens += estimate(message);
        }
        return tokens;
    }

    private static int firstThatFits(List<TurnRecord> turns, int maxTokens) {
        long[] sizes = turns.stream().mapToLong(History::tokens).toArray();
        long surplus = -maxTokens;
        for (long size : sizes) {
            surplus += size;
        }
        if (surplus <= 0) {
            return 0;
        }
        long portion = Math.max(1, maxTokens / PORTIONS);
        long toDrop = Math.ceilDiv(surplus, portion) * portion;
        int first = 0;
        for (long dropped = 0; first < sizes.length && dropped < toDrop; first++) {
            dropped += sizes[first];
        }
        return first;
    }

    /** A bound of what all turns have in tokens that costs no look into the texts: their characters. */
    private static long mostTokens(List<TurnRecord> turns) {
        long characters = 0;
        for (TurnRecord turn : turns) {
            characters += counted(turn) + characters(turn.messages());
        }
        return characters;
    }

    private static long characters(List<Message> messages) {
        long characters = 0;
        for (Message message : messages) {
            for (Content block : message.content()) {
                characters += lengthOf(block);
            }
        }
        return characters;
    }

    private static long lengthOf(Content block) {
        return switch (block) {
            case Content.Text(String text) -> text.length();
            case Content.Note(String text, int _) -> text.length();
            case Content.ToolUse(String id, String name, Arguments input) ->
                name.length() + input.json().length();
            case Content.ToolResult(String id, String text, boolean error) -> text.length();
            case Content.Reasoning(String text, String signature, String redacted, Content.Origin origin) ->
                length(text) + length(redacted);
        };
    }

    private static int length(String text) {
        return text == null ? 0 : text.length();
    }

    /** What a turn has in tokens: what the model wrote as the service counted it, the rest by its characters. */
    static long tokens(TurnRecord turn) {
        long counted = counted(turn);
        long tokens = counted;
        for (Message message : turn.messages()) {
            if (counted == 0 || message.role() == Role.USER) {
                tokens += estimate(message);
            }
        }
        return tokens;
    }

    private static long counted(TurnRecord turn) {
        return turn.receipt() == null ? 0 : turn.receipt().usage().output();
    }

    /** An estimate of a message's tokens. */
    public static long estimate(Message message) {
        long tokens = 0;
        for (Content block : message.content()) {
            tokens += switch (block) {
                case Content.Text(String text) -> estimate(text);
                case Content.Note(String text, int _) -> estimate(text);
                case Content.ToolUse(String id, String name, Arguments input) ->
                    estimate(name) + estimate(input.json());
                case Content.ToolResult(String id, String text, boolean error) -> estimate(text);
                case Content.Reasoning(String text, String signature, String redacted, Content.Origin origin) ->
                    estimate(text) + estimate(redacted);
            };
        }
        return tokens;
    }

    /** An estimate of a text's tokens: a third of its ASCII characters, and all others, since other scripts have shorter tokens. */
    public static long estimate(String text) {
        if (text == null) {
            return 0;
        }
        long others = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                others++;
            }
        }
        return others + Math.ceilDiv(text.length() - others, ASCII_CHARACTERS_A_TOKEN);
    }

    /** Whether Converse accepts the messages between other such turns: user first, in turns, the model last, every tool call answered. */
    static boolean isWhole(List<Message> messages) {
        if (messages.isEmpty() || messages.size() % 2 != 0) {
            return false;
        }
        Set<String> asked = Set.of();
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            Set<String> answered = new HashSet<>();
            for (Content block : message.content()) {
                if (block instanceof Content.ToolResult result) {
                    answered.add(result.toolUseId());
                }
            }
            if (message.role() != (i % 2 == 0 ? Role.USER : Role.ASSISTANT)
                    || !answered.equals(i % 2 == 0 ? asked : Set.of())) {
                return false;
            }
            asked = new HashSet<>();
            message.toolUses().stream().map(Content.ToolUse::id).forEach(asked::add);
        }
        return asked.isEmpty();
    }
}
