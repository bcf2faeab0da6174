package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.config.TestSettings;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One caller gets so much and no more, whatever others do; and all together get so much. */
class LimitsTest {

    private SecurityIdentity current = caller("ann");

    private Limits limits(String... settings) {
        return new Limits(TestSettings.with(settings), new CurrentIdentityAssociation() {
            @Override
            public void setIdentity(SecurityIdentity identity) {
                current = identity;
            }

            @Override
            public void setIdentity(Uni<SecurityIdentity> identity) {
                throw new UnsupportedOperationException();
            }

            @Override
            public SecurityIdentity getIdentity() {
                return current;
            }

            @Override
            public Uni<SecurityIdentity> getDeferredIdentity() {
                return Uni.createFrom().item(current);
            }
        });
    }

    private static SecurityIdentity caller(String name) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(name))
                .setAnonymous(false)
                .build();
    }

    @Test
    void should_let_so_many_turns_of_a_caller_run_at_once() {
        Limits limits = limits("access.concurrent-turns", "2");
        List<Limits.Place> places = new ArrayList<>(List.of(limits.take(), limits.take()));
        assertRefused(limits, Problem.RATE_LIMITED);
        current = caller("bob");
        limits.requireRoom(current);
        limits.take();
        current = caller("ann");
        places.getFirst().close();
        places.getFirst().close();
        limits.take();
        assertRefused(limits, Problem.RATE_LIMITED);
    }

    @Test
    void should_let_so_many_turns_of_all_run_at_once() {
        Limits limits = limits("access.total-concurrent-turns", "2");
        Limits.Place first = limits.take();
        current = caller("bob");
        limits.take();
        current = caller("cem");
        assertRefused(limits, Problem.OVERLOADED);
        first.close();
        limits.take();
        assertRefused(limits, Problem.OVERLOADED);
    }

    private void assertRefused(Limits limits, Problem why) {
        assertThatThrownBy(() -> limits.requireRoom(current))
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isEqualTo(why));
        assertThatThrownBy(limits::take)
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isEqualTo(why));
    }

    @Test
    void should_take_so_many_requests_of_a_caller_and_of_all_in_a_minute() {
        Limits limits = limits("access.requests-per-minute", "3", "access.total-requests-per-minute", "5");
        for (int i = 0; i < 3; i++) {
            assertThat(limits.count(caller("ann")).problem()).isNull();
        }
        assertThat(limits.count(caller("ann")).problem().problem()).isEqualTo(Problem.RATE_LIMITED);
        assertThat(limits.count(caller("bob")).problem()).isNull();
        assertThat(limits.count(caller("bob")).problem()).isNull();
        assertThat(limits.count(caller("bob")).problem().problem()).isEqualTo(Problem.OVERLOADED);
    }
}
