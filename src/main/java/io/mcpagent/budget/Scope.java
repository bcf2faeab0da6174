package io.mcpagent.budget;

import io.mcpagent.base.Sha256;
import java.util.Base64;

/** What an account of the ledger is for. */
enum Scope {
    DAY("day#"),
    CONVERSATION("conversation#");

    private final String prefix;

    Scope(String prefix) {
        this.prefix = prefix;
    }

    /** The account's name. What comes from outside is hashed: it can neither imitate another account nor be read in the table. */
    String account(String when, String... parts) {
        return prefix + when + Base64.getUrlEncoder().withoutPadding().encodeToString(Sha256.ofParts(parts));
    }

    boolean owns(String account) {
        return account.startsWith(prefix);
    }
}
