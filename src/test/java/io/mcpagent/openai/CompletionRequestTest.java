package io.mcpagent.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Role;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What chat front ends send by themselves. */
class CompletionRequestTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void should_take_instructions_without_a_question_as_the_question() {
        Dialogue title = of("[{'role':'system','content':'Give this chat a title.'}]");
        assertEquals("Give this chat a title.", title.question());
        assertTrue(title.history().isEmpty());
    }

    @Test
    void should_keep_the_results_of_tools_that_another_model_called() {
        Dialogue dialogue = of("""
            [{'role':'user','content':'Weather?'},
             {'role':'assistant','content':null,'tool_calls':[{'id':'a','type':'function','function':{'name':'w','arguments':'{}'}}]},
             {'role':'tool','tool_call_id':'a','content':'Rain.'},
             {'role':'assistant','content':'It rains.'},
             {'role':'user','content':'And orders?'}]""");
        assertEquals("And orders?", dialogue.question());
        assertEquals(
                List.of("Weather?\n\n<client_tool_result>\nRain.\n</client_tool_result>", "It rains."),
                texts(dialogue.history()));
    }

    @Test
    void should_name_the_pictures_of_earlier_messages_and_refuse_those_of_the_question() {
        String picture = "{'type':'image_url','image_url':{'url':'data:image/png;base64,AA=='}}";
        String asked = "{'role':'user','content':[{'type':'text','text':'What is that?'}," + picture + "]}";
        Dialogue later =
                of("[" + asked + ",{'role':'assistant','content':'A cat.'},{'role':'user','content':'And orders?'}]");
        assertEquals(List.of("What is that?\n(image url left out)", "A cat."), texts(later.history()));
        assertEquals(
                "messages[0].content[1]",
                assertThrows(InvalidParameter.class, () -> of("[" + asked + "]"))
                        .param());
    }

    @Test
    void should_go_on_where_the_assistant_spoke_last() {
        Dialogue more = of("[{'role':'user','content':'Tell.'},{'role':'assistant','content':'Once'}]");
        assertEquals(List.of("Tell.", "Once"), texts(more.history()));
        assertFalse(more.question().isBlank());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stop|null",
                "stop|''",
                "stop|[]",
                "tools|[]",
                "tools|null",
                "tool_choice|'auto'",
                "logit_bias|{}",
                "functions|null",
                "response_format|{'type':'text'}",
                "response_format|''",
                "audio|null",
                "n|1",
                "top_k|40",
                "chat_id|'x'",
                "keep_alive|'5m'",
                "think|true",
                "temperature|null",
                "max_tokens|'many'",
                "stream_options|null",
                "stream|null",
                "user|''",
                "metadata|{}"
            },
            quoteCharacter = '"')
    void should_leave_out_what_asks_for_nothing(String name, String value) {
        assertEquals("Hi", request(name, value).dialogue().question());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tools|[{}]",
                "tool_choice|'required'",
                "n|2",
                "logprobs|true",
                "stop|'x'",
                "audio|{'voice':'a'}",
                "response_format|{'type':'json_object'}",
                "stream|'yes'",
                "stream_options|1"
            },
            quoteCharacter = '"')
    void should_name_the_parameter_that_would_change_the_answer(String name, String value) {
        assertEquals(
                name,
                assertThrows(InvalidParameter.class, () -> request(name, value)).param());
    }

    /** Whatever a front end sends: it is taken as a valid dialogue, or refused by the name of a parameter. */
    @Test
    void should_take_or_refuse_whatever_is_sent() {
        Random random = new Random(7);
        int taken = 0;
        for (int i = 0; i < 20_000; i++) {
            ArrayNode messages = JSON.createArrayNode();
            for (int n = random.nextInt(6); n >= 0; n--) {
                messages.add(message(random));
            }
            try {
                Dialogue dialogue = Dialogue.of(messages);
                assertFalse(dialogue.question().isBlank(), messages::toString);
                for (TurnRecord turn : dialogue.history()) {
                    assertEquals(
                            List.of(Role.USER, Role.ASSISTANT),
                            turn.messages().stream().map(said -> said.role()).toList(),
                            messages::toString);
                }
                assertTrue(texts(dialogue.history()).stream().noneMatch(String::isBlank), messages::toString);
                taken++;
            } catch (InvalidParameter e) {
                assertTrue(e.param() != null && e.param().startsWith("messages"), messages::toString);
            }
        }
        assertTrue(taken > 5_000 && taken < 20_000, "taken " + taken);
    }

    private static JsonNode message(Random random) {
        ObjectNode message = JSON.createObjectNode();
        String[] roles = {"user", "user", "assistant", "assistant", "system", "developer", "tool", "function", "robot"};
        message.put("role", roles[random.nextInt(random.nextInt(4) == 0 ? 9 : 8)]);
        switch (random.nextInt(9)) {
            case 0 -> message.putNull("content");
            case 1 -> message.put("content", " ");
            case 2 -> message.putArray("content");
            case 3 -> message.putArray("content").addObject().put("type", "image_url");
            case 4 ->
                message.putArray("content").addObject().put("type", "text").put("text", "part");
            case 5 -> message.putArray("tool_calls").addObject().put("id", "a");
            case 6 -> {
                if (random.nextInt(6) == 0) {
                    message.put("content", 7);
                }
            }
            default -> message.put("content", "words " + random.nextInt());
        }
        return message;
    }

    private static Dialogue of(String messages) {
        return Dialogue.of(json(messages));
    }

    private static CompletionRequest request(String name, String value) {
        ObjectNode body = (ObjectNode) json("{'model':'mcp-agent','messages':[{'role':'user','content':'Hi'}]}");
        body.set(name, json(value));
        return CompletionRequest.of(body, "mcp-agent");
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> texts(List<TurnRecord> turns) {
        return turns.stream()
                .flatMap(turn -> turn.messages().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(part -> part instanceof Content.Text text ? Stream.of(text.text()) : Stream.of())
                .toList();
    }
}
