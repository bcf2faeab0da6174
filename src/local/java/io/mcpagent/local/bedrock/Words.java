package io.mcpagent.local.bedrock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** English words, reduced so that those that mean the same compare as equal. */
final class Words {

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_@.+'’-]*[\\p{L}\\p{N}_]");
    private static final Pattern PART = Pattern.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\\d+");
    private static final Set<String> STOP = Set.of(("a an the of in on at to for from by with and or is are was were "
                    + "be been do does did "
                    + "have has had what which who whom whose when where how why many much me my we our us you your i it its "
                    + "he she his her "
                    + "they their them this that these those there can could would will please tell let see any all some "
                    + "about as not no yes "
                    + "so just only also then than per each every between since until during over under above below more less "
                    + "least most "
                    + "true false level up out one two first last next need want like know into if same but now today detail "
                    + "details info information data record records cheaper cheap expensive")
            .split(" "));
    private static final Map<String, String> VERBS = Map.ofEntries(
            Map.entry("show", "get"),
            Map.entry("give", "get"),
            Map.entry("get", "get"),
            Map.entry("fetch", "get"),
            Map.entry("display", "get"),
            Map.entry("read", "get"),
            Map.entry("find", "search"),
            Map.entry("search", "search"),
            Map.entry("look", "search"),
            Map.entry("lookup", "search"),
            Map.entry("query", "search"),
            Map.entry("list", "list"),
            Map.entry("run", "run"),
            Map.entry("execute", "run"));
    private static final Map<String, String> SYNONYMS = synonyms(
            "order purchase buy bought",
            "customer client buyer",
            "sale revenue turnover income sold sell",
            "late overdue delay",
            "shipment parcel package delivery shipping",
            "product item article goods",
            "top best bestselling best-selling highest",
            "table schema",
            "column field",
            "stock inventory",
            "month monthly",
            "day daily",
            "year yearly annual annually",
            "week weekly",
            "quarter quarterly",
            "email mail e-mail",
            "describe structure");

    private Words() {}

    /** The words as written, without the punctuation around them. */
    static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        for (Matcher matcher = WORD.matcher(text); matcher.find(); ) {
            words.add(matcher.group());
        }
        return words;
    }

    /** The roots of the words that a name such as {@code search_orders} or {@code searchOrders} is made of. */
    static Set<String> partsOf(String name) {
        Set<String> parts = new LinkedHashSet<>();
        for (Matcher matcher = PART.matcher(name); matcher.find(); ) {
            parts.add(root(matcher.group()));
        }
        return parts;
    }

    /** The roots of the words of a text that carry meaning. */
    static Set<String> contentOf(String text) {
        Set<String> roots = new LinkedHashSet<>();
        for (String word : split(text)) {
            for (String part : word.indexOf('_') < 0 ? List.of(word) : List.of(word.split("_"))) {
                if (!stop(part)) {
                    roots.add(root(part));
                }
            }
        }
        return roots;
    }

    static boolean stop(String word) {
        return STOP.contains(word.toLowerCase(Locale.ROOT));
    }

    /** The one verb for all that mean the same, or null if the root is none of those that tool names start with. */
    static String verb(String root) {
        return VERBS.get(root);
    }

    /** Lower case without the ending of a plural or a genitive. */
    static String singular(String word) {
        String lower = word.toLowerCase(Locale.ROOT).replaceFirst("['’]s?$", "");
        if (lower.length() > 4 && lower.endsWith("ies")) {
            return lower.substring(0, lower.length() - 3) + "y";
        }
        if (lower.matches(".{2,}([sxz]|ch|sh)es")) {
            return lower.substring(0, lower.length() - 2);
        }
        return lower.matches(".{2,}[^suia]s") || lower.matches(".{3,}[^su]as")
                ? lower.substring(0, lower.length() - 1)
                : lower;
    }

    /** The singular without verb endings, and one of all that mean the same. */
    static String root(String word) {
        String singular = singular(word);
        String known = SYNONYMS.get(singular);
        if (known != null) {
            return known;
        }
        String base = singular;
        for (String ending : List.of("ing", "ed")) {
            if (base.length() >= ending.length() + 4 && base.endsWith(ending)) {
                base = base.substring(0, base.length() - ending.length());
            }
        }
        if (base.matches(".*([b-df-hj-np-tv-z])\\1") && !base.equals(singular)) {
            base = base.substring(0, base.length() - 1);
        }
        base = base.length() > 3 && base.endsWith("e") ? base.substring(0, base.length() - 1) : base;
        return SYNONYMS.getOrDefault(base, base);
    }

    private static Map<String, String> synonyms(String... groups) {
        Map<String, String> all = new HashMap<>();
        for (String group : groups) {
            for (String word : group.split(" ")) {
                all.put(word, group.split(" ")[0]);
                all.put(word.endsWith("e") ? word.substring(0, word.length() - 1) : word, group.split(" ")[0]);
            }
        }
        return all;
    }
}
