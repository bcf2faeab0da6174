package io.mcpagent.local.bedrock;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Identifiers in the service's own shapes. */
final class Ids {

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private Ids() {}

    /** {@code tooluse_} and 22 letters that depend on the seed alone. */
    static String toolUse(String seed) {
        long state = 0xcbf29ce484222325L;
        for (int i = 0; i < seed.length(); i++) {
            state = (state ^ seed.charAt(i)) * 0x100000001b3L;
        }
        StringBuilder id = new StringBuilder("tooluse_");
        for (int i = 0; i < 22; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            id.append(ALPHABET.charAt((int) Long.remainderUnsigned(state >>> 24, ALPHABET.length())));
        }
        return id.toString();
    }

    static String request() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }
}
