package io.mcpagent.support;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;

/** Ends TLS in front of a port of 127.0.0.1, with a new certificate for one name. */
public final class TlsFront implements AutoCloseable {

    /** Of the key store and of the trust store. */
    public static final String PASSWORD = "changeit";

    private final Path keys;
    private final ServerSocket listener;

    private TlsFront(Path keys, ServerSocket listener) {
        this.keys = keys;
        this.listener = listener;
    }

    /**
     * Starts one on a free port.
     *
     * @param folder where the certificate is written
     * @param name   what the certificate is for
     */
    public static TlsFront of(Path folder, String name, int targetPort) throws IOException, GeneralSecurityException {
        Path keys = folder.resolve(name + "-" + targetPort + ".p12");
        makeCertificate(keys, name);
        KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        TlsFront front = new TlsFront(keys, context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        Thread.ofVirtual().start(() -> front.accept(targetPort));
        return front;
    }

    private static void makeCertificate(Path keys, String name) throws IOException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process = new ProcessBuilder(List.of(tool.toString(), "-genkeypair", "-keyalg", "EC", "-alias", name, "-dname", "CN=" + name,
                "-ext", "san=dns:" + name, "-validity", "2", "-storepass", PASSWORD, "-keystore", keys.toString())).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.onExit().join().exitValue() != 0 || !Files.exists(keys)) {
            throw new IllegalStateException("keytool: " + said);
        }
    }

    /** What trusts this front: its own certificate. */
    public Path trustStore() {
        return keys;
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept(int targetPort) {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> connect(client, targetPort));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void connect(Socket client, int targetPort) {
        try (client; Socket target = new Socket(InetAddress.getLoopbackAddress(), targetPort)) {
            Thread.ofVirtual().start(() -> copy(client, target));
            copy(target, client);
        } catch (IOException closed) {
            // The client sees the end of its connection.
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from; to; InputStream in = from.getInputStream()) {
            in.transferTo(to.getOutputStream());
        } catch (IOException closed) {
            // A connection that ends is closed on both sides, which is all there is to do.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
