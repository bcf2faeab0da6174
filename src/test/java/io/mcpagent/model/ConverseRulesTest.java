package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever lies in a history, the request that is made of it is one that Converse takes. */
public class ConverseRulesTest {

    private static final String[] TEXTS = {
        "How many?",
        "",
        " ",
        "\n",
        "\u00a0",
        "\u200b\ufeff",
        "\u0000",
        "half \ud83d",
        "\udc00 half",
        "whole \ud83d\ude80",
        "42"
    };
    private static final String[] IDS = {
        "t1", "t1", "t2", "t3", "", "an id", "größe", "x".repeat(65), "call-1", "call-2"
    };
    private static final String[] NAMES = {"read", "order.list", "", "größe", "x".repeat(100), "read\u200b"};

    @Test
    void should_leave_a_right_history_as_it_is() {
        List<Message> history = List.of(
                Message.user("How many?"),
                new Message(
                        Role.ASSISTANT,
                        List.of(
                                new Content.Reasoning("Let me count.", "c2ln", null),
                                new Content.Reasoning(null, null, "AAEC"),
                                new Content.Text("I look."),
                                new Content.ToolUse("t1", "read", "{}"),
                                new Content.ToolUse("t2", "read", "{\"a\":1}"))),
                new Message(
                        Role.USER,
                        List.of(
                                new Content.ToolResult("t1", "[]", false),
                                new Content.ToolResult("t2", "no", true),
                                new Content.Text("And?"))),
                new Message(Role.ASSISTANT, List.of(new Content.Text("None."))),
                Message.user("Thanks."));
        List<Message> fitted = ConverseRules.fit(history);
        assertThat(fitted).isEqualTo(history);
        for (int i = 0; i < history.size(); i++) {
            assertThat(fitted.get(i)).isSameAs(history.get(i));
        }
    }

    @Test
    void should_leave_out_unsigned_reasoning_and_keep_what_else_was_said() {
        List<Message> fitted = ConverseRules.fit(List.of(
                Message.user("Hi"),
                new Message(
                        Role.ASSISTANT,
                        List.of(new Content.Reasoning("I was cut", null, null), new Content.Text("Hello."))),
                Message.user("There?")));
        assertThat(fitted.get(1).content()).containsExactly(new Content.Text("Hello."));
    }

    @Test
    void should_answer_the_second_of_two_calls_with_one_id() {
        List<Message> fitted = ConverseRules.fit(List.of(
                Message.user("Hi"),
                new Message(
                        Role.ASSISTANT,
                        List.of(new Content.ToolUse("t", "read", "{}"), new Content.ToolUse("t", "read", "{\"a\":2}"))),
                new Message(Role.USER, List.of(new Content.ToolResult("t", "[1]", false)))));
        assertValid(fitted);
        assertThat(fitted.get(1).toolUses())
                .extracting(Content.ToolUse::input)
                .containsExactly(Arguments.NONE, Arguments.read("{\"a\":2}"));
        assertThat(((Content.ToolResult) fitted.get(2).content().getFirst()).text())
                .isEqualTo("[1]");
    }

    @Test
    void should_make_a_request_that_converse_takes_of_whatever_history() {
        Random random = new Random(20261130);
        int changed = 0;
        for (int i = 0; i < 20_000; i++) {
            List<Message> history = history(random);
            List<Message> fitted = ConverseRules.fit(history);
            assertValid(fitted);
            // What is right stays right: a second time nothing is changed.
            assertThat(ConverseRules.fit(fitted)).isEqualTo(fitted);
            // Nothing that can be seen is lost but what no rule allows.
            assertThat(seen(fitted)).containsAll(seen(history));
            changed += fitted.equals(history) ? 0 : 1;
        }
        System.out.printf("%d of 20000 histories had to be fitted%n", changed);
        assertThat(changed).isGreaterThan(10_000);
    }

    private static List<Message> history(Random random) {
        List<Message> history = new ArrayList<>();
        int messages = random.nextInt(8);
        for (int i = 0; i < messages; i++) {
            Role role =
                    random.nextInt(5) == 0 ? Role.values()[random.nextInt(2)] : i % 2 == 0 ? Role.USER : Role.ASSISTANT;
            List<Content> content = new ArrayList<>();
            int blocks = 1 + random.nextInt(4);
            for (int j = 0; j < blocks; j++) {
                content.add(block(random));
            }
            history.add(new Message(role, content));
        }
        return history;
    }

    private static Content block(Random random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> new Content.Text(any(TEXTS, random));
            case 2 -> new Content.ToolUse(any(IDS, random), any(NAMES, random), HostileArguments.any(random));
            case 3 -> new Content.ToolResult(any(IDS, random), any(TEXTS, random), random.nextBoolean());
            case 4 ->
                new Content.Reasoning(
                        any(TEXTS, random), random.nextBoolean() ? null : random.nextBoolean() ? "" : "c2ln", null);
            default -> new Content.Reasoning(null, null, random.nextBoolean() ? "AAEC" : "no base64!");
        };
    }

    private static String any(String[] of, Random random) {
        return of[random.nextInt(of.length)];
    }

    private static Set<String> seen(List<Message> history) {
        Set<String> seen = new HashSet<>();
        for (Message message : history) {
            for (Content block : message.content()) {
                if (block instanceof Content.Text(String text) && text.matches("[ -~]*[!-~][ -~]*")) {
                    seen.add(text);
                }
            }
        }
        return seen;
    }

    /** Converse's rules, written apart from the code that keeps them. */
    public static void assertValid(List<Message> request) {
        assertThat(request).isNotEmpty();
        assertThat(request.getFirst().role()).isEqualTo(Role.USER);
        assertThat(request.getLast().role()).isEqualTo(Role.USER);
        Set<String> allIds = new HashSet<>();
        List<String> open = List.of();
        for (int i = 0; i < request.size(); i++) {
            Message message = request.get(i);
            if (i > 0) {
                assertThat(message.role()).isNotEqualTo(request.get(i - 1).role());
            }
            List<String> results = new ArrayList<>();
            List<String> calls = new ArrayList<>();
            boolean somethingElse = false;
            boolean textSeen = false;
            for (Content block : message.content()) {
                switch (block) {
                    case Content.Text(String text) -> {
                        assertUnicode(text);
                        assertThat(text.replaceAll("[\\s\\p{Z}\\p{C}]", ""))
                                .as("a text that can be seen")
                                .isNotEmpty();
                        somethingElse = true;
                        textSeen = true;
                    }
                    case Content.Note note -> {
                        assertThat(message.role()).isEqualTo(Role.USER);
                        assertThat(note.text()).isNotBlank();
                        somethingElse = true;
                        textSeen = true;
                    }
                    case Content.ToolUse call -> {
                        assertThat(message.role()).isEqualTo(Role.ASSISTANT);
                        assertThat(call.id()).matches("[a-zA-Z0-9_-]{1,64}");
                        assertThat(call.name()).matches("[a-zA-Z0-9_-]{1,64}");
                        assertThat(allIds.add(call.id())).as("an id of its own").isTrue();
                        assertThat(call.input().json()).startsWith("{");
                        calls.add(call.id());
                        somethingElse = true;
                    }
                    case Content.ToolResult result -> {
                        assertThat(message.role()).isEqualTo(Role.USER);
                        assertThat(textSeen).as("results come first").isFalse();
                        assertUnicode(result.text());
                        assertThat(result.text()).isNotBlank();
                        results.add(result.toolUseId());
                        somethingElse = true;
                    }
                    case Content.Reasoning reasoning -> {
                        assertThat(message.role()).isEqualTo(Role.ASSISTANT);
                        if (reasoning.redacted() == null) {
                            assertThat(reasoning.signature()).isNotBlank();
                            assertThat(reasoning.text()).isNotNull();
                            assertUnicode(reasoning.text());
                        } else {
                            assertThat(java.util.Base64.getDecoder().decode(reasoning.redacted()))
                                    .isNotEmpty();
                        }
                    }
                }
            }
            assertThat(somethingElse)
                    .as("a message that is more than reasoning")
                    .isTrue();
            assertThat(results).containsExactlyElementsOf(open);
            open = calls;
        }
        assertThat(open).isEmpty();
    }

    private static void assertUnicode(String text) {
        assertThat(text.codePoints().noneMatch(point -> point >= 0xD800 && point <= 0xDFFF))
                .isTrue();
    }
}
