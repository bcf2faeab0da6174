package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of one tool that its caller's identity fills, by the type that the server gives them.
 *
 * @param secure    those that go beside the arguments
 * @param address   those that are bound by the address
 * @param tokenName the header for the caller's token, or null if the tool does not want it
 */
record CallerParameters(
        Map<String, String> secure,
        Map<String, String> address,
        @Nullable String tokenName) {

    private static final String TOKEN = "the token of the issuer";

    CallerParameters {
        secure = new TreeMap<>(secure);
        address = new TreeMap<>(address);
    }

    /**
     * What the configuration says of such parameters.
     *
     * @param names     whatever a parameter of such a name is for: the model never fills it
     * @param byAddress whether those that the server does not know as secure are bound by the address
     * @param service   the toolbox's authService that gets the callers' tokens, or null
     */
    record Reserved(
            Set<String> names, boolean byAddress, @Nullable String service) {

        static final Reserved NONE = new Reserved(Set.of(), false, null);

        static Reserved of(AgentConfig config, Identities identities, boolean addressable) {
            AgentConfig.IdentitySettings settings = config.identity();
            return new Reserved(
                    identities.parameterNames(),
                    addressable && settings.bindByAddress(),
                    settings.tokenService().orElse(null));
        }

        /** Whether the model may not fill a parameter of that name. Servers may take no notice of case; so we don't. */
        boolean has(String name) {
            return names.stream().anyMatch(name::equalsIgnoreCase);
        }
    }

    /**
     * Reads what a tool needs, and takes it out of the schema that the model will see.
     *
     * @param json the tool, as the server describes it; the parameters go out of its {@code inputSchema}
     * @return nothing if the model would have to fill what only the caller's identity may
     */
    static Optional<CallerParameters> takeFrom(JsonNode json, Reserved reserved) {
        JsonNode schema = json.path("inputSchema");
        JsonNode properties = schema.path("properties");
        Map<String, String> secure = new HashMap<>();
        json.path("secureInputSchema")
                .path("properties")
                .properties()
                .forEach(each ->
                        secure.put(each.getKey(), each.getValue().path("type").asText("")));
        if (secure.keySet().stream().anyMatch(properties::has)) {
            return Optional.empty();
        }
        Map<String, String> address = new HashMap<>();
        for (Map.Entry<String, JsonNode> each : properties.properties()) {
            if (reserved.has(each.getKey())) {
                if (!reserved.byAddress() || !reserved.names().contains(each.getKey())) {
                    return Optional.empty();
                }
                address.put(each.getKey(), each.getValue().path("type").asText(""));
            }
        }
        List<String> filled = new ArrayList<>(address.keySet());
        boolean token = wantsToken(json.path("_meta"), reserved.service(), filled);
        SchemaParts.leaveOut(schema, filled);
        return Optional.of(new CallerParameters(secure, address, token ? reserved.service() + "_token" : null));
    }

    private static boolean wantsToken(JsonNode meta, @Nullable String service, List<String> filled) {
        if (service == null) {
            return false;
        }
        boolean wants = names(meta.path("toolbox/authInvoke"), service);
        for (Map.Entry<String, JsonNode> each : meta.path("toolbox/authParam").properties()) {
            if (names(each.getValue(), service)) {
                wants = true;
                filled.add(each.getKey());
            }
        }
        return wants;
    }

    private static boolean names(JsonNode services, String service) {
        for (JsonNode each : services) {
            if (service.equals(each.asText())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the tool takes nothing from its caller. */
    boolean isEmpty() {
        return secure.isEmpty() && address.isEmpty() && tokenName == null;
    }

    /** All that it takes. */
    List<String> needed() {
        List<String> needed = new ArrayList<>(secure.keySet());
        needed.addAll(address.keySet());
        if (tokenName != null) {
            needed.add(TOKEN);
        }
        return needed;
    }

    /** What it takes of which this caller has no value of the right type; empty if the caller can call it. */
    List<String> missing(Identity caller) {
        List<String> missing = new ArrayList<>();
        secure.forEach((name, type) -> {
            if (fitted(caller, name, type).isEmpty()) {
                missing.add(name);
            }
        });
        address.forEach((name, type) -> {
            if (fitted(caller, name, type).filter(JsonNode::isValueNode).isEmpty()) {
                missing.add(name);
            }
        });
        if (tokenName != null && caller.token() == null) {
            missing.add(TOKEN);
        }
        return missing;
    }

    private static Optional<JsonNode> fitted(Identity caller, String name, String type) {
        JsonNode value = caller.parameters().get(name);
        return value == null ? Optional.empty() : SchemaParts.fit(value, type);
    }

    /** The caller's values; of a caller who misses none. */
    CallerValues of(Identity caller) {
        if (isEmpty()) {
            return CallerValues.NONE;
        }
        Map<String, JsonNode> beside = new HashMap<>();
        secure.forEach(
                (name, type) -> beside.put(name, fitted(caller, name, type).orElseThrow()));
        Map<String, String> bound = new HashMap<>();
        address.forEach((name, type) ->
                bound.put(name, fitted(caller, name, type).orElseThrow().asText()));
        List<Header> headers = tokenName == null || caller.token() == null
                ? List.of()
                : List.of(new BasicHeader(tokenName, caller.token()));
        return new CallerValues(beside, bound, headers);
    }

    /** Why these arguments must not be used, or null: the model has filled what is the caller's. */
    @Nullable
    String refusal(Arguments arguments, Reserved reserved) {
        for (String name : arguments.names()) {
            boolean ours = reserved.has(name)
                    || secure.keySet().stream().anyMatch(name::equalsIgnoreCase)
                    || address.keySet().stream().anyMatch(name::equalsIgnoreCase);
            if (ours) {
                return "The argument " + name
                        + " is filled by the service from who asks, and by nobody else. Leave it out.";
            }
        }
        return null;
    }
}
