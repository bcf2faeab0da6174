package io.mcpagent.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.conversation.ApprovalDesks.AskedCalls;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** What lies on desks, in both stores. */
class ApprovalDesksTest {

    private static final List<String> DESKS = List.of("group:a", "group:b", "owner:ann");

    private final MovableClock clock = new MovableClock(Instant.ofEpochMilli(System.currentTimeMillis()));

    private ApprovalDesks desks(AgentStore store) {
        if (store == AgentStore.MEMORY) {
            return new MemoryApprovalDesks(clock);
        }
        DynamoDbClient client = DynamoTables.client(DynamoDbLocal.running().url());
        return new DynamoApprovalDesks(DynamoTables.table(client), clock);
    }

    private enum AgentStore {
        MEMORY,
        DYNAMODB
    }

    private record Laid(Set<String> desks, AskedCall call) {}

    @ParameterizedTest
    @EnumSource
    void should_find_what_lies_on_any_of_some_desks_once_in_order_and_no_longer_than_it_waits(AgentStore store) {
        ApprovalDesks desks = desks(store);
        Random random = new Random(19);
        List<Laid> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Set<String> on = new HashSet<>(List.of(DESKS.get(random.nextInt(3)), DESKS.get(random.nextInt(3))));
            Instant until = clock.instant().plusMillis(1 + random.nextInt(100_000));
            Laid laid = new Laid(on, new AskedCall("o" + random.nextInt(3), "c" + i, "t", until));
            all.add(laid);
            desks.add(on, laid.call);
            desks.add(on, laid.call);
        }
        for (int step = 0; step < 4; step++) {
            for (Set<String> of : List.of(Set.of("group:a"), Set.of("group:b", "owner:ann"), Set.of("nobody"))) {
                List<String> expected = all.stream()
                        .filter(laid -> laid.desks.stream().anyMatch(of::contains))
                        .map(Laid::call)
                        .filter(call -> clock.instant().isBefore(call.until()))
                        .sorted(Comparator.comparing(AskedCall::place))
                        .map(AskedCall::id)
                        .toList();
                assertThat(paged(desks, of)).isEqualTo(expected);
            }
            for (Laid laid : all) {
                assertThat(desks.find(laid.call.id()).isPresent())
                        .isEqualTo(clock.instant().isBefore(laid.call.until()));
            }
            clock.advance(Duration.ofSeconds(30));
        }
        assertThat(desks.find("0".repeat(32))).isEmpty();
    }

    private static List<String> paged(ApprovalDesks desks, Set<String> of) {
        List<String> found = new ArrayList<>();
        String after = null;
        do {
            AskedCalls page = desks.page(of, after, 7);
            assertThat(page.calls()).hasSizeLessThanOrEqualTo(7);
            page.calls().forEach(call -> found.add(call.id()));
            after = page.next();
        } while (after != null);
        return found;
    }
}
