package io.mcpagent.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A way to run the MCP Toolbox for Databases on this machine. */
public sealed interface Toolbox permits BinaryToolbox, ContainerToolbox {

    /** The release that the project is tested with. */
    String VERSION = "1.12.0";

    /**
     * Prepares a server that listens on 127.0.0.1 only.
     *
     * @param configs  the files with sources and tools, at least one
     * @param database the SQLite file that {@code SHOP_DB} is to name
     */
    ProcessBuilder serve(int port, List<Path> configs, Path database);

    /** Prepares a single tool call from the command line; it ends with 0 if the call went well. */
    ProcessBuilder invoke(String tool, String argumentsAsJson, Path config, Path database);

    /** Removes what a killed server may have left behind; does nothing where there is nothing. */
    default void removeLeftovers() throws IOException {}

    /** Says in a few words what is run, for the log. */
    String describe();
}
