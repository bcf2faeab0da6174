package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Other people's ids: whoever tries them learns nothing and changes nothing. */
@Tag("long")
class ForeignIdsIT {

    private static final int TRIES = 10_000;
    private static final int AT_ONCE = 8;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void should_give_the_same_404_for_ten_thousand_foreign_ids_and_change_none_of_them() throws Exception {
        try (Door door = new Door(Map.of("AGENT_CONVERSATION_MEMORY_CAPACITY", "20000"))) {
            tryForeignIds(door, () -> {});
        }
    }

    @Test
    void should_neither_read_nor_write_an_item_for_ten_thousand_foreign_ids_in_dynamodb() throws Exception {
        try (DynamoWire dynamo = new DynamoWire();
                Door door = new Door(dynamo.settings())) {
            List<DynamoWire.Call> all = new ArrayList<>();
            List<String> ids = tryForeignIds(door, () -> all.addAll(dynamo.take()));
            List<DynamoWire.Call> strangers = dynamo.take();
            System.out.printf(
                    "%d calls to the table before, %d for foreign ids: %s%n",
                    all.size(),
                    strangers.size(),
                    strangers.stream()
                            .collect(Collectors.groupingBy(
                                    call -> call.operation() + " " + call.status(),
                                    TreeMap::new,
                                    Collectors.counting())));
            // The relay does see items and writes: those of the owner.
            assertTrue(
                    all.stream().anyMatch(DynamoWire.Call::wrote)
                            && all.stream().anyMatch(call -> call.items() > 0),
                    all.toString());
            assertTrue(strangers.size() >= TRIES / 2, strangers.size() + " calls");
            // The two lists at the end are the owner's, with 50 items, and the stranger's, with none.
            assertEquals(
                    ids.size(),
                    strangers.stream().mapToInt(DynamoWire.Call::items).sum());
            assertEquals(0, strangers.stream().filter(DynamoWire.Call::wrote).count());
            compareCalls(door, dynamo, ids);
        }
    }

    /** By the calls that it causes, and so by the time that it takes, somebody else's id is like one that never existed. */
    private static void compareCalls(Door door, DynamoWire dynamo, List<String> ids) {
        Random random = new Random(4_711);
        String[] stranger = door.person("another stranger");
        for (int way = 0; way < 5; way++) {
            attempt(door, way, ids.get(way), stranger);
            List<DynamoWire.Call> foreign = dynamo.take();
            attempt(door, way, guess(random), stranger);
            assertEquals(foreign, dynamo.take(), "way " + way);
        }
    }

    /** The ids, after all was tried and compared. */
    private static List<String> tryForeignIds(Door door, Runnable beforeStrangers) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            door.bedrock.always(Script.text("The secret of this owner is SEEDED-4711."));
            String[] owner = door.person("owner");
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                ids.add(JSON.readTree(door.agent
                                .post("/chat", "{\"message\":\"what is my secret?\"}", owner)
                                .body())
                        .path("conversationId")
                        .asText());
            }
            String before = door.agent.get("/chat", owner).body();
            long turnsBefore = door.bedrock.requestCount();
            beforeStrangers.run();
            String[] stranger = door.person("stranger");
            Random random = new Random(20_260_401);
            Set<String> answers = ConcurrentHashMap.newKeySet();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < TRIES; i++) {
                // Half of them are real ids of somebody else, half never existed: nobody can tell which.
                String id = random.nextBoolean() ? ids.get(random.nextInt(ids.size())) : guess(random);
                int way = random.nextInt(6);
                all.add(threads.submit(() -> answers.add(way / 4 + normal(answered(door, way, id, stranger)))));
            }
            for (Future<?> one : all) {
                one.get();
            }
            System.out.printf("%d foreign ids, different answers: %s%n", TRIES, answers);
            assertEquals(2, answers.size(), answers.toString());
            assertTrue(answers.stream().allMatch(answer -> answer.contains("404")), answers.toString());
            assertEquals(turnsBefore, door.bedrock.requestCount());
            assertEquals(before, door.agent.get("/chat", owner).body());
            assertEquals(
                    "{\"conversations\":[]}", door.agent.get("/chat", stranger).body());
            return ids;
        }
    }

    /** Asks again when the store had no time: that says nothing of the id. */
    private static HttpResponse<String> answered(Door door, int way, String id, String[] stranger) {
        HttpResponse<String> response = attempt(door, way, id, stranger);
        for (int left = 10; left > 0 && response.statusCode() == 503; left--) {
            response = attempt(door, way, id, stranger);
        }
        return response;
    }

    private static HttpResponse<String> attempt(Door door, int way, String id, String[] stranger) {
        return switch (way) {
            case 0 -> door.agent.get("/chat/" + id, stranger);
            case 1 -> door.agent.delete("/chat/" + id, stranger);
            case 2 -> door.agent.post("/chat", "{\"message\":\"go on\",\"conversationId\":\"" + id + "\"}", stranger);
            case 3 -> door.agent.post("/chat/" + id + "/approvals/tooluse_1", "{\"approve\":true}", stranger);
            default -> door.agent.delete("/chat/" + id + "/run", stranger);
        };
    }

    /** Without what is different in every answer. */
    private static String normal(HttpResponse<String> answer) throws Exception {
        JsonNode body = JSON.readTree(answer.body());
        ((com.fasterxml.jackson.databind.node.ObjectNode) body).remove("traceId");
        return " " + answer.statusCode() + " " + body;
    }

    private static String guess(Random random) {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        return java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }
}
