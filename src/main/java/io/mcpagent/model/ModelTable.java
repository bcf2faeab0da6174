package io.mcpagent.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.config.AgentConfig;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * What is known of models: {@code models.json}, then {@code agent.model.rows}, then {@code agent.model.prices}. A row holds for each id that has
 * its {@code match} in it: a model's, an inference profile's, or an ARN with either. The longest match counts, and never that of another version:
 * {@code claude-sonnet-5} is not {@code claude-sonnet-5-5}. A model without a row gets the careful one. Immutable.
 */
@Singleton
public final class ModelTable {

    private static final String FILE = "/models.json";
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    /** What no letter or digit is means the same, as in the names of environment variables. */
    private static final Pattern BETWEEN = Pattern.compile("[^a-z0-9]+");
    /** A part of a version that would make another model of it; a date is none. */
    private static final String NO_OTHER_VERSION = "(?![a-z0-9])(?!-[0-9]{1,2}(?![a-z0-9]))";
    /** Cached for an hour, a token costs twice what it costs to read. */
    private static final BigDecimal FOR_AN_HOUR = BigDecimal.TWO;

    static final Duration HOUR = Duration.ofHours(1);
    static final Duration FIVE_MINUTES = Duration.ofMinutes(5);

    private final ObjectNode careful;
    private final Map<String, ObjectNode> rows = new LinkedHashMap<>();
    private final Map<String, AgentConfig.Price> prices = new LinkedHashMap<>();
    private final boolean listPriceHolds;
    // Only the configured models are ever looked up, so this stays small.
    private final Map<String, ModelRow> found = new ConcurrentHashMap<>();

    /** @throws IllegalArgumentException if {@code agent.model.rows} can't be read, with a sentence that says why */
    public ModelTable(AgentConfig config) {
        JsonNode file = file();
        careful = (ObjectNode) file.get("careful");
        file.get("models").forEach(row -> add((ObjectNode) row));
        // What these cost more than the list says is published nowhere that can be read.
        listPriceHolds = config.model()
                .serviceTier()
                .filter(tier -> tier == AgentConfig.ServiceTier.PRIORITY || tier == AgentConfig.ServiceTier.RESERVED)
                .isEmpty();
        config.model().rows().ifPresent(this::addConfigured);
        config.model().prices().forEach((key, price) -> prices.put(plain(key), price));
    }

    private static JsonNode file() {
        try (InputStream resource = ModelTable.class.getResourceAsStream(FILE)) {
            return JSON.readTree(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void addConfigured(String json) {
        try {
            JsonNode list = JSON.readTree(json);
            if (!list.isArray()) {
                throw new IllegalArgumentException("it must be a JSON array of rows");
            }
            for (JsonNode row : list) {
                if (!row.isObject() || plain(row.path("match").asText()).isEmpty()) {
                    throw new IllegalArgumentException("each row must be an object with a match");
                }
                add((ObjectNode) row);
                find(plain(row.get("match").asText()));
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("agent.model.rows is no JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException("agent.model.rows: " + e.getMessage(), e);
        }
    }

    /** A row has what its {@code like} has, or what the row of the same match had before, or what the careful one has; and its own members. */
    private void add(ObjectNode row) {
        String match = plain(row.get("match").asText());
        ObjectNode whole = rows.getOrDefault(match, careful).deepCopy();
        if (row.has("like")) {
            ObjectNode other = rows.get(plain(row.get("like").asText()));
            if (other == null) {
                throw new IllegalArgumentException("there is no row " + row.get("like") + " before that of " + match);
            }
            whole = other.deepCopy();
        } else if (whole.path("match").isMissingNode()) {
            whole.put("since", "").put("source", "configuration");
        }
        for (var member : row.properties()) {
            if (!member.getKey().equals("like") && !MEMBERS.contains(member.getKey())) {
                throw new IllegalArgumentException("a row has no " + member.getKey() + "; it has " + MEMBERS);
            }
            whole.set(member.getKey(), member.getValue());
        }
        rows.remove(match);
        rows.put(match, whole.put("match", match));
    }

    private static final List<String> MEMBERS = List.of(
            "match",
            "since",
            "source",
            "thinking",
            "thinksUnasked",
            "efforts",
            "sampling",
            "forcedTools",
            "prefixBound",
            "cachePoints",
            "cacheSmallest",
            "cacheTtls",
            "window",
            "largestOutput",
            "tokenizer",
            "silence",
            "stopReasons",
            "regional",
            "prices",
            "endOfLife",
            "endOfLifeBy");

    /** The matches of all rows. */
    public List<String> matches() {
        return List.copyOf(rows.keySet());
    }

    /** The row of a model, by its id, its inference profile or an ARN; the careful row if there is none. */
    public ModelRow row(String modelId) {
        return found.computeIfAbsent(modelId, id -> find(plain(id)));
    }

    private ModelRow find(String plain) {
        ObjectNode row = rows.entrySet().stream()
                .filter(each -> Pattern.compile("(?<![a-z0-9])" + each.getKey() + NO_OTHER_VERSION)
                        .matcher(plain)
                        .find())
                .max(Comparator.comparingInt(each -> each.getKey().length()))
                .map(Map.Entry::getValue)
                .orElse(careful);
        return read(
                row,
                configuredPrice(plain)
                        .map(List::of)
                        .orElseGet(() -> listPriceHolds ? listPrices(row, plain) : List.of()));
    }

    /** What an operator says that a model costs is taken as it is. */
    private Optional<ModelPrice> configuredPrice(String modelId) {
        return prices.entrySet().stream()
                .filter(price -> modelId.contains(price.getKey()))
                .max(Comparator.comparingInt(price -> price.getKey().length()))
                .map(Map.Entry::getValue)
                .map(price -> new ModelPrice(
                        0,
                        price.input(),
                        price.output(),
                        price.cacheRead(),
                        price.cacheWrite(),
                        price.cacheWrite().max(price.input().multiply(FOR_AN_HOUR))));
    }

    /** List prices are those of global profiles: to keep a request in a region or a geography costs more. */
    private static List<ModelPrice> listPrices(ObjectNode row, String modelId) {
        boolean global = modelId.startsWith("global-") || modelId.contains("-global-anthropic");
        BigDecimal factor = global ? BigDecimal.ONE : row.get("regional").decimalValue();
        List<ModelPrice> list = new ArrayList<>();
        for (JsonNode price : row.get("prices")) {
            list.add(new ModelPrice(
                            price.path("above").asLong(),
                            dollars(price, "input"),
                            dollars(price, "output"),
                            dollars(price, "cacheRead"),
                            dollars(price, "cacheWrite"),
                            dollars(price, "cacheWrite1h"))
                    .times(factor));
        }
        list.sort(Comparator.comparingLong(ModelPrice::above));
        return list;
    }

    private static BigDecimal dollars(JsonNode price, String name) {
        if (!price.path(name).isNumber()) {
            throw new IllegalArgumentException("a price needs the number " + name);
        }
        return price.get(name).decimalValue();
    }

    private static ModelRow read(ObjectNode row, List<ModelPrice> prices) {
        return new ModelRow(
                row.path("match").asText(),
                row.path("since").asText(),
                row.path("source").asText(),
                ModelRow.Thinking.valueOf(row.get("thinking").asText().toUpperCase(Locale.ROOT)),
                row.get("thinksUnasked").asBoolean(),
                texts(row.get("efforts")),
                row.get("sampling").asBoolean(),
                row.get("forcedTools").asBoolean(),
                row.get("prefixBound").asBoolean(),
                row.get("cachePoints").asInt(),
                row.get("cacheSmallest").asInt(),
                texts(row.get("cacheTtls")),
                row.get("window").asInt(),
                row.get("largestOutput").asInt(),
                row.get("tokenizer").asDouble(),
                Duration.parse(row.get("silence").asText()),
                texts(row.get("stopReasons")),
                prices,
                row.hasNonNull("endOfLife")
                        ? LocalDate.parse(row.get("endOfLife").asText())
                        : null,
                row.hasNonNull("endOfLifeBy") ? row.get("endOfLifeBy").asText() : null);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** An id in lower case, with one dash for all between its words: {@code claude.sonnet.5.5} is what a variable's name leaves of it. */
    private static String plain(String id) {
        String plain = BETWEEN.matcher(id.toLowerCase(Locale.ROOT)).replaceAll("-");
        int from = plain.startsWith("-") ? 1 : 0;
        return plain.substring(from, plain.length() > 1 && plain.endsWith("-") ? plain.length() - 1 : plain.length());
    }
}
