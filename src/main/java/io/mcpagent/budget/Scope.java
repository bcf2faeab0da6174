package io.mcpagent.budget;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
                digest.update(bytes);
            }
            return prefix + when + Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean owns(String account) {
        return account.startsWith(prefix);
    }
}
