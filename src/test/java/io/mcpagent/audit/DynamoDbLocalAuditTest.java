package io.mcpagent.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.conversation.DynamoTables;
import io.mcpagent.conversation.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The audit trail in DynamoDB: what is asked of it, and what comes back. */
class DynamoDbLocalAuditTest {

    private static final Duration TTL = Duration.ofDays(400);
    private static final Instant START = Instant.parse("2026-11-28T23:59:59Z");
    private static final Set<String> ASKED = ConcurrentHashMap.newKeySet();
    private static final AtomicInteger LOSE_ANSWERS = new AtomicInteger();
    private static DynamoDbClient client;

    private final DynamoTable table = DynamoTables.table(client);
    private final DynamoAuditStore store = new DynamoAuditStore(table, TTL);

    @BeforeAll
    static void start() {
        client = DynamoTables.client(DynamoDbLocal.running().url(), new ExecutionInterceptor() {
            @Override
            public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
                ASKED.add(context.request().getClass().getSimpleName());
            }

            @Override
            public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
                if (LOSE_ANSWERS.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                    throw SdkClientException.create("the answer was lost");
                }
            }
        });
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
    }

    private static List<AuditRecord> records(String chain, int count, Duration apart) {
        List<AuditRecord> records = new ArrayList<>();
        String previous = AuditRecord.NOTHING;
        for (int i = 1; i <= count; i++) {
            AuditRecord record = AuditRecord.of(
                    AuditEntry.of(AuditEntry.Act.CALL_END, "c").with("n", i),
                    null,
                    START.plus(apart.multipliedBy(i)),
                    chain,
                    i,
                    previous);
            previous = record.hash();
            records.add(record);
        }
        return records;
    }

    private List<AuditRecord> all(Instant from, Instant to, int most) {
        List<AuditRecord> all = new ArrayList<>();
        String after = null;
        do {
            AuditStore.Page page = store.page(from, to, after, most);
            all.addAll(page.records());
            after = page.next();
        } while (after != null);
        return all;
    }

    @Test
    void should_give_back_what_was_added_over_days_and_pages() {
        List<AuditRecord> one = records("one", 60, Duration.ofMinutes(31));
        List<AuditRecord> other = records("other", 60, Duration.ofMinutes(37));
        for (int i = 0; i < 60; i += 3) {
            store.append(one.subList(i, i + 3));
            store.append(other.subList(i, i + 3));
        }
        List<AuditRecord> found = all(START.minus(Duration.ofDays(200)), START.plus(Duration.ofDays(3)), 7);
        assertThat(found).containsExactlyInAnyOrderElementsOf(together(one, other));
        assertThat(found.stream().filter(record -> record.chain().equals("one")))
                .containsExactlyElementsOf(one);
        AuditChains chains = new AuditChains(false, Set.of());
        assertThat(found.stream().map(AuditRecord::line).map(chains::check)).containsOnlyNulls();
        assertThat(all(START.minus(Duration.ofDays(200)), START, 7)).isEmpty();
    }

    private static List<AuditRecord> together(List<AuditRecord> one, List<AuditRecord> other) {
        List<AuditRecord> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    @Test
    void should_add_once_when_an_answer_was_lost_and_never_over_another_record() {
        List<AuditRecord> records = records("one", 2, Duration.ofSeconds(1));
        LOSE_ANSWERS.set(1);
        assertThatThrownBy(() -> store.append(records)).isInstanceOf(StoreUnavailableException.class);
        store.append(records);
        assertThat(all(START, START.plus(Duration.ofDays(1)), 10)).isEqualTo(records);
        AuditRecord forged = AuditRecord.of(
                AuditEntry.of(AuditEntry.Act.CALL_END, "x"),
                null,
                records.getFirst().time(),
                "one",
                1,
                AuditRecord.NOTHING);
        assertThatThrownBy(() -> store.append(List.of(forged))).isInstanceOf(StoreUnavailableException.class);
        assertThat(all(START, START.plus(Duration.ofDays(1)), 10)).isEqualTo(records);
    }

    @Test
    void should_keep_the_chain_whole_when_answers_are_lost_and_ask_only_for_what_the_task_may() throws Exception {
        ASKED.clear();
        AtomicInteger failures = new AtomicInteger();
        try (Audit audit = new Audit(
                store, InstantSource.system(), () -> Duration.ofSeconds(60), false, failures::incrementAndGet)) {
            for (int i = 0; i < 20; i++) {
                LOSE_ANSWERS.set(i % 4 == 1 ? 1 : 0);
                audit.require(AuditEntry.of(AuditEntry.Act.DELETION, "c" + i));
                audit.note(AuditEntry.of(AuditEntry.Act.CALL_END, "c" + i));
            }
        }
        LOSE_ANSWERS.set(0);
        List<AuditRecord> found =
                all(Instant.now().minus(Duration.ofDays(1)), Instant.now().plusSeconds(5), 5);
        AuditChains chains = new AuditChains(false, Set.of());
        assertThat(found.stream().map(AuditRecord::line).map(chains::check)).containsOnlyNulls();
        assertThat(found.stream().filter(record -> record.text().contains("deletion")))
                .hasSize(20);
        assertThat(failures.get()).isPositive();
        assertThat(ASKED).containsExactlyInAnyOrder("PutItemRequest", "QueryRequest");
    }
}
