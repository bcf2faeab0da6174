package io.mcpagent.identity;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the text of a verified subject says of who it is.
 *
 * @param key    the API key, also if a front end sent it for a person; null if there is none
 * @param person the person, as the issuer or the front end names them; null if it is a service
 */
public record SubjectParts(@Nullable String key, @Nullable String person) {

    static final SubjectParts NOTHING = new SubjectParts(null, null);

    private static final Pattern KEY = Pattern.compile("key:(.+)", Pattern.DOTALL);
    private static final Pattern USER = Pattern.compile("user:[0-9a-f]+:(.+)", Pattern.DOTALL);
    private static final Pattern VIA = Pattern.compile("via:([^:]+):(.+)", Pattern.DOTALL);
    private static final Pattern UNSEEN = Pattern.compile("[\\p{C}\\p{Z}]");

    /** Reads a subject as the service has it; of any other text nothing is known. */
    public static SubjectParts of(String subject) {
        Matcher via = VIA.matcher(subject);
        if (via.matches()) {
            return new SubjectParts(via.group(1), via.group(2));
        }
        Matcher user = USER.matcher(subject);
        if (user.matches()) {
            return new SubjectParts(null, user.group(1));
        }
        Matcher key = KEY.matcher(subject);
        return new SubjectParts(key.matches() ? key.group(1) : null, null);
    }

    /**
     * Whether two verified subjects may be the same person: the same subject, the same name at whatever issuer or front end, however it is
     * written, or a key and somebody for whom the holder of that key can speak.
     */
    public static boolean mayBeTheSame(String one, String other) {
        SubjectParts first = of(one);
        SubjectParts second = of(other);
        return one.equals(other)
                || (first.person != null
                        && second.person != null
                        && read(first.person).equals(read(second.person)))
                || (first.key != null
                        && first.key.equals(second.key)
                        && (first.person == null || second.person == null));
    }

    /** A name without what is not seen of it, nor of how it was typed. */
    private static String read(String name) {
        return UNSEEN.matcher(Normalizer.normalize(name, Normalizer.Form.NFKC))
                .replaceAll("")
                .toLowerCase(Locale.ROOT);
    }
}
