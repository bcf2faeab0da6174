package io.mcpagent.audit;

import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.conversation.StoreUnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** {@code agent audit verify}: checks an export, or the table, without a running agent. */
public final class AuditCommand {

    private static final String USAGE = """
            agent audit verify FILE                      checks an export (JSON Lines; - is standard input)
            agent audit verify --table NAME [--from TIME] checks the table, from 400 days ago on by default
              --partial            a chain may lack its beginning, as in the export of one day
              --head CHAIN:N:HASH  this record, as the log named it, must be there; may be repeated
            Ends with 0 if no record was changed, is missing or is out of order; with 1, and the name of the first that is; with 2 if nothing could be read.""";

    private static final int BROKEN = 1;
    private static final int UNREADABLE = 2;
    private static final int PAGE = 1_000;

    private final PrintStream out;
    private boolean partial;
    private final Set<String> heads = new HashSet<>();
    private @Nullable String table;
    private @Nullable String file;
    private Instant from = Instant.now().minus(Duration.ofDays(400));

    private AuditCommand(PrintStream out) {
        this.out = out;
    }

    /** Runs the command with what follows {@code audit}, and says what it found; the exit status. */
    public static int run(List<String> arguments, PrintStream out) {
        AuditCommand command = new AuditCommand(out);
        if (!command.read(arguments)) {
            out.println(USAGE);
            return UNREADABLE;
        }
        return command.verify();
    }

    private boolean read(List<String> arguments) {
        if (arguments.isEmpty() || !arguments.getFirst().equals("verify")) {
            return false;
        }
        for (int i = 1; i < arguments.size(); i++) {
            String value = i + 1 < arguments.size() ? arguments.get(i + 1) : "";
            switch (arguments.get(i)) {
                case "--partial" -> partial = true;
                case "--head" -> {
                    heads.add(value);
                    i++;
                }
                case "--table" -> {
                    table = value;
                    i++;
                }
                case "--from" -> {
                    try {
                        from = Instant.parse(value);
                    } catch (DateTimeParseException e) {
                        return false;
                    }
                    i++;
                }
                default -> file = arguments.get(i);
            }
        }
        return (table == null) != (file == null);
    }

    private int verify() {
        AuditChains chains = new AuditChains(partial, heads);
        try {
            String flaw = table == null ? checkFile(chains) : checkTable(chains, table);
            String found = flaw == null ? chains.end() : flaw;
            out.println(found == null ? chains.summary() : "BROKEN: " + found);
            return found == null ? 0 : BROKEN;
        } catch (IOException | StoreUnavailableException e) {
            out.println("could not be read: " + e.getMessage());
            return UNREADABLE;
        }
    }

    private @Nullable String checkFile(AuditChains chains) throws IOException {
        try (BufferedReader lines = "-".equals(file)
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(String.valueOf(file)))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String flaw = line.isBlank() ? null : chains.check(line);
                if (flaw != null) {
                    return flaw;
                }
            }
            return null;
        }
    }

    private @Nullable String checkTable(AuditChains chains, String name) {
        try (DynamoDbClient client = DynamoDbClient.builder()
                .httpClient(UrlConnectionHttpClient.create())
                .build()) {
            AuditStore store = new DynamoAuditStore(new DynamoTable(() -> client, name), Duration.ZERO);
            Instant now = Instant.now();
            String after = null;
            do {
                AuditStore.Page page = store.page(from, now, after, PAGE);
                for (AuditRecord record : page.records()) {
                    String flaw = chains.check(record.line());
                    if (flaw != null) {
                        return flaw;
                    }
                }
                after = page.next();
            } while (after != null);
            return null;
        }
    }
}
