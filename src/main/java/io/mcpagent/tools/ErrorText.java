package io.mcpagent.tools;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the model may read of an error: enough to do better, such as the database's message and its SQLSTATE, but nothing of where the
 * database is and who we are there.
 */
final class ErrorText {

    private static final int MAX = 2_000;

    private static final Pattern SQLSTATE = Pattern.compile("SQLSTATE[ :=]*([0-9A-Z]{5})");
    // Connection, authorization, catalog name, resources, shutdown: all about the way to the database, nothing about
    // the query.
    private static final Pattern UNREACHABLE_STATE = Pattern.compile("08...|28...|3D...|53...|57P0.");
    private static final Pattern UNREACHABLE =
            Pattern.compile("(?i)failed to connect|unable to connect|cannot connect|dial (tcp|error|unix)"
                    + "|connection (refused|reset)|broken pipe|no such host|i/o timeout|no route to host|network is unreachable|login failed"
                    + "|cannot open database|password authentication|server closed the connection|unexpected eof|tls:|x509:|failed to open"
                    + "|unable to open database");
    // What a driver says of a connection that ended under it, as at a restart or a failover of the database.
    private static final Pattern ENDED_STATE = Pattern.compile("57P0[123]|0800[36]");
    private static final Pattern ENDED =
            Pattern.compile("(?i)unexpected eof|connection reset by peer|broken pipe|conn closed"
                    + "|server closed the connection|driver: bad connection");
    private static final Pattern SECRETS =
            Pattern.compile("(?i)\\b(user(name)?|database|dbname|host(addr|name)?|server|port|password|pwd|uid)"
                    + "\\s*=\\s*('[^']*'|\"[^\"]*\"|[^\\s,;`)]+)");
    private static final Pattern URL = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://\\S+");
    private static final Pattern ADDRESS =
            Pattern.compile("\\b\\d{1,3}(\\.\\d{1,3}){3}(:\\d+)?\\b|\\[[0-9a-fA-F:]*::?[0-9a-fA-F:]*](:\\d+)?"
                    + "|\\b[a-zA-Z0-9-]+(\\.[a-zA-Z0-9-]+)*\\.[a-zA-Z]{2,}:\\d{2,5}\\b|\\blocalhost:\\d+\\b");
    private static final Pattern ROLE = Pattern.compile("(?i)\\b(role|user|database|login)\\s+(\"[^\"]*\"|'[^']*')");

    private ErrorText() {}

    /** The SQLSTATE that an error names, or an empty text. */
    static String sqlState(String text) {
        Matcher state = SQLSTATE.matcher(text);
        return state.find() ? state.group(1) : "";
    }

    /** Whether the database ended the connection that the statement ran on, or was about to. */
    static boolean endedByDatabase(String text) {
        String state = sqlState(text);
        return state.isEmpty()
                ? ENDED.matcher(text).find()
                : ENDED_STATE.matcher(state).matches();
    }

    static String forModel(String text) {
        String state = sqlState(text);
        if (UNREACHABLE_STATE.matcher(state).matches()
                || UNREACHABLE.matcher(text).find()) {
            return "The database could not be reached" + (state.isEmpty() ? "." : " (SQLSTATE " + state + ").");
        }
        // First of all, since these patterns take time that grows with the square of the length.
        String clean = text.length() > MAX ? Utf8.cut(text, MAX) + "…" : text;
        clean = URL.matcher(clean).replaceAll("…");
        clean = SECRETS.matcher(clean).replaceAll("$1=…");
        clean = ADDRESS.matcher(clean).replaceAll("…");
        clean = ROLE.matcher(clean).replaceAll("$1 …");
        return clean.isBlank() ? "The tool failed without a message." : clean;
    }
}
