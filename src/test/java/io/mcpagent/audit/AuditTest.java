package io.mcpagent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chain, and what finds a change to it. */
class AuditTest {

    private static AuditEntry entry(Random random, int i) {
        return AuditEntry.of(AuditEntry.Act.CALL_BEGIN, "key:\"" + i + "\u2028\n}")
                .with("tool", "t" + random.nextInt(5))
                .with("arguments", "{\"a\":\",\\\"hash\\\":\\\"" + "0".repeat(64) + "\\\"}\"}")
                .with("chain", "not this one");
    }

    private static List<String> lines(int chains, int each, Random random) {
        List<AuditRecord> all = new ArrayList<>();
        for (int c = 0; c < chains; c++) {
            String previous = AuditRecord.NOTHING;
            for (int i = 1; i <= each; i++) {
                AuditRecord record = AuditRecord.of(
                        entry(random, i),
                        i % 2 == 0 ? null : "trace",
                        Instant.ofEpochSecond(i),
                        "chain" + c,
                        i,
                        previous);
                previous = record.hash();
                all.add(record);
            }
        }
        all.sort(java.util.Comparator.comparing(AuditRecord::time));
        return new ArrayList<>(all.stream().map(AuditRecord::line).toList());
    }

    private static String flaw(List<String> lines, boolean partial, Set<String> heads) {
        AuditChains chains = new AuditChains(partial, heads);
        for (String line : lines) {
            String flaw = chains.check(line);
            if (flaw != null) {
                return flaw;
            }
        }
        return chains.end();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void should_find_each_change_gap_repetition_and_reordering(long seed) {
        Random random = new Random(seed);
        List<String> good = lines(3, 20, random);
        assertThat(flaw(good, false, Set.of())).isNull();
        for (int i = 0; i < 500; i++) {
            List<String> bad = new ArrayList<>(good);
            int at = random.nextInt(bad.size());
            // The last record of a chain may be missing without a trace in the chain: that is what heads are for.
            boolean last = AuditRecord.read(bad.get(at)).sequence() == 20;
            switch (random.nextInt(5)) {
                case 0 -> {
                    StringBuilder line = new StringBuilder(bad.get(at));
                    int letter = random.nextInt(line.length());
                    line.setCharAt(letter, (char) (line.charAt(letter) ^ 1));
                    bad.set(at, line.toString());
                }
                case 1 -> {
                    if (last) {
                        continue;
                    }
                    bad.remove(at);
                }
                case 2 -> bad.add(at, bad.get(at));
                case 3 -> {
                    String chain = AuditRecord.read(bad.get(at)).chain();
                    int other = at;
                    while (other == at
                            || !AuditRecord.read(bad.get(other)).chain().equals(chain)) {
                        other = random.nextInt(bad.size());
                    }
                    java.util.Collections.swap(bad, at, other);
                }
                default -> {
                    // Somebody who knows how hashes are made.
                    AuditRecord old = AuditRecord.read(bad.get(at));
                    if (last) {
                        continue;
                    }
                    bad.set(
                            at,
                            AuditRecord.of(
                                            AuditEntry.of(AuditEntry.Act.CALL_END, "nobody"),
                                            null,
                                            old.time(),
                                            old.chain(),
                                            old.sequence(),
                                            old.previous())
                                    .line());
                }
            }
            assertThat(flaw(bad, false, Set.of())).as("change %d", i).isNotNull();
        }
        AuditRecord head = AuditRecord.read(good.getLast());
        String name = head.chain() + ":" + head.sequence() + ":" + head.hash();
        assertThat(flaw(good, false, Set.of(name))).isNull();
        assertThat(flaw(good.subList(0, good.size() - 1), false, Set.of(name))).contains(name);
        assertThat(flaw(good.subList(30, good.size()), true, Set.of())).isNull();
        assertThat(flaw(good.subList(30, good.size()), false, Set.of())).contains("missing");
    }

    /** Records from {@code from} on as somebody makes them who knows how: all of them new, in a chain that is whole. */
    private static List<String> forged(List<String> good, String chain, int from, String name) {
        List<String> forged = new ArrayList<>();
        String previous = AuditRecord.NOTHING;
        for (String line : good) {
            AuditRecord record = AuditRecord.read(line);
            if (record.chain().equals(chain)) {
                AuditRecord made = record.sequence() < from
                        ? record
                        : AuditRecord.of(
                                AuditEntry.of(AuditEntry.Act.CALL_END, "nobody"),
                                null,
                                record.time(),
                                name,
                                record.sequence(),
                                previous);
                previous = made.hash();
                forged.add(made.line());
            } else {
                forged.add(line);
            }
        }
        return forged;
    }

    /** A forged end, a chain that is cut off, or gone, or under another's name: nothing in the chains shows it, but a known head does. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void should_find_by_a_head_what_a_chain_can_not_show(long seed) {
        Random random = new Random(seed);
        List<String> good = lines(3, 20, random);
        Set<String> heads = new java.util.HashSet<>();
        good.subList(good.size() - 3, good.size()).stream()
                .map(AuditRecord::read)
                .forEach(last -> heads.add(last.chain() + ":" + last.sequence() + ":" + last.hash()));
        assertThat(flaw(good, false, heads)).isNull();
        for (int i = 0; i < 100; i++) {
            String chain = "chain" + random.nextInt(3);
            int from = random.nextInt(1, 21);
            List<String> bad = new ArrayList<>(good);
            switch (random.nextInt(3)) {
                case 0 -> bad = forged(good, chain, from, chain);
                case 1 -> bad.removeIf(line -> is(line, chain, from));
                default -> bad = forged(good, chain, 1, "another");
            }
            assertThat(flaw(bad, false, Set.of())).as("as docs/access.md says").isNull();
            assertThat(flaw(bad, false, heads)).as("change %d", i).contains(chain);
        }
    }

    private static boolean is(String line, String chain, int from) {
        AuditRecord record = AuditRecord.read(line);
        return record.chain().equals(chain) && record.sequence() >= from;
    }

    /** Two processes write: what one wrote can't be passed off as the other's. */
    @Test
    void should_find_records_that_changed_their_chain() {
        List<String> good = lines(2, 20, new Random(5));
        for (int at = 0; at < good.size(); at++) {
            AuditRecord old = AuditRecord.read(good.get(at));
            String other = old.chain().equals("chain0") ? "chain1" : "chain0";
            List<String> bad = new ArrayList<>(good);
            String text = old.text().replaceFirst(old.chain(), other);
            bad.set(
                    at,
                    new AuditRecord(
                                    other,
                                    old.sequence(),
                                    old.time(),
                                    old.previous(),
                                    text,
                                    io.mcpagent.base.Sha256.hex(text))
                            .line());
            assertThat(flaw(bad, false, Set.of())).as("record %d", at).isNotNull();
        }
    }

    @Test
    void should_chain_what_many_threads_record_at_once() throws Exception {
        try (TestAudit audit = new TestAudit()) {
            CountDownLatch done = new CountDownLatch(20);
            for (int t = 0; t < 20; t++) {
                int caller = t;
                Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 50; i++) {
                        AuditEntry entry = AuditEntry.of(AuditEntry.Act.CALL_END, "c" + caller)
                                .with("n", i);
                        if (i % 10 == 0) {
                            audit.down = caller == 7 && i == 20;
                            try {
                                audit.audit.prefer(entry);
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        } else {
                            audit.audit.note(entry);
                        }
                    }
                    done.countDown();
                });
            }
            done.await();
            audit.down = false;
            List<JsonNode> records = audit.records();
            assertThat(records).hasSize(1000);
            assertThat(audit.flaw()).isNull();
            for (int t = 0; t < 20; t++) {
                String caller = "c" + t;
                assertThat(records.stream()
                                .filter(record -> record.path("caller").asText().equals(caller))
                                .map(record -> record.path("n").asInt()))
                        .isSorted();
            }
        }
    }

    @Test
    void should_say_how_many_records_were_lost_when_too_many_wait() {
        try (TestAudit audit = new TestAudit()) {
            audit.down = true;
            for (int i = 0; i < 10_500; i++) {
                audit.audit.note(AuditEntry.of(AuditEntry.Act.CALL_END, "c"));
            }
            audit.down = false;
            io.mcpagent.support.Await.until(
                    "the trail to be written", () -> audit.stored().size() > 9_000);
            assertThat(audit.records().stream()
                            .filter(record -> record.path("kind").asText().equals("lost"))
                            .mapToLong(record -> record.path("records").asLong())
                            .sum())
                    .isBetween(400L, 500L);
        }
    }

    @Test
    void should_verify_an_export_by_command(@TempDir Path folder) throws IOException {
        List<String> good = lines(2, 5, new Random(1));
        Path file = Files.write(folder.resolve("audit.jsonl"), good);
        assertThat(run("verify", file.toString())).startsWith("0 10 records in 2 chains");
        Files.write(file, good.subList(1, good.size()));
        assertThat(run("verify", file.toString())).startsWith("1 BROKEN: record 2 of chain chain0");
        assertThat(run("verify", "--partial", file.toString())).startsWith("0 ");
        AuditRecord head = AuditRecord.read(good.getLast());
        String name = head.chain() + ":" + head.sequence() + ":";
        assertThat(run("verify", "--partial", "--head", name + head.hash(), file.toString()))
                .startsWith("0 ");
        assertThat(run("verify", "--partial", "--head", name + "0".repeat(64), file.toString()))
                .startsWith("1 BROKEN");
        assertThat(run("verify", folder.resolve("absent").toString())).startsWith("2 could not be read");
        assertThat(run("verify")).startsWith("2 agent audit verify");
        assertThat(run("erase", "x")).startsWith("2 agent audit verify");
    }

    private static String run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int status = AuditCommand.run(List.of(arguments), new PrintStream(out, true));
        return status + " " + out;
    }
}
