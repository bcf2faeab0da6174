package io.mcpagent.access;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mcpagent.base.Sha256;
import io.quarkus.arc.profile.IfBuildProfile;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * In dev mode only, while nobody has to sign in: two customers of the sample shop, as whom one can ask. The keys are public, and no secret has them:
 * they show how a person reaches the row, and protect nothing.
 */
@Singleton
@IfBuildProfile(anyOf = {"dev", "bedrock"})
final class SamplePeople {

    /** The key, and what a chooser shows. */
    record SampleCustomer(String key, String name) {}

    private static final List<SampleCustomer> PEOPLE =
            List.of(new SampleCustomer("hugo", "Hugo Moen"), new SampleCustomer("jonas", "Jonas Nilsson"));
    private static final Map<String, Integer> CUSTOMERS = Map.of("hugo", 7, "jonas", 9);

    List<SampleCustomer> all() {
        return PEOPLE;
    }

    /** The key of one of them, with the {@code customer} that they are as an attribute. */
    Optional<ApiKey> find(String key) {
        return Optional.ofNullable(CUSTOMERS.get(key))
                .map(customer -> new ApiKey(
                        key,
                        List.of(Sha256.of(key)),
                        null,
                        null,
                        null,
                        JsonNodeFactory.instance.objectNode().put("customer", customer)));
    }
}
