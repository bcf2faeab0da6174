package io.mcpagent.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a value is in a token's claims or a key's attributes: names, and numbers of list elements, with a slash between them; a name with a slash of
 * its own in double quotes, as {@code quarkus.oidc.roles.role-claim-path} has it.
 */
record ClaimPath(List<String> steps) {

    private static final Pattern STEP = Pattern.compile("\"([^\"]+)\"|([^/\"]+)");
    private static final Pattern PATH = Pattern.compile("(\"[^\"]+\"|[^/\"]+)(/(\"[^\"]+\"|[^/\"]+))*");
    private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,3}");

    ClaimPath {
        steps = List.copyOf(steps);
    }

    /** @throws IllegalArgumentException if it is none */
    static ClaimPath parse(String path) {
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("is no path of names with / between them: " + path);
        }
        List<String> steps = new ArrayList<>();
        Matcher step = STEP.matcher(path);
        while (step.find()) {
            steps.add(step.group(1) != null ? step.group(1) : step.group(2));
        }
        return new ClaimPath(steps);
    }

    /** The value there; a missing node if there is none. */
    JsonNode in(JsonNode facts) {
        JsonNode at = facts;
        for (String step : steps) {
            if (at.isArray()) {
                at = INDEX.matcher(step).matches() ? at.path(Integer.parseInt(step)) : MissingNode.getInstance();
            } else {
                at = at.path(step);
            }
        }
        return at;
    }
}
