package io.mcpagent.base;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes ids that can't be guessed. */
public final class Ids {

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private Ids() {}

    /** 128 random bits as 22 characters that are safe in a URL. */
    public static String random() {
        return ENCODER.encodeToString(randomBits());
    }

    /** 128 random bits. */
    static byte[] randomBits() {
        byte[] bits = new byte[16];
        Holder.RANDOM.nextBytes(bits);
        return bits;
    }

    /** Made on first use: a generator that is seeded while a native image is built would repeat itself in every process. */
    private static final class Holder {
        private static final SecureRandom RANDOM = new SecureRandom();
    }
}
