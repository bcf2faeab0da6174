package io.mcpagent.turn;

import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.conversation.PendingTurn;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sees to it that calls that wait are found by those who may decide on them. Safe for use by many threads. */
@Singleton
public final class WaitingCalls {

    private final ApprovalDesks desks;
    private final WaitingListener listener;

    WaitingCalls(ApprovalDesks desks, WaitingListener listener) {
        this.desks = desks;
        this.listener = listener;
    }

    /** Hears of calls that wait. Must neither block nor fail. */
    @FunctionalInterface
    public interface WaitingListener {

        /** A call waits from now on. */
        void waits(AskedCall call, Approval approval);
    }

    /** Whose desk it is on which lies what is in that owner's conversations. */
    public static String deskOf(String owner) {
        return "owner:" + owner;
    }

    /** Of one open conversation: each call is laid on the desks once. For one thread. */
    final class LaidCalls {

        private final String owner;
        private final String conversationId;
        private final Set<AskedCall> known = new HashSet<>();

        private LaidCalls(String owner, String conversationId, @Nullable PendingTurn before) {
            this.owner = owner;
            this.conversationId = conversationId;
            if (before != null) {
                before.approvals().forEach(approval -> known.add(call(approval)));
            }
        }

        private AskedCall call(Approval approval) {
            return new AskedCall(owner, conversationId, approval.callId(), approval.expiresAt());
        }

        /**
         * Lays on the desks what waits in a step that is about to be stored. A way that leads to nothing, if it is not stored after all, is harmless; a
         * call to which no way leads is not.
         */
        void lay(@Nullable PendingTurn pending) {
            for (Approval approval : pending == null ? List.<Approval>of() : pending.approvals()) {
                if (approval.state() == Approval.Stage.PENDING && known.add(call(approval))) {
                    List<String> on = new ArrayList<>(List.of(deskOf(owner)));
                    if (approval.approvedBy() == null) {
                        on.addAll(approval.approvers());
                    }
                    desks.add(on, call(approval));
                    if (approval.approvedBy() == null) {
                        listener.waits(call(approval), approval);
                    }
                }
            }
        }
    }

    /** @param before what waited when the conversation was opened */
    LaidCalls of(String owner, String conversationId, @Nullable PendingTurn before) {
        return new LaidCalls(owner, conversationId, before);
    }
}
