package io.mcpagent.access;

import io.mcpagent.identity.Identity;
import java.util.List;

/** Who sends the current request. */
public interface Caller {

    /**
     * The verified subject that conversations, approvals and budgets belong to: {@code key:} and the name of an API key, {@code user:}, the
     * token's issuer (as a hash) and its subject, {@code via:}, the name of a front end's key and the person's subject there, or {@code anonymous} where nobody signs in. No name of one kind can be read as another.
     */
    String subject();

    /** Whether it is named among these: by its subject, or by one of their groups, as {@code group:name}; everybody is where nobody signs in. */
    boolean isOneOf(List<String> names);

    /** All that was verified of them and that rules and tools go by. */
    Identity identity();
}
