package io.mcpagent.local.bedrock;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Two-letter country codes by English name or adjective. */
final class Countries {

    private static final Map<String, String> ADJECTIVES = Map.ofEntries(
            Map.entry("norwegian", "NO"),
            Map.entry("swedish", "SE"),
            Map.entry("danish", "DK"),
            Map.entry("german", "DE"),
            Map.entry("american", "US"),
            Map.entry("british", "GB"),
            Map.entry("english", "GB"),
            Map.entry("french", "FR"),
            Map.entry("spanish", "ES"),
            Map.entry("italian", "IT"),
            Map.entry("dutch", "NL"),
            Map.entry("finnish", "FI"),
            Map.entry("polish", "PL"),
            Map.entry("swiss", "CH"),
            Map.entry("austrian", "AT"),
            Map.entry("canadian", "CA"),
            Map.entry("japanese", "JP"),
            Map.entry("chinese", "CN"),
            Map.entry("indian", "IN"),
            Map.entry("usa", "US"),
            Map.entry("uk", "GB"),
            Map.entry("america", "US"),
            Map.entry("england", "GB"),
            Map.entry("holland", "NL"));
    private static final Map<String, String> CODES = codes();

    private Countries() {}

    /** The code of a country that is named by one word, or null. */
    static String code(String word) {
        String known = CODES.get(word.toLowerCase(Locale.ROOT));
        return known == null && word.matches("[A-Z]{2}") && CODES.containsValue(word) ? word : known;
    }

    private static Map<String, String> codes() {
        Map<String, String> codes = new HashMap<>(ADJECTIVES);
        for (String code : Locale.getISOCountries()) {
            codes.put(Locale.of("", code).getDisplayCountry(Locale.ENGLISH).toLowerCase(Locale.ROOT), code);
        }
        return codes;
    }
}
