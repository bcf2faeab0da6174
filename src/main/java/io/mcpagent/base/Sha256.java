package io.mcpagent.base;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** SHA-256. Safe for use by many threads. */
public final class Sha256 {

    /** Never used itself: a copy of it is made faster than another is looked for among the providers. */
    private static volatile @Nullable MessageDigest fresh;

    private Sha256() {}

    /** The 32 bytes of the hash. */
    public static byte[] of(byte[] bytes) {
        return digest().digest(bytes);
    }

    /** The 32 bytes of the hash of a text in UTF-8. */
    public static byte[] of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The hash over several texts. Each is hashed with its length, so that nothing can move from one to the next unnoticed. */
    public static byte[] ofParts(String... parts) {
        MessageDigest digest = digest();
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
            digest.update(bytes);
        }
        return digest.digest();
    }

    /** The hash of a text in UTF-8, as 64 lower-case hex digits. */
    public static String hex(String text) {
        return HexFormat.of().formatHex(of(text));
    }

    /** {@link #ofParts} as 64 lower-case hex digits. */
    public static String hexOfParts(String... parts) {
        return HexFormat.of().formatHex(ofParts(parts));
    }

    /** A digest to be given parts, for one thread. */
    public static MessageDigest digest() {
        try {
            MessageDigest known = fresh;
            if (known == null) {
                known = MessageDigest.getInstance("SHA-256");
                fresh = known;
            }
            return (MessageDigest) known.clone();
        } catch (NoSuchAlgorithmException | CloneNotSupportedException e) {
            throw new IllegalStateException("every Java has SHA-256, which can be copied", e);
        }
    }
}
