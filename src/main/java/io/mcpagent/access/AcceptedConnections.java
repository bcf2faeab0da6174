package io.mcpagent.access;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.quarkus.arc.Arc;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Hands each connection that the server accepts to {@link Connections}, which neither Quarkus nor Vert.x lets see one before its first request. Netty makes
 * it, by its name in {@code META-INF/services}, if {@link #enable} was called before the server starts.
 */
@RegisterForReflection
public final class AcceptedConnections extends ChannelInitializerExtension {

    /** For Netty. */
    public AcceptedConnections() {}

    /** Has Netty look for extensions. */
    public static void enable() {
        System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
    }

    @Override
    public void postInitializeServerChildChannel(Channel channel) {
        Arc.container().instance(Connections.class).get().opened(channel);
    }
}
