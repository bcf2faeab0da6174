package io.mcpagent.tools;

/** Sizes of texts in bytes, without encoding them. */
final class Utf8 {

    private Utf8() {}

    static int length(String text) {
        int bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            bytes += extra(text.charAt(i));
        }
        return bytes;
    }

    /** The longest beginning of a text that fits, without a broken character at its end. */
    static String cut(String text, int bytes) {
        int used = 0;
        int end = 0;
        while (end < text.length()) {
            int next = end + Character.charCount(text.codePointAt(end));
            for (int i = end; i < next; i++) {
                used += 1 + extra(text.charAt(i));
            }
            if (used > bytes) {
                break;
            }
            end = next;
        }
        return text.substring(0, end);
    }

    // A surrogate pair takes four bytes, two for each half.
    private static int extra(char c) {
        if (c < 0x80) {
            return 0;
        }
        return c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
    }
}
