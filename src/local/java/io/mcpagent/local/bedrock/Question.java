package io.mcpagent.local.bedrock;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a question says.
 *
 * @param text as asked
 * @param period the days it speaks of, or null
 * @param ids by root of the noun before them, such as order → 42, 43
 * @param limit how many rows are asked for, or null
 * @param most upper bound of an amount, or null
 * @param least lower bound of an amount, or null
 * @param numbers numbers that are nothing of the above
 * @param countries country codes
 * @param names proper names, quoted texts, addresses, codes
 * @param leftovers words that no tool knows
 * @param words the words as written, dates and numbers left out
 * @param roots roots of the words that carry meaning
 */
record Question(
        String text,
        Period period,
        Map<String, List<String>> ids,
        String limit,
        String most,
        String least,
        List<String> numbers,
        List<String> countries,
        List<String> names,
        List<String> leftovers,
        List<String> words,
        Set<String> roots) {

    private static final Pattern QUOTED = Pattern.compile("[\"“«]([^\"”»]+)[\"”»]|(?<=\\s)'([^']+)'(?=\\W|$)");
    private static final Pattern ID = Pattern.compile(
            "(?i)\\b([a-z][a-z_]*?)(?:[ _]?(?:id|ids|number|numbers|no\\.?|nr\\.?))?\\s*[=:#]*\\s*"
                    + "((?:#?(?:[a-z]{1,5}-?)?\\d[\\w-]*)(?:(?:\\s*,\\s*|\\s+(?:and|or|&)\\s+|\\s*,\\s*and\\s+)#?(?:[a-z]{1,5}-)?\\d[\\w-]*)*)(?![\\w-])");
    private static final Pattern LIMIT = Pattern.compile(
            "(?i)\\b(?:top|first|last|latest|newest|best|limit|limit of|worst)\\s+(\\d{1,4})\\b"
                    + "|\\b(\\d{1,4})\\s+(?:best|most|top|latest|newest|last|largest|highest|cheapest|bestselling|rows|results)\\b");
    private static final Pattern COUNTED =
            Pattern.compile("(?i)\\b(?:show|list|give me|me|any|the)\\s+(\\d{1,3})\\s+(?=[a-z]+s\\b)");
    private static final Pattern MOST = Pattern.compile(
            "(?i)\\b(?:under|below|less than|cheaper than|at most|up to|no more than|max(?:imum)?(?: of)?)"
                    + "\\s+[$€£]?\\s*(\\d+(?:\\.\\d+)?)\\b");
    private static final Pattern LEAST = Pattern.compile(
            "(?i)\\b(?:over|above|more than|at least|min(?:imum)?(?: of)?)\\s+[$€£]?\\s*(\\d+(?:\\.\\d+)?)\\b");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.-])-?\\d+(?:\\.\\d+)?(?![\\w-])");
    private static final Pattern CALLED =
            Pattern.compile("(?i)\\b(?:called|named)\\s+([\\p{L}'-]+(?:\\s+\\p{Lu}[\\p{L}'-]+)*)");

    /** Reads a question in the words that the offered tools use. */
    static Question of(String text, List<Tool> tools, LocalDate today) {
        return new Reader(tools, today).read(text, null, Map.of());
    }

    /** Reads a part of this question; what the part doesn't say of days and ids it has from the whole. */
    Question part(String clause, List<Tool> tools, LocalDate today) {
        return new Reader(tools, today).read(clause, period, ids);
    }

    boolean says(String root) {
        return roots.contains(root);
    }

    private static final class Reader {
        private final Set<String> nouns = new LinkedHashSet<>();
        private final Set<String> vocabulary = new LinkedHashSet<>();
        private final Set<String> options = new LinkedHashSet<>();
        private final boolean countries;
        private final LocalDate today;
        private String rest;

        Reader(List<Tool> tools, LocalDate today) {
            this.today = today;
            boolean anyCountry = false;
            for (Tool tool : tools) {
                vocabulary.addAll(tool.vocabulary());
                for (Tool.Parameter parameter : tool.parameters()) {
                    nouns.add(parameter.noun());
                    parameter.options().forEach(option -> options.add(Words.singular(option)));
                    anyCountry |= parameter.kind() == Tool.Kind.COUNTRY;
                }
            }
            countries = anyCountry;
        }

        Question read(String text, Period inherited, Map<String, List<String>> inheritedIds) {
            rest = text;
            List<String> names = new ArrayList<>(all(QUOTED));
            Period.Found found = Period.in(rest, today);
            rest = found.rest();
            String limit = first(LIMIT);
            String most = first(MOST);
            String least = first(LEAST);
            Map<String, List<String>> ids = ids();
            Set<String> said = new LinkedHashSet<>();
            Words.split(rest).stream()
                    .filter(word -> word.indexOf('_') < 0 || !options.contains(Words.singular(word)))
                    .forEach(word -> said.addAll(Words.contentOf(word)));
            said.addAll(ids.keySet());
            limit = limit != null ? limit : first(COUNTED);
            List<String> numbers = all(NUMBER);
            List<String> lower = new ArrayList<>();
            names.addAll(all(CALLED));
            List<String> codes = new ArrayList<>();
            List<String> words = Words.split(rest);
            collect(words, names, lower, codes);
            return new Question(
                    text,
                    found.period() != null ? found.period() : inherited,
                    ids.isEmpty() ? inheritedIds : ids,
                    limit,
                    most,
                    least,
                    numbers,
                    codes,
                    names,
                    lower,
                    words,
                    said);
        }

        private Map<String, List<String>> ids() {
            Map<String, List<String>> ids = new LinkedHashMap<>();
            StringBuilder without = new StringBuilder();
            Matcher matcher = ID.matcher(rest);
            while (matcher.find()) {
                String noun = Words.root(matcher.group(1));
                if (nouns.contains(noun)) {
                    List<String> values = ids.computeIfAbsent(noun, key -> new ArrayList<>());
                    Stream.of(matcher.group(2).split("\\s*,\\s*(?:and\\s+)?|\\s+(?:and|or|&)\\s+"))
                            .map(value -> value.replace("#", ""))
                            .filter(value -> !values.contains(value))
                            .forEach(values::add);
                    matcher.appendReplacement(without, " ");
                }
            }
            rest = matcher.appendTail(without).toString();
            return ids;
        }

        /** Proper names are capitalised words that neither begin the question nor belong to the tools' own words. */
        private void collect(List<String> words, List<String> names, List<String> leftovers, List<String> codes) {
            boolean open = false;
            for (int i = 0; i < words.size(); i++) {
                String word = words.get(i).replaceFirst("['’]s?$", "");
                String code = countries ? Countries.code(word) : null;
                boolean known = Words.stop(word)
                        || Words.verb(Words.root(word)) != null
                        || vocabulary.contains(Words.root(word))
                        || options.contains(Words.singular(word))
                        || Words.partsOf(word).stream().allMatch(vocabulary::contains);
                boolean proper = !known && (word.matches("\\p{Lu}.*") || word.contains("@") || word.matches(".*\\d.*"));
                if (code != null && (proper || !Words.stop(word) || word.matches("[A-Z]{2}"))) {
                    codes.add(code);
                    open = false;
                } else if (proper && open) {
                    names.add(names.removeLast() + " " + word);
                } else if (proper) {
                    names.add(word);
                    open = true;
                } else {
                    open = false;
                    if (!known) {
                        leftovers.add(word);
                    }
                }
            }
        }

        private String first(Pattern pattern) {
            Matcher matcher = pattern.matcher(rest);
            if (!matcher.find()) {
                return null;
            }
            String value = matcher.group(1) != null || matcher.groupCount() < 2 ? matcher.group(1) : matcher.group(2);
            // The words stay: they may say which tool is meant; the number has found its place.
            int at = matcher.start() + matcher.group().indexOf(value);
            rest = rest.substring(0, at) + " " + rest.substring(at + value.length());
            return value;
        }

        private List<String> all(Pattern pattern) {
            List<String> found = new ArrayList<>();
            StringBuilder without = new StringBuilder();
            Matcher matcher = pattern.matcher(rest);
            while (matcher.find()) {
                String value = matcher.groupCount() > 1 && matcher.group(1) == null
                        ? matcher.group(2)
                        : matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
                found.add(value);
                matcher.appendReplacement(without, " ");
            }
            rest = matcher.appendTail(without).toString();
            return found;
        }
    }
}
