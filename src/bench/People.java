import io.mcpagent.access.TestIssuer;
import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An issuer, and what an agent is told that knows its people: {@code java People.java TOKENS SETTINGS STORE}. Writes both files, the first with the
 * tokens of fifty people in it, a line each, and serves until it is ended. The audit trail is in STORE, {@code memory} or {@code dynamodb}.
 */
class People {

    public static void main(String[] args) throws Exception {
        TestIssuer issuer = TestIssuer.start();
        List<String> tokens = new ArrayList<>();
        for (int person = 1; person <= 50; person++) {
            Map<String, Object> claims = issuer.claims("person-" + person);
            claims.put("groups", List.of("customers", "newsletter"));
            claims.put("roles", List.of("buyer"));
            claims.put("shop", Map.of("customer", person));
            claims.put("exp", Instant.now().getEpochSecond() + 7200);
            tokens.add(issuer.token(claims));
        }
        Files.write(Path.of(args[0]), tokens);
        String settings = """
                quarkus.oidc.auth-server-url=%s
                quarkus.oidc.client-id=%s
                agent.identity.parameters.my_customer_id=claim:shop/customer
                agent.tools.allow=my_* for group:customers,get_* for group:staff,refund_* for group:support
                agent.tools.ask=refund_* for group:customers
                agent.tools.deny=* for group:suspended,delete_*
                agent.tools.approvers=refund_* by group:finance
                agent.access.limits=caller-day-dollars 1000000 for group:customers,requests-per-minute 10000000 for group:customers,\
                concurrent-turns 1000 for role:buyer
                agent.access.operators=group:operators
                agent.audit.auditors=group:auditors
                agent.audit.store=%s
                """.formatted(issuer.url(), TestIssuer.AUDIENCE, args[2]);
        if (args[2].equals("dynamodb")) {
            DynamoDbLocal store = DynamoDbLocal.running();
            settings += "agent.audit.table=" + DynamoTables.create(DynamoTables.client(store.url()))
                    + "\nquarkus.dynamodb.endpoint-override=" + store.url() + "\n";
        }
        Files.writeString(Path.of(args[1]), settings);
        Thread.currentThread().join();
    }
}
