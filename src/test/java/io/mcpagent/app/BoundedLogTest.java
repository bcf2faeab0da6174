package io.mcpagent.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.MDC;
import org.junit.jupiter.api.Test;

/** K4: standard output that nobody reads held every turn from the 93rd on. */
class BoundedLogTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    private final CountDownLatch read = new CountDownLatch(1);
    private final List<String> written = new CopyOnWriteArrayList<>();
    private final BoundedLog log = new BoundedLog(new Handler() {
        @Override
        public void publish(LogRecord logged) {
            try {
                read.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (logged.getMessage().equals("bad")) {
                throw new IllegalStateException("can't be written");
            }
            written.add(logged.getMessage() + ((ExtLogRecord) logged).getMdc("turn"));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    });

    private void say(String message) {
        log.publish(new ExtLogRecord(Level.INFO, message, BoundedLogTest.class.getName()));
    }

    @Test
    void should_hold_nobody_while_the_log_is_not_read_and_say_what_was_dropped() throws InterruptedException {
        int said = BoundedLog.MOST_WAITING + 1_000;
        MDC.put("turn", "-1");
        for (int i = 0; i < said; i++) {
            say("line " + i + " of turn ");
        }
        MDC.remove("turn");
        assertThat(log.written(Duration.ofMillis(10))).isFalse();
        read.countDown();
        assertThat(log.written(BOUND)).isTrue();
        List<String> lines =
                written.stream().filter(line -> line.startsWith("line")).toList();
        assertThat(lines.getFirst()).isEqualTo("line 0 of turn -1");
        // One may have been on its way to the reader.
        assertThat(lines.size()).isBetween(BoundedLog.MOST_WAITING, BoundedLog.MOST_WAITING + 1);
        assertThat(written)
                .filteredOn(line -> line.contains("were dropped"))
                .singleElement()
                .asString()
                .startsWith(said - lines.size() + " log records were dropped");
    }

    @Test
    void should_go_on_after_a_record_that_can_not_be_written() throws InterruptedException {
        read.countDown();
        say("bad");
        say("good ");
        assertThat(log.written(BOUND)).isTrue();
        assertThat(written).contains("good null");
    }
}
