package io.mcpagent.audit;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened and has to be recorded.
 *
 * @param kind    what it was
 * @param caller  who did it: the verified subject, or what is known of it
 * @param details what else is known, by the names that the records have, in their order: texts and numbers; nobody changes this map any more
 */
public record AuditEntry(Act kind, String caller, Map<String, Object> details) {

    /** What is recorded. */
    public enum Act {
        /** A tool call is about to be sent. If no end follows, the process died and its outcome is not known. */
        CALL_BEGIN,
        /** A tool call is over; or it was not sent after all, which its outcome says. */
        CALL_END,
        /** A tool call was refused. */
        CALL_REFUSED,
        /** A tool call waits for a person. */
        APPROVAL_ASKED,
        /** A person approved a tool call, which has not been sent yet. */
        APPROVED,
        /** A person declined a tool call. */
        DECLINED,
        /** Somebody could not be verified. */
        SIGN_IN_FAILED,
        /** A verified caller wanted what they have no right to. */
        RIGHTS_DENIED,
        /** A limit on dollars or tokens ended a turn. */
        BUDGET_REFUSED,
        /** A conversation is about to be deleted. */
        DELETION,
        /** So many records were lost, because the store did not take them for too long. None of them was of a call that may write. */
        LOST
    }

    public AuditEntry {
        details = Collections.unmodifiableMap(details);
    }

    public static AuditEntry of(Act kind, String caller) {
        return new AuditEntry(kind, caller, Map.of());
    }

    /** The same with one more detail, unless it is null. */
    public AuditEntry with(String name, @Nullable Object detail) {
        if (detail == null) {
            return this;
        }
        Map<String, Object> more = new LinkedHashMap<>(details);
        more.put(name, detail);
        return new AuditEntry(kind, caller, more);
    }
}
