package io.mcpagent.model;

import io.mcpagent.local.bedrock.LocalBedrock;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;

/** What stands before the local Bedrock: nothing, or TLS with a certificate that this JVM trusts while the front is open. */
final class Front implements AutoCloseable {

    private static final String PASSWORD = "changeit";

    private final URI uri;
    private final Relay relay;

    private Front(URI uri, Relay relay) {
        this.uri = uri;
        this.relay = relay;
    }

    static Front plain(LocalBedrock bedrock) {
        return new Front(bedrock.uri(), null);
    }

    static Front encrypted(LocalBedrock bedrock) throws Exception {
        Path store = Files.createTempFile("front", ".p12");
        Files.delete(store);
        try {
            Process keytool = new ProcessBuilder(System.getProperty("java.home") + "/bin/keytool", "-genkeypair", "-alias", "front", "-keyalg", "EC",
                    "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1", "-validity", "2", "-storetype", "PKCS12",
                    "-keystore", store.toString(), "-storepass", PASSWORD).redirectErrorStream(true).start();
            keytool.getInputStream().readAllBytes();
            if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IOException("keytool failed");
            }
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            Relay relay = Relay.encrypted(bedrock.port(), context.getServerSocketFactory());
            trust(keys, store);
            return new Front(URI.create("https://localhost:" + relay.port()), relay);
        } catch (Exception e) {
            Files.deleteIfExists(store);
            throw e;
        }
    }

    /** The client reads the JVM's own trust store when it is made. */
    private static void trust(KeyStore keys, Path store) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("front", keys.getCertificate("front"));
        try (var out = Files.newOutputStream(store)) {
            trusted.store(out, PASSWORD.toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", store.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
        System.setProperty("javax.net.ssl.trustStoreType", "PKCS12");
    }

    URI uri() {
        return uri;
    }

    int accepted() {
        return relay.accepted();
    }

    @Override
    public void close() throws IOException {
        if (relay == null) {
            return;
        }
        relay.close();
        Files.deleteIfExists(Path.of(System.clearProperty("javax.net.ssl.trustStore")));
        System.clearProperty("javax.net.ssl.trustStorePassword");
        System.clearProperty("javax.net.ssl.trustStoreType");
    }
}
