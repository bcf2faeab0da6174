package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.base.ExactNumbers;
import io.mcpagent.base.JsonBuffers;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one tool call: the one value that the policy judges, the person sees, the store keeps, the trace names and the tool gets. It can
 * only be made by {@link #parse} and {@link #read}, so that its text is always one JSON object that was written here, whatever a model wrote. Immutable.
 */
public final class Arguments {

    /** No arguments. */
    public static final Arguments NONE = new Arguments("{}", null);

    /** The longest text, in characters. */
    public static final int LONGEST = 64 * 1024;

    /** The deepest nesting of objects and arrays. */
    public static final int DEEPEST = 32;

    /** The most digits of a number: no double has more that count, and no decimal column of a database that is used as an argument. */
    private static final int LONGEST_NUMBER = 40;

    private static final BigDecimal LARGEST_INTEGER = BigDecimal.valueOf(1L << 53);

    private static final ObjectMapper JSON = ExactNumbers.in(JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(LONGEST)
                            .maxNestingDepth(DEEPEST)
                            .maxNumberLength(LONGEST_NUMBER)
                            .maxStringLength(LONGEST)
                            .maxNameLength(LONGEST)
                            .build())
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .build())
                    // The names that a model makes up must not fill a table of the process.
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .recyclerPool(JsonBuffers.POOL)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build());

    private final String json;
    private final @Nullable String flaw;

    private Arguments(String json, @Nullable String flaw) {
        this.json = json;
        this.flaw = flaw;
    }

    /** Says, in a sentence for the model, why a text is not what a tool may get. */
    public static final class InvalidArgumentsException extends Exception {

        private InvalidArgumentsException(String why) {
            super(why, null, false, false);
        }

        /** The sentence; one of our own. */
        public String why() {
            return Objects.requireNonNull(getMessage());
        }
    }

    /**
     * Reads what a model wrote.
     *
     * @param text the text of one JSON object; blank for none, as models write it that mean a tool without parameters
     * @throws InvalidArgumentsException if it is anything else, has a member twice, is nested too deeply or too long, or has a number that
     *                                   would not reach the tool as it stands
     */
    public static Arguments parse(String text) throws InvalidArgumentsException {
        if (text.isBlank()) {
            return NONE;
        }
        if (text.length() > LONGEST) {
            throw new InvalidArgumentsException("The arguments are longer than " + LONGEST + " characters.");
        }
        JsonNode value;
        try (JsonParser parser = JSON.createParser(text)) {
            value = JSON.readTree(parser);
            if (parser.nextToken() != null) {
                throw new InvalidArgumentsException("The arguments are more than one JSON object.");
            }
        } catch (JsonProcessingException e) {
            throw new InvalidArgumentsException(
                    "The arguments are not one valid JSON object in which each member stands once, nested at most "
                            + DEEPEST + " levels deep, with numbers of at most " + LONGEST_NUMBER + " characters.");
        } catch (java.io.IOException e) {
            throw new InvalidArgumentsException("The arguments could not be read.");
        }
        if (!(value instanceof ObjectNode object)) {
            throw new InvalidArgumentsException("The arguments are not a JSON object.");
        }
        check("", object);
        try {
            return new Arguments(JSON.writeValueAsString(object), null);
        } catch (JsonProcessingException e) {
            throw new InvalidArgumentsException("The arguments could not be written.");
        }
    }

    /** Reads what a model wrote, or an earlier version stored. What can't be {@linkplain #parse parsed} has no members, and a {@link #flaw}. */
    public static Arguments read(String text) {
        try {
            return parse(text);
        } catch (InvalidArgumentsException e) {
            return new Arguments(NONE.json, e.why());
        }
    }

    /** Looks for numbers that the way to a tool or to a browser, a double of 64 bits, does not carry, and for text that is no Unicode. */
    private static void check(String path, JsonNode value) throws InvalidArgumentsException {
        if (value.isNumber()) {
            checkNumber(path, value.decimalValue(), value.isIntegralNumber());
        } else if (value.isTextual()) {
            requireUnicode(value.textValue());
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                check(path + "[" + i + "]", value.get(i));
            }
        } else {
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                requireUnicode(member.getKey());
                check(path.isEmpty() ? member.getKey() : path + "." + member.getKey(), member.getValue());
            }
        }
    }

    private static void checkNumber(String path, BigDecimal number, boolean integer) throws InvalidArgumentsException {
        double carried = number.doubleValue();
        boolean exact = Double.isFinite(carried)
                && (isWhole(number, integer)
                        ? number.abs().compareTo(LARGEST_INTEGER) <= 0
                        : new BigDecimal(Double.toString(carried)).compareTo(number) == 0);
        if (!exact) {
            throw new InvalidArgumentsException("The number at " + quoted(path)
                    + " can't be sent exactly: whole numbers reach to 9007199254740992, others have at most 15 to 17 digits. "
                    + "Give it as a string if the tool takes one; the tool was not called.");
        }
    }

    private static boolean isWhole(BigDecimal number, boolean integer) {
        return integer || number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
    }

    private static String quoted(String path) {
        return "'" + (path.length() > 100 ? path.substring(0, 100) + "…" : path) + "'";
    }

    private static void requireUnicode(String text) throws InvalidArgumentsException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new InvalidArgumentsException(
                        "The arguments have half a surrogate pair, which is no valid Unicode.");
            }
        }
    }

    /** Why no tool may be called with them, in a sentence for the model; null if one may. */
    public @Nullable String flaw() {
        return flaw;
    }

    /** The text: one JSON object, on one line, in which each member stands once. */
    public String json() {
        return json;
    }

    /** The names of the members. */
    public Set<String> names() {
        try {
            Set<String> names = new LinkedHashSet<>();
            JSON.readTree(json).fieldNames().forEachRemaining(names::add);
            return names;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was written here can be read", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Arguments arguments
                && arguments.json.equals(json)
                && Objects.equals(arguments.flaw, flaw);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return json;
    }
}
