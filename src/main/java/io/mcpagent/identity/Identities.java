package io.mcpagent.identity;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.mcpagent.base.ExactNumbers;
import io.mcpagent.config.AgentConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes an {@link Identity} of what was verified of a caller, as {@code agent.identity} says. Safe for use by many threads. */
@Singleton
public final class Identities {

    private static final ObjectMapper JSON = ExactNumbers.in(JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build());
    private static final JsonNode NONE = MissingNode.getInstance();
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    /** Between nothing. */
    private static final Pattern WHOLE = Pattern.compile("(?!)");

    private static final String VARIABLE = "AGENT_IDENTITY_PARAMETERS_";

    private final Map<String, ParameterSource> parameters = new TreeMap<>();
    private final List<ClaimPath> groups;
    private final List<ClaimPath> roles;
    private final List<ClaimPath> scopes;

    /** @throws IllegalArgumentException if a setting can't be read */
    @Inject
    public Identities(AgentConfig config) {
        this(config, System.getenv());
    }

    Identities(AgentConfig config, Map<String, String> environment) {
        AgentConfig.IdentitySettings settings = config.identity();
        parameters(settings, environment).forEach((name, source) -> {
            try {
                parameters.put(name, ParameterSource.parse(source));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("agent.identity.parameters." + name + " " + e.getMessage());
            }
        });
        this.groups = paths(settings.groups());
        this.roles = paths(settings.roles());
        this.scopes = paths(settings.scopes());
    }

    /**
     * The configured sources, by the parameters' names. A variable of the environment can't say where a name has a dot and where a {@code _}; the names of
     * tools' parameters have no dots, so each is one.
     */
    static Map<String, String> parameters(AgentConfig.IdentitySettings settings, Map<String, String> environment) {
        Map<String, String> named = new HashMap<>();
        settings.parameters().forEach((name, source) -> {
            if (!environment.containsKey(
                    VARIABLE + name.toUpperCase(Locale.ROOT).replace('.', '_'))) {
                named.put(name, source);
            }
        });
        environment.forEach((variable, source) -> {
            if (variable.startsWith(VARIABLE)) {
                named.put(variable.substring(VARIABLE.length()).toLowerCase(Locale.ROOT), source);
            }
        });
        return named;
    }

    private static List<ClaimPath> paths(List<String> paths) {
        return paths.stream().map(String::strip).map(ClaimPath::parse).toList();
    }

    /** The names of the tools' parameters that nobody but the service fills. */
    public Set<String> parameterNames() {
        return Set.copyOf(parameters.keySet());
    }

    /**
     * A service with an API key.
     *
     * @param attributes what the secret says of it beside the key; a missing node if that is nothing
     */
    public Identity ofKey(String subject, String key, JsonNode attributes) {
        return of(subject, null, key, NONE, attributes, null);
    }

    /**
     * A person for whom a front end vouches.
     *
     * @param key    the front end's key
     * @param claims those of the token that names the person
     */
    public Identity ofVouched(String subject, String key, Map<String, Object> claims) {
        return of(subject, null, key, JSON.valueToTree(claims), NONE, null);
    }

    /**
     * A person with a token of the issuer.
     *
     * @param token the JWT, which is known to be valid
     */
    public Identity ofToken(String subject, String name, String token) {
        return of(subject, name, null, claims(token), NONE, token);
    }

    private static JsonNode claims(String token) {
        try {
            return JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
        } catch (IOException | IllegalArgumentException e) {
            // Without itself as the cause: it shows the place, and that is content.
            throw new IllegalStateException("a token that was found valid has no readable claims");
        }
    }

    private Identity of(
            String subject,
            @Nullable String name,
            @Nullable String key,
            JsonNode claims,
            JsonNode attributes,
            @Nullable String token) {
        ParameterSource.Facts facts = new ParameterSource.Facts(subject, key, claims, attributes);
        Map<String, JsonNode> values = new HashMap<>();
        parameters.forEach((parameter, source) -> {
            JsonNode value = source.of(facts);
            if (!value.isMissingNode()) {
                values.put(parameter, value);
            }
        });
        JsonNode known = claims.isMissingNode() ? attributes : claims;
        return new Identity(
                subject,
                name,
                key,
                names(groups, known, WHOLE),
                names(roles, known, WHOLE),
                names(scopes, known, BLANKS),
                values,
                token);
    }

    /** Lists of texts, or one text. Only scopes have no blanks: a member of {@code sales admins} is no member of {@code admins}. */
    private static Set<String> names(List<ClaimPath> paths, JsonNode known, Pattern between) {
        Set<String> names = new HashSet<>();
        for (ClaimPath path : paths) {
            JsonNode value = path.in(known);
            if (value.isTextual()) {
                names.addAll(List.of(between.split(value.textValue().strip())));
            }
            for (JsonNode each : value.isArray() ? value : List.<JsonNode>of()) {
                if (each.isTextual()) {
                    names.add(each.textValue());
                }
            }
        }
        names.remove("");
        return names;
    }
}
