package io.mcpagent.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Ends TLS in front of a port of 127.0.0.1, with a new certificate. */
public final class TlsFront implements AutoCloseable {

    private static final String PASSWORD = "changeit";

    private final Path keys;
    private final Relay relay;

    private TlsFront(Path keys, Relay relay) {
        this.keys = keys;
        this.relay = relay;
    }

    /**
     * Starts one on a free port.
     *
     * @param names what the certificate is for, as keytool has it: {@code dns:localhost,ip:127.0.0.1}
     */
    public static TlsFront of(String names, int targetPort) throws IOException, GeneralSecurityException {
        Path keys = Files.createTempFile("front", ".p12");
        Files.delete(keys);
        makeCertificate(keys, names);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray()), PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return new TlsFront(keys, Relay.encrypted(targetPort, context.getServerSocketFactory()));
    }

    private static void makeCertificate(Path keys, String names) throws IOException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process = new ProcessBuilder(
                        tool.toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "front",
                        "-dname",
                        "CN=front",
                        "-ext",
                        "san=" + names,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        keys.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException("keytool: " + said);
        }
    }

    /** The system properties by which a JVM, or a native executable, trusts this front alone. */
    public Map<String, String> trust() {
        return Map.of(
                "javax.net.ssl.trustStore",
                keys.toString(),
                "javax.net.ssl.trustStorePassword",
                PASSWORD,
                "javax.net.ssl.trustStoreType",
                "PKCS12");
    }

    public int port() {
        return relay.port();
    }

    /** How many connections it has accepted. */
    public int accepted() {
        return relay.accepted();
    }

    @Override
    public void close() throws IOException {
        relay.close();
        Files.deleteIfExists(keys);
    }
}
