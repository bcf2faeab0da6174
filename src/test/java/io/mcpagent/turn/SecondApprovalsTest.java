package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Four eyes: who has to approve beside the one who asks, what they see, and that the call runs once, as approved, by the one who asked. */
class SecondApprovalsTest {

    private static final String SCHEMA = """
            {"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}""";

    private final TurnRig rig = new TurnRig();
    private final SecondApprovals seconds = rig.seconds();

    @AfterEach
    void end() {
        rig.close();
    }

    private static Identity member(String subject, String... groups) {
        return new Identity(subject, null, null, Set.of(groups), Set.of(), Set.of(), Map.of(), null);
    }

    private static Question.Decision decides(String owner, Verdict verdict) {
        return new Question.Decision(Identity.of(owner), "c", List.of(verdict), false, null, null);
    }

    private static Verdict approve() {
        return new Verdict("t1", true);
    }

    /** A call of {@code owner} that waits for somebody of finance. */
    private AskedCall waits(String owner) {
        rig.tools.approvers = List.of(CallerPattern.parse("group:finance"));
        rig.model.wants("t1", "write");
        Approval approval = rig.run(new Question.Ask(Identity.of(owner), "c", true, "Write", false, null, null))
                .approvals()
                .getFirst();
        assertThat(approval.approvers()).containsExactly("group:finance");
        AskedCall call =
                rig.desks.page(List.of("group:finance"), null, 9).calls().getLast();
        assertThat(rig.told).containsExactly(call);
        assertThat(rig.desks.page(List.of(WaitingCalls.deskOf(owner)), null, 9).calls())
                .containsExactly(call);
        return call;
    }

    private Problem refused(AskedCall call, Verdict verdict, Identity by) {
        return catchThrowableOfType(ProblemException.class, () -> seconds.decide(call, verdict, by))
                .problem();
    }

    @Test
    void should_run_a_call_when_somebody_else_approved_it_and_the_one_who_asked_has_it_run() throws Exception {
        AskedCall call = waits("ann");
        Verdict own = approve();
        assertThat(rig.fails(decides("ann", own)).problem()).isEqualTo(Problem.APPROVAL_NEEDS_ANOTHER);
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.audit.told()).containsExactly("approval_asked write", "rights_denied write");
        Identity fin = member("fin", "finance");
        assertThat(seconds.find(call, fin)).isPresent();
        Approval approved = seconds.decide(call, approve(), fin);
        assertThat(approved.approvedBy()).isEqualTo("fin");
        assertThat(rig.tools.called)
                .as("its rights and values are of the one who asked")
                .isEmpty();
        assertThat(seconds.find(call, fin)).isEmpty();
        assertThat(refused(call, approve(), fin)).isEqualTo(Problem.APPROVAL_DECIDED);
        rig.model.says("Done.");
        rig.run(decides("ann", own));
        assertThat(rig.tools.called).containsExactly("write{\"n\":0}");
        assertThat(refused(call, approve(), fin)).isEqualTo(Problem.APPROVAL_NOT_FOUND);
        List<JsonNode> words = rig.audit.records().stream()
                .filter(record -> record.path("kind").asText().equals("approved"))
                .toList();
        assertThat(words).hasSize(2);
        assertThat(words.getFirst().path("caller").asText()).isEqualTo("fin");
        assertThat(words.getFirst().path("askedBy").asText()).isEqualTo("ann");
        assertThat(words.getFirst().path("door").asText()).isEqualTo("approvals");
        assertThat(words.getFirst().path("conversationId").asText()).isEqualTo("c");
        assertThat(words.getFirst().has("shown")).as("nothing was edited").isFalse();
        assertThat(words.getLast().path("caller").asText()).isEqualTo("ann");
    }

    @Test
    void should_record_what_was_shown_beside_what_the_other_person_made_of_it() throws Exception {
        rig.tools.inputSchema = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}";
        AskedCall call = waits("ann");
        Arguments edited = Arguments.parse("{\"n\":7}");
        seconds.decide(call, new Verdict("t1", true, null, edited, null), member("fin", "finance"));
        JsonNode approved = rig.audit.records().getLast();
        assertThat(approved.path("kind").asText()).isEqualTo("approved");
        assertThat(approved.path("arguments").asText()).isEqualTo("{\"n\":7}");
        assertThat(approved.path("shown").asText()).isEqualTo("{\"n\":0}");
        rig.model.says("Done.");
        rig.run(decides("ann", approve()));
        assertThat(rig.tools.called).containsExactly("write{\"n\":7}");
    }

    @ParameterizedTest
    @CsvSource({
        "ann,            ann,              FORBIDDEN",
        "user:01:ann,    user:01:ann,      FORBIDDEN",
        "user:01:ann,    user:02:ann,      FORBIDDEN",
        "user:01:ann,    user:02:ANN,      FORBIDDEN",
        "user:01:ann,    via:ui:ann,       FORBIDDEN",
        "via:ui:ann,     via:portal:ann,   FORBIDDEN",
        "via:ui:ann,     key:ui,           FORBIDDEN",
        "key:ui,         via:ui:bob,       FORBIDDEN",
        "key:ui,         key:ui,           FORBIDDEN",
        "anonymous,      anonymous,        FORBIDDEN",
        "user:01:ann,    user:01:bob,      ok",
        "via:ui:ann,     via:ui:bob,       ok",
        "user:01:ann,    key:ann,          ok",
        "key:ui,         key:portal,       ok",
    })
    void should_not_take_the_word_of_who_may_be_the_one_who_asked(String asker, String approver, String expected)
            throws Exception {
        AskedCall call = waits(asker);
        Identity by = member(approver, "finance");
        if (expected.equals("ok")) {
            assertThat(seconds.decide(call, approve(), by).approvedBy()).isEqualTo(approver);
        } else {
            assertThat(refused(call, approve(), by)).isEqualTo(Problem.valueOf(expected));
            assertThat(refused(call, new Verdict("t1", false), by)).isEqualTo(Problem.valueOf(expected));
            assertThat(rig.store
                            .find(asker, "c")
                            .orElseThrow()
                            .pending()
                            .approvals()
                            .getFirst()
                            .approvedBy())
                    .isNull();
        }
    }

    /** As in a rolling deployment: whoever asked is another process than the one that hears the second word, and may be gone. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void should_be_decided_and_run_by_other_instances_than_the_one_that_was_asked(boolean ranWhereItWasAsked)
            throws Exception {
        AskedCall call = waits("ann");
        try (TurnRig other = new TurnRig(rig.store)) {
            other.tools.approvers = rig.tools.approvers;
            assertThat(other.fails(decides("ann", approve())).problem()).isEqualTo(Problem.APPROVAL_NEEDS_ANOTHER);
            other.seconds().decide(call, approve(), member("fin", "finance"));
            assertThat(refused(call, approve(), member("flo", "finance"))).isEqualTo(Problem.APPROVAL_DECIDED);
            TurnRig runs = ranWhereItWasAsked ? rig : other;
            runs.model.says("Done.");
            runs.run(decides("ann", approve()));
            assertThat(runs.tools.called).containsExactly("write{\"n\":0}");
            assertThat((ranWhereItWasAsked ? other : rig).tools.called).isEmpty();
            assertThat(rig.fails(decides("ann", approve())).problem()).isEqualTo(Problem.APPROVAL_DECIDED);
        }
    }

    @Test
    void should_not_exist_for_others() {
        AskedCall call = waits("ann");
        for (Identity other : List.of(member("bob"), member("bob", "sales", "Finance"), member("group:finance"))) {
            assertThat(seconds.find(call, other)).isEmpty();
            assertThat(refused(call, approve(), other)).isEqualTo(Problem.APPROVAL_NOT_FOUND);
        }
        assertThat(refused(new AskedCall("ann", "c", "t2", Instant.MAX), approve(), member("fin", "finance")))
                .isEqualTo(Problem.APPROVAL_NOT_FOUND);
    }

    @Test
    void should_tell_the_model_what_the_second_person_said_against_it() throws Exception {
        AskedCall call = waits("ann");
        seconds.decide(call, new Verdict("t1", false, "Not this quarter.", null, null), member("fin", "finance"));
        assertThat(rig.fails(decides("ann", approve())).problem()).isEqualTo(Problem.APPROVAL_DECIDED);
        rig.model.says("I see.");
        rig.run(says("c", "And now?"));
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.model.asked.getLast().messages().getLast().content().getFirst())
                .isEqualTo(new Content.ToolResult("t1", Texts.DECLINED + " They said: Not this quarter.", true));
    }

    @Test
    void should_run_what_the_second_person_made_of_it_and_nothing_that_the_first_made_of_that() throws Exception {
        rig.tools.inputSchema = SCHEMA;
        AskedCall call = waits("ann");
        Identity fin = member("fin", "finance");
        for (String bad : List.of("{}", "{\"n\":\"1\"}", "{\"n\":1,\"customer_id\":2}")) {
            assertThat(refused(call, new Verdict("t1", true, null, Arguments.parse(bad), null), fin))
                    .as(bad)
                    .isEqualTo(Problem.INVALID_REQUEST);
        }
        assertThat(refused(call, new Verdict("t1", true, null, null, "0".repeat(64)), fin))
                .isEqualTo(Problem.APPROVAL_CHANGED);
        Approval approved =
                seconds.decide(call, new Verdict("t1", true, null, Arguments.parse("{\"n\":7}"), null), fin);
        assertThat(rig.fails(decides("ann", new Verdict("t1", true, null, Arguments.parse("{\"n\":8}"), null)))
                        .problem())
                .isEqualTo(Problem.INVALID_REQUEST);
        rig.model.says("Done.");
        rig.run(decides("ann", new Verdict("t1", true, null, null, approved.digest())));
        assertThat(rig.tools.called).containsExactly("write{\"n\":7}");
        Content.ToolResult told = (Content.ToolResult)
                rig.model.asked.getLast().messages().getLast().content().getFirst();
        assertThat(told.text()).contains("{\"n\":7}").contains("changed the arguments");
    }

    @Test
    void should_ask_the_second_person_again_for_a_tool_that_changed() throws Exception {
        AskedCall call = waits("ann");
        Identity fin = member("fin", "finance");
        seconds.decide(call, approve(), fin);
        rig.tools.writeFingerprint = "changed";
        assertThat(rig.fails(decides("ann", approve())).problem()).isEqualTo(Problem.TOOL_CHANGED);
        assertThat(rig.fails(decides("ann", approve())).problem()).isEqualTo(Problem.APPROVAL_NEEDS_ANOTHER);
        rig.tools.writeFingerprint = "changed again";
        assertThat(refused(call, approve(), fin)).isEqualTo(Problem.TOOL_CHANGED);
        rig.tools.writeFingerprint = "changed";
        seconds.decide(call, approve(), fin);
        rig.model.says("Done.");
        rig.run(decides("ann", approve()));
        assertThat(rig.tools.called).hasSize(1);
    }

    @Test
    void should_need_a_second_person_who_was_configured_after_it_was_asked_for() {
        rig.model.wants("t1", "write");
        rig.run(says("c", "Write"));
        rig.tools.approvers = List.of(CallerPattern.parse("group:finance"));
        assertThat(rig.fails(decides(TurnRig.ANN, approve())).problem()).isEqualTo(Problem.APPROVAL_NEEDS_ANOTHER);
    }

    @Test
    void should_not_decide_what_cannot_be_recorded() {
        AskedCall call = waits("ann");
        rig.audit.down = true;
        assertThat(refused(call, approve(), member("fin", "finance"))).isEqualTo(Problem.AUDIT_UNAVAILABLE);
        assertThat(rig.stored("c").pending().approvals().getFirst().approvedBy())
                .isNull();
        rig.audit.down = false;
    }

    /** Approvers who approve, edit and decline, and the one who asked, who wants it run all the time: at most once, and only after a yes. */
    @Test
    void should_run_once_whatever_everybody_does_at_once() throws Exception {
        Random random = new Random(19);
        long calls = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 100; round++) {
                rig.told.clear();
                rig.tools.called.clear();
                rig.model.forget();
                rig.store.find("ann", "c").ifPresent(old -> rig.store.delete("ann", "c"));
                AskedCall call = waits("ann");
                rig.model.says("Done.");
                List<Future<String>> words = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    boolean yes = random.nextInt(4) > 0;
                    Identity by = member("fin" + i, "finance");
                    words.add(threads.submit(() -> {
                        try {
                            seconds.decide(call, new Verdict("t1", yes), by);
                            return yes ? "yes" : "no";
                        } catch (ProblemException e) {
                            return e.problem().slug();
                        }
                    }));
                    words.add(threads.submit(() -> {
                        try {
                            rig.runQuietly(decides("ann", approve()));
                            return "ran";
                        } catch (ProblemException e) {
                            return e.problem().slug();
                        }
                    }));
                }
                List<String> said = new ArrayList<>();
                for (Future<String> word : words) {
                    said.add(word.get());
                }
                long yes = said.stream().filter("yes"::equals).count();
                long ran = said.stream().filter("ran"::equals).count();
                assertThat(rig.tools.called).as("%s", said).hasSize((int) ran);
                assertThat(ran).as("%s", said).isLessThanOrEqualTo(yes);
                assertThat(yes).as("%s", said).isLessThanOrEqualTo(1);
                assertThat(said.stream().filter("no"::equals).count()).isLessThanOrEqualTo(1);
                calls += ran;
            }
        }
        assertThat(calls).isPositive();
    }
}
