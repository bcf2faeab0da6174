package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Connections that send no whole request cost nobody else anything. Time stands still but where a test moves it. */
class ConnectionsTest {

    private static final int MOST = 20;
    private static final int PATIENCE = 30;

    private final Connections connections = new Connections(MOST, Duration.ofSeconds(PATIENCE));

    private EmbeddedChannel connect() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        connections.opened(channel);
        return channel;
    }

    private static void drip(EmbeddedChannel channel) {
        channel.writeInbound(Unpooled.copiedBuffer("a", StandardCharsets.US_ASCII));
    }

    private static boolean open(EmbeddedChannel channel) {
        channel.runPendingTasks();
        return channel.isOpen();
    }

    private static void pass(EmbeddedChannel channel, int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runPendingTasks();
    }

    @Test
    void should_close_a_connection_whose_head_does_not_come_however_it_drips() {
        EmbeddedChannel slow = connect();
        for (int second = 0; second < PATIENCE - 1; second++) {
            drip(slow);
            pass(slow, 1);
            assertThat(open(slow)).isTrue();
        }
        drip(slow);
        pass(slow, 1);
        assertThat(open(slow)).isFalse();
    }

    @Test
    void should_give_each_head_its_time_and_none_to_a_turn_nor_to_the_silence_between_two() {
        EmbeddedChannel channel = connect();
        for (int request = 0; request < 3; request++) {
            drip(channel);
            pass(channel, PATIENCE - 1);
            connections.begins(channel);
            pass(channel, 10 * PATIENCE);
            drip(channel);
            pass(channel, 10 * PATIENCE);
            connections.ends(channel);
            pass(channel, 10 * PATIENCE);
            assertThat(open(channel)).isTrue();
        }
        drip(channel);
        pass(channel, PATIENCE);
        assertThat(open(channel)).isFalse();
    }

    @Test
    void should_let_everybody_in_whose_request_comes_at_once_however_many_others_drip() {
        List<EmbeddedChannel> dripping = new ArrayList<>();
        EmbeddedChannel idle = connect();
        connections.begins(idle);
        connections.ends(idle);
        EmbeddedChannel turn = connect();
        connections.begins(turn);
        for (int i = 0; i < 1_100; i++) {
            dripping.add(connect());
            drip(dripping.getLast());
            if (i % 100 == 0) {
                EmbeddedChannel health = connect();
                connections.begins(health);
                connections.ends(health);
                assertThat(open(health)).isTrue();
                health.close();
            }
        }
        assertThat(dripping.stream().filter(ConnectionsTest::open)).hasSize(MOST - 2);
        assertThat(open(idle) && open(turn)).isTrue();
    }

    @Test
    void should_close_the_newest_only_where_all_others_are_at_work() {
        List<EmbeddedChannel> working = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            working.add(connect());
            connections.begins(working.getLast());
        }
        assertThat(open(connect())).isFalse();
        connections.ends(working.get(3));
        assertThat(open(connect())).isTrue();
        assertThat(working.stream().filter(channel -> !open(channel))).containsExactly(working.get(3));
    }

    @Test
    void should_never_have_more_than_that_whatever_comes_in_whatever_order() {
        Random random = new Random(20261130);
        List<EmbeddedChannel> all = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            EmbeddedChannel any =
                    all.isEmpty() || random.nextInt(3) == 0 ? connect() : all.get(random.nextInt(all.size()));
            switch (random.nextInt(5)) {
                case 0 -> drip(any);
                case 1 -> connections.begins(any);
                case 2 -> connections.ends(any);
                case 3 -> pass(any, random.nextInt(PATIENCE));
                default -> any.close();
            }
            if (!all.contains(any)) {
                all.add(any);
            }
            all.removeIf(channel -> !open(channel));
            assertThat(all).hasSizeLessThanOrEqualTo(MOST);
        }
        all.forEach(EmbeddedChannel::close);
        for (int i = 0; i < MOST; i++) {
            all.add(connect());
        }
        assertThat(all.stream().filter(ConnectionsTest::open)).hasSize(MOST);
    }
}
