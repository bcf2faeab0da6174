package io.mcpagent.tools;

import io.mcpagent.base.Sha256;
import java.util.regex.Pattern;

/**
 * Gives each tool a name that Bedrock takes. MCP allows dots, slashes and up to 128 characters; Bedrock {@code [a-zA-Z0-9_-]{1,64}}. A name
 * that fits stays as it is; any other is made to fit and gets a piece of its hash, so that two different names never become one by accident.
 */
final class ToolNames {

    private static final Pattern FITS = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Pattern UNFIT = Pattern.compile("[^a-zA-Z0-9_-]");
    private static final int HASH = 8;
    private static final int MAX = 64;

    private ToolNames() {}

    static String forModel(String serverName) {
        if (FITS.matcher(serverName).matches()) {
            return serverName;
        }
        String fitting = UNFIT.matcher(serverName).replaceAll("_");
        String head = fitting.substring(0, Math.min(fitting.length(), MAX - HASH - 1));
        return head + "_" + Sha256.hexOfParts(serverName).substring(0, HASH);
    }
}
