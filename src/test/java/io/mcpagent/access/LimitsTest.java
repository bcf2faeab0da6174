package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.Identities;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One caller gets so much and no more, whatever others do; and all together get so much. */
class LimitsTest {

    private SecurityIdentity current = caller("ann");

    private final CurrentIdentityAssociation association = new CurrentIdentityAssociation() {
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
    };

    private Limits limits(String... settings) {
        AgentConfig config = TestSettings.with(settings);
        return new Limits(
                config,
                association,
                new VerifiedCaller(
                        association, new SignIn(config, Optional.empty(), Optional.empty()), new Identities(config)),
                new CallerLimits(config));
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

    /** A service whose key is in these groups, and may have a limit of its own. */
    private static SecurityIdentity service(String name, Integer ownTurns, String... groups) {
        ObjectNode attributes = JsonNodeFactory.instance.objectNode();
        List.of(groups).forEach(attributes.putArray("groups")::add);
        return QuarkusSecurityIdentity.builder(caller("key:" + name))
                .addAttribute(Credentials.API_KEY, new ApiKey(name, List.of(), null, ownTurns, null, attributes))
                .build();
    }

    @Test
    void should_take_as_much_of_each_caller_as_the_limits_about_them_say() {
        Limits limits = limits(
                "access.requests-per-minute",
                "5",
                "access.concurrent-turns",
                "3",
                "access.limits",
                "requests-per-minute 2 for group:slow,requests-per-minute 3 for key:k1,concurrent-turns 1 for group:slow,"
                        + "concurrent-turns 4 for subject:key:k2,concurrent-turns 5 for key:k3");
        assertThat(requests(limits, caller("ann"))).isEqualTo(5);
        assertThat(requests(limits, service("k0", null, "slow"))).isEqualTo(2);
        assertThat(requests(limits, service("k1", null, "slow"))).isEqualTo(3);
        assertThat(turns(limits, caller("ann"))).isEqualTo(3);
        assertThat(turns(limits, service("k0", null, "slow"))).isEqualTo(1);
        assertThat(turns(limits, service("k1", 2, "slow"))).isEqualTo(2);
        assertThat(turns(limits, service("k2", 2, "slow"))).isEqualTo(4);
        assertThat(turns(limits, service("k3", 2, "slow"))).isEqualTo(2);
        assertThat(turns(limits, service("k3", 6, "slow"))).isEqualTo(5);
    }

    private static int requests(Limits limits, SecurityIdentity of) {
        for (int i = 0; i < 20; i++) {
            Limits.Quota quota = limits.count(of);
            if (quota.problem() != null) {
                assertThat(quota.quota()).isEqualTo(i);
                return i;
            }
        }
        return 20;
    }

    private int turns(Limits limits, SecurityIdentity of) {
        current = of;
        List<Limits.Place> places = new ArrayList<>();
        try {
            while (places.size() < 20) {
                limits.requireRoom(of);
                places.add(limits.take());
            }
        } catch (ProblemException e) {
            assertThat(e.problem()).isEqualTo(Problem.RATE_LIMITED);
        }
        places.forEach(Limits.Place::close);
        return places.size();
    }

    /** Two tokens of one person may have other groups. */
    @Test
    void should_not_forget_what_a_caller_asked_and_runs_when_another_token_has_another_limit() {
        Limits limits = limits(
                "access.requests-per-minute", "5",
                "access.concurrent-turns", "3",
                "access.limits", "requests-per-minute 4 for group:slow,concurrent-turns 2 for group:slow");
        int taken = 0;
        int begun = 0;
        for (int i = 0; i < 20; i++) {
            current = i % 2 == 0 ? service("k", null) : service("k", null, "slow");
            taken += limits.count(current).problem() == null ? 1 : 0;
            try {
                limits.take();
                begun++;
            } catch (ProblemException e) {
                assertThat(e.problem()).isEqualTo(Problem.RATE_LIMITED);
            }
        }
        assertThat(taken).isLessThanOrEqualTo(5);
        assertThat(begun).isEqualTo(3);
    }
}
