package io.mcpagent.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mcpagent.base.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An OpenID Connect issuer on 127.0.0.1: its discovery document, its keys, tokens of every kind, good and bad, and the sign-in of a public client
 * (authorization code with PKCE), where everybody is {@link #PERSON} at once.
 */
public final class TestIssuer implements AutoCloseable {

    public static final String AUDIENCE = "mcp-agent-tests";
    static final String PAGE = "page-of-the-tests";
    static final String PERSON = "ann";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    /** A key pair and the name of its public half. */
    private record Keys(String id, KeyPair pair) {

        PublicKey publicKey() {
            return pair.getPublic();
        }

        PrivateKey privateKey() {
            return pair.getPrivate();
        }
    }

    private volatile Keys keys = new Keys("one", rsa());
    private final HttpServer server;
    private final AtomicInteger requests = new AtomicInteger();
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();

    private TestIssuer(HttpServer server) {
        this.server = server;
    }

    public static TestIssuer start() {
        try {
            TestIssuer issuer =
                    new TestIssuer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64));
            issuer.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            issuer.server.createContext(
                    "/.well-known/openid-configuration",
                    http -> issuer.answer(
                            http,
                            Map.of(
                                    "issuer",
                                    issuer.url(),
                                    "jwks_uri",
                                    issuer.url() + "/keys",
                                    "token_endpoint",
                                    issuer.url() + "/token",
                                    "authorization_endpoint",
                                    issuer.url() + "/authorize",
                                    "id_token_signing_alg_values_supported",
                                    List.of("RS256"),
                                    "subject_types_supported",
                                    List.of("public"))));
            issuer.server.createContext(
                    "/keys", http -> issuer.answer(http, Map.of("keys", List.of(issuer.publicKey()))));
            issuer.server.createContext("/authorize", issuer::authorize);
            issuer.server.createContext("/token", issuer::exchange);
            issuer.server.start();
            return issuer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** How many requests it got. */
    int requests() {
        return requests.get();
    }

    /** What the agent needs to take its tokens. */
    Map<String, String> settings() {
        return Map.of("QUARKUS_OIDC_AUTH_SERVER_URL", url(), "QUARKUS_OIDC_CLIENT_ID", AUDIENCE);
    }

    /** The claims of a good token of this subject. */
    public Map<String, Object> claims(String subject) {
        Map<String, Object> claims = new LinkedHashMap<>();
        long now = Instant.now().getEpochSecond();
        claims.put("iss", url());
        claims.put("aud", AUDIENCE);
        claims.put("sub", subject);
        claims.put("iat", now - 5);
        claims.put("exp", now + 600);
        return claims;
    }

    /** A good token. */
    String token(String subject) {
        return signed(claims(subject), keys);
    }

    /** A token with these claims, signed by this issuer. */
    public String token(Map<String, Object> claims) {
        return signed(claims, keys);
    }

    /** Withdraws the key that it has; from now on another one signs. */
    void rotate() {
        keys = new Keys(UUID.randomUUID().toString(), rsa());
    }

    /** A token of a key that this issuer does not have. */
    String ofUnknownKey(String subject) {
        return signed(claims(subject), new Keys(UUID.randomUUID().toString(), keys.pair()));
    }

    /** A token that says that this issuer's key signed it, but a key of somebody else's did. */
    String forged(String subject) {
        return signed(claims(subject), new Keys(keys.id(), rsa()));
    }

    /** A token with {@code alg} none and no signature. */
    String unsigned(String subject) {
        return encode(Map.of("alg", "none", "typ", "JWT")) + "." + encode(claims(subject)) + ".";
    }

    /** A token that is signed with HMAC, with the public key as the secret: the classic confusion of algorithms. */
    String confused(String subject) {
        return hmac(
                Map.of("alg", "HS256", "typ", "JWT", "kid", keys.id()),
                claims(subject),
                keys.publicKey().getEncoded());
    }

    /** A token of a front end, such as Open WebUI's: signed with HMAC. */
    static String hmac(Map<String, ?> claims, String secret) {
        return hmac(Map.of("alg", "HS256", "typ", "JWT"), claims, secret.getBytes(StandardCharsets.UTF_8));
    }

    private static String hmac(Map<String, ?> header, Map<String, ?> claims, byte[] secret) {
        String content = encode(header) + "." + encode(claims);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return content + "." + BASE64.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signed(Map<String, Object> claims, Keys keys) {
        String content = encode(Map.of("alg", "RS256", "typ", "JWT", "kid", keys.id())) + "." + encode(claims);
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.privateKey());
            signature.update(content.getBytes(StandardCharsets.US_ASCII));
            return content + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, String> publicKey() {
        RSAPublicKey key = (RSAPublicKey) keys.publicKey();
        return Map.of(
                "kty",
                "RSA",
                "use",
                "sig",
                "alg",
                "RS256",
                "kid",
                keys.id(),
                "n",
                encode(key.getModulus()),
                "e",
                encode(key.getPublicExponent()));
    }

    private static String encode(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return BASE64.encodeToString(bytes[0] == 0 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }

    private static String encode(Map<String, ?> part) {
        try {
            return BASE64.encodeToString(JSON.writeValueAsBytes(part));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void authorize(HttpExchange http) throws IOException {
        Map<String, String> asked = parameters(http.getRequestURI().getRawQuery());
        if (!PAGE.equals(asked.get("client_id"))
                || !"code".equals(asked.get("response_type"))
                || !"S256".equals(asked.get("code_challenge_method"))) {
            answer(http, 400, Map.of("error", "invalid_request"));
            return;
        }
        String code = UUID.randomUUID().toString();
        codes.put(code, asked);
        http.getResponseHeaders()
                .set("Location", asked.get("redirect_uri") + "?code=" + code + "&state=" + asked.get("state"));
        http.sendResponseHeaders(302, -1);
        http.close();
    }

    /** A code is good once, for whoever knows what its challenge was made of. */
    private void exchange(HttpExchange http) throws IOException {
        http.getResponseHeaders().set("Access-Control-Allow-Origin", "*");
        Map<String, String> told = parameters(new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Map<String, String> asked = codes.remove(told.getOrDefault("code", ""));
        boolean good = asked != null
                && PAGE.equals(told.get("client_id"))
                && asked.get("redirect_uri").equals(told.get("redirect_uri"))
                && asked.get("code_challenge")
                        .equals(BASE64.encodeToString(Sha256.of(told.getOrDefault("code_verifier", ""))));
        answer(
                http,
                good ? 200 : 400,
                good
                        ? Map.of("access_token", token(PERSON), "token_type", "Bearer", "expires_in", 600)
                        : Map.of("error", "invalid_grant"));
    }

    private static Map<String, String> parameters(String form) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : form.split("&")) {
            String[] parts = pair.split("=", 2);
            parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private void answer(HttpExchange http, Object body) throws IOException {
        answer(http, 200, body);
    }

    private void answer(HttpExchange http, int status, Object body) throws IOException {
        requests.incrementAndGet();
        byte[] bytes = JSON.writeValueAsBytes(body);
        http.getResponseHeaders().set("Content-Type", "application/json");
        http.sendResponseHeaders(status, bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
