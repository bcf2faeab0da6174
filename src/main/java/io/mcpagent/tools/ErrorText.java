package io.mcpagent.tools;

import java.util.LinkedHashMap;
import java.util.Map;
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
    /** A value in quotes, with what escapes them, also if its end was cut off. */
    private static final String QUOTED = "'(?:[^'\\\\]|\\\\.|'')*(?:'|$)|\"(?:[^\"\\\\]|\\\\.)*(?:\"|$)";

    /** What is nobody's business, and what is left of it; in this order, for some begin with what others are. */
    private static final Map<Pattern, String> SECRETS = new LinkedHashMap<>();

    static {
        hide("-----BEGIN [A-Z ]+-----(?s:.*?)(?:-----END [A-Z ]+-----|$)", "…");
        hide("[a-zA-Z][a-zA-Z0-9+.-]*://\\S+", "…");
        hide("\\barn:[a-z-]+:[^\\s\"'`,;)\\]}]+", "…");
        hide("(?i)\\b(bearer|basic)\\s+[\\w.~+/=-]{8,}", "$1 …");
        hide("\\beyJ[\\w-]{5,}(?:\\.[\\w-]*){1,4}", "…");
        hide("\\b(?:(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{12,}|bedrock-api-key-\\S+|AIza[\\w-]{20,})", "…");
        hide("\\b(?:sk|pk|rk|gh[opsu]|github_pat|xox[abpr]|glpat|hf|npm|whsec)[-_][\\w-]{10,}", "…");
        // As those of AWS are; a hash in hex digits has one case only.
        hide("(?<![\\w/+=])(?=[^\\s]*[a-z])(?=[^\\s]*[A-Z])(?=[^\\s]*\\d)[A-Za-z0-9/+]{40}(?![\\w/+=])", "…");
        // A member of an object, of a connection string or of YAML: {"password": "x"}, Password=x; user='x'
        String secret = "[\\w-]*(?:password|passwd|passphrase|pwd|secret)[\\w-]*";
        hide("(?i)(?<!column )([\"']?\\b" + secret + "[\"']?\\s*[=:]\\s*)(?:" + QUOTED + ")", "$1…");
        hide("(?i)(?<!column )(\\b" + secret + "\\s*:[ \\t]+)[^\\s{\\[][^\\n]*", "$1…");
        hide("(?i)([\"']?\\b" + secret + "[\"']?\\s*[=:]\\s*)[^\\s,;`)}\"']+", "$1…");
        String key =
                "[\\w-]*(?:token|api[_-]?key|access[_-]?key(?:[_-]?id)?|account[_-]?key|private[_-]?key|credentials?|authorization|signature)";
        hide(
                "(?i)([\"']" + key + "[\"']\\s*[=:]\\s*|\\b" + key + "\\s*=\\s*)(?:" + QUOTED + "|[^\\s,;`)}\"']+)",
                "$1…");
        hide("(?i)(\\b" + key + "\\s*:\\s*)(?:" + QUOTED + "|[^\\s,;`)}\"']{12,})", "$1…");
        String place =
                "user(?:[_ ]?(?:name|id))?|database|dbname|host(?:addr|name)?|server|port|uid|data source|initial catalog|address|addr";
        hide("(?i)\\b(" + place + ")\\s*=\\s*(?:" + QUOTED + "|[^\\s,;`)]+)", "$1=…");
        hide("(?i)([\"'](?:" + place + ")[\"']\\s*:\\s*)(?:" + QUOTED + "|[^\\s,;`)}]+)", "$1…");
        // ann:pw@host, ann:pw@tcp(host:3306)
        hide("(?<![\\w@.])[\\w.+-]+:[^\\s@\"'`]+@[\\w.-]+(?:\\([^)\\s]*\\))?(?:/\\S*)?", "…");
        hide(
                "\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b|\\[[0-9a-fA-F:]*::?[0-9a-fA-F:]*](?::\\d+)?"
                        + "|(?<![\\w:])(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){2,7}:[0-9a-fA-F:]*)",
                "…");
        hide("\\b[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*\\.[a-zA-Z]{2,}:\\d{2,5}\\b|\\blocalhost:\\d+\\b", "…");
        hide(
                "(?i)(?<![\\w@.\"-])(?<!(?:column|relation|table|field|function|schema) )"
                        + "(?:[a-z0-9_-]+\\.)+(?:internal|local|localdomain|lan|corp|intranet|amazonaws\\.com(?:\\.cn)?|windows\\.net)\\b"
                        + "|(?i)(?<![\\w@.\"-])(?<!(?:column|relation|table|field|function|schema) )(?:[a-z0-9-]+\\.){2,}(?:com|net|org|io|cloud|dev)\\b(?!\\.)",
                "…");
        hide("(?i)\\b(role|user|database|login)\\s+(?:\"[^\"]*\"|'[^']*')", "$1 …");
    }

    private static void hide(String pattern, String rest) {
        SECRETS.put(Pattern.compile(pattern), rest);
    }

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
        for (Map.Entry<Pattern, String> secret : SECRETS.entrySet()) {
            clean = secret.getKey().matcher(clean).replaceAll(secret.getValue());
        }
        return clean.isBlank() ? "The tool failed without a message." : clean;
    }
}
