package io.mcpagent.mcpserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whose run a cancel stops. */
class CalledRunsTest {

    private final CalledRuns runs = new CalledRuns();
    private final Random random = new Random(20261130);

    private static final String[] SUBJECTS = {"key:a", "key:b"};
    private static final String[] SESSIONS = {null, "", "one", "two"};

    @Test
    void should_never_stop_the_run_of_another_client() {
        for (int i = 0; i < 2_000; i++) {
            Map<CalledRuns.Key, Integer> first = new HashMap<>();
            List<CalledRuns.Called> open = new ArrayList<>();
            List<Integer> stopped = new ArrayList<>();
            for (int j = 0; j < 8; j++) {
                int run = j;
                CalledRuns.Key key = key();
                CalledRuns.Called called = runs.called(key);
                called.began(() -> stopped.add(run));
                first.putIfAbsent(key, run);
                open.add(called);
            }
            CalledRuns.Key cancelled = key();
            runs.cancel(cancelled);
            boolean named = cancelled.session() != null && !cancelled.session().isEmpty();
            assertThat(stopped)
                    .isEqualTo(named && first.containsKey(cancelled) ? List.of(first.get(cancelled)) : List.of());
            open.forEach(CalledRuns.Called::close);
            stopped.clear();
            runs.cancel(cancelled);
            assertThat(stopped).isEmpty();
        }
    }

    private CalledRuns.Key key() {
        return new CalledRuns.Key(
                SUBJECTS[random.nextInt(2)], SESSIONS[random.nextInt(4)], String.valueOf(random.nextInt(2)));
    }
}
