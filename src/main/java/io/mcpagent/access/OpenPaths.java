package io.mcpagent.access;

import java.util.Set;

/** What can be had without signing in. All of it is here, each with its reason; everything else needs a verified caller. */
public final class OpenPaths {

    private static final Set<String> PAGE = Set.of("/", "/index.html", "/favicon.svg", "/sign-in.json");

    private OpenPaths() {}

    /** Whether everybody may ask for this normalized path. */
    public static boolean contain(String path) {
        // Load balancers and orchestrators have no credentials; the answer names no address, and nothing of a caller.
        return path.equals("/health")
                || path.startsWith("/health/")
                // Who has no token yet must find out where to get one.
                || path.equals(ProtectedResource.PATH)
                || path.startsWith(ProtectedResource.PATH + "/")
                // The chat page's own files, the same for everybody, and what it has to know to let somebody sign in.
                || isPage(path);
    }

    /** Whether this normalized path is one of the chat page's. */
    static boolean isPage(String path) {
        return PAGE.contains(path) || path.startsWith("/page/") || path.startsWith("/vendor/");
    }
}
