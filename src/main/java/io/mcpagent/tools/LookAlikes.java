package io.mcpagent.tools;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names as a person sees them. A pattern that forbids a tool is written by what is seen: another case, letters that look alike, marks and signs
 * without a width must not lead past it. One rule: compatibility forms are resolved, marks dropped, letters written small and then as the one of
 * their look-alikes that stands for all. A name for which that can't be said, such as one that mixes scripts, is not acceptable.
 *
 * @see <a href="https://www.unicode.org/reports/tr39/">UTS 39, Unicode Security Mechanisms</a>
 */
final class LookAlikes {

    /** Letters of other alphabets by the small Latin ones that they look like; in pairs of a Latin text and all that look like it. */
    private static final String[] FOREIGN = {
        "a",
        "аαɑа",
        "b",
        "ьвβɓ",
        "c",
        "сϲсց",
        "d",
        "ԁɗđժ",
        "e",
        "еєεәҽ",
        "f",
        "ƒϝք",
        "g",
        "ɡɢց",
        "h",
        "һнհћħ",
        "i",
        "іїιıɩӏɪ",
        "j",
        "јϳʝ",
        "k",
        "кκқ",
        "l",
        "ӏլʟł丨\u1175",
        "m",
        "мϻ",
        "n",
        "ոηпռ",
        "o",
        "оοσօøө",
        "p",
        "рρþ",
        "q",
        "ԛզգ",
        "r",
        "гꭇʀ",
        "s",
        "ѕꮪ",
        "t",
        "тτŧ",
        "u",
        "υսцμ",
        "v",
        "νѵ",
        "w",
        "ԝωшա",
        "x",
        "хχ×",
        "y",
        "уγүყ",
        "z",
        "ʐ",
        "ss",
        "ß",
        "ae",
        "æӕ",
        "oe",
        "œ",
        "o",
        "ð",
        "o",
        "\u110b\u11bc",
        "delta",
        "δ",
        "lambda",
        "λ"
    };

    /** Scripts that are written without Latin look-alikes, often beside Latin words. */
    private static final Set<UnicodeScript> APART = EnumSet.of(
            UnicodeScript.HAN,
            UnicodeScript.HIRAGANA,
            UnicodeScript.KATAKANA,
            UnicodeScript.HANGUL,
            UnicodeScript.BOPOMOFO);

    /** Letters that are not seen. */
    private static final String FILLERS = "\u115f\u1160\u3164\uffa0\u17b4\u17b5";

    private static final Map<Integer, String> LATIN = latin();

    private LookAlikes() {}

    private static Map<Integer, String> latin() {
        Map<Integer, String> latin = new HashMap<>();
        for (int i = 0; i < FOREIGN.length; i += 2) {
            String seen = FOREIGN[i];
            FOREIGN[i + 1].codePoints().forEach(letter -> latin.putIfAbsent(letter, seen));
        }
        return Map.copyOf(latin);
    }

    /** Whether a server's name for a tool can be distinguished from all others by reading it. */
    static boolean isAcceptable(String name) {
        return name.equals(name.strip()) && seen(name).isPresent();
    }

    /** The name as it is compared; as it is where nothing can be said of it, which no acceptable name equals. */
    static String fold(String name) {
        return seen(name).orElse(name);
    }

    private static Optional<String> seen(String name) {
        StringBuilder folded = new StringBuilder();
        boolean latin = false;
        boolean foreign = false;
        String apart = Normalizer.normalize(name, Normalizer.Form.NFKD);
        for (int letter : apart.codePoints().map(Character::toLowerCase).toArray()) {
            String plain = plain(letter);
            if (plain == null) {
                return Optional.empty();
            }
            UnicodeScript script = UnicodeScript.of(letter);
            latin |= script == UnicodeScript.LATIN;
            foreign |= Character.isLetter(letter) && script != UnicodeScript.LATIN && !APART.contains(script);
            folded.append(plain);
        }
        boolean blankEnds = !apart.equals(apart.strip());
        return blankEnds || (latin && foreign) ? Optional.empty() : Optional.of(folded.toString());
    }

    /** What a character counts as; null if it must not be in a name. */
    private static @Nullable String plain(int letter) {
        if (letter < 0x80) {
            return letter < ' ' || letter == 0x7f ? null : ascii((char) letter);
        }
        if (FILLERS.indexOf(letter) >= 0) {
            return null;
        }
        return switch (Character.getType(letter)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> "";
            case Character.DECIMAL_DIGIT_NUMBER -> ascii((char) ('0' + Character.digit(letter, 10)));
            case Character.LOWERCASE_LETTER, Character.OTHER_LETTER, Character.MODIFIER_LETTER -> ofScript(letter);
            default -> null;
        };
    }

    private static @Nullable String ofScript(int letter) {
        String latin = LATIN.get(letter);
        if (latin != null) {
            return ascii(latin);
        }
        // A Latin letter that is none of those: nobody can say what it is read as.
        return UnicodeScript.of(letter) == UnicodeScript.LATIN ? null : Character.toString(letter);
    }

    private static String ascii(String letters) {
        StringBuilder folded = new StringBuilder();
        letters.chars().forEach(letter -> folded.append(ascii((char) letter)));
        return folded.toString();
    }

    private static String ascii(char letter) {
        return switch (letter) {
            case ' ' -> "";
            case '0' -> "o";
            case '1', '|', '!', 'i' -> "l";
            case 'm' -> "rn";
            case 'w' -> "vv";
            default -> String.valueOf(letter);
        };
    }
}
