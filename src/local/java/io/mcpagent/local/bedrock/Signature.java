package io.mcpagent.local.bedrock;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks that a request carries credentials for Bedrock and, if a key pair is known, recomputes the SigV4 signature.
 */
final class Signature {

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");
    private static final Duration MOST_SKEW = Duration.ofMinutes(15);

    /** The one key pair that is accepted. */
    record KeyPair(String accessKeyId, String secretAccessKey) {}

    private Signature() {}

    /** The failure to answer, or null if the credentials are good. Without a key pair only their form counts. */
    static Script.Failure check(Connection.Request request, KeyPair known) {
        String authorization = request.header("authorization");
        if (known == null && authorization.startsWith("Bearer ") && authorization.length() > "Bearer ".length()) {
            return null;
        }
        if (!authorization.startsWith(ALGORITHM + " ")) {
            return refuse("MissingAuthenticationTokenException", "Missing Authentication Token");
        }
        Map<String, String> parts = Arrays.stream(
                        authorization.substring(ALGORITHM.length() + 1).split(","))
                .map(part -> part.strip().split("=", 2))
                .filter(pair -> pair.length == 2)
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1], (a, b) -> b));
        String[] credential = parts.getOrDefault("Credential", "").split("/");
        if (credential.length != 5 || !parts.containsKey("SignedHeaders") || !parts.containsKey("Signature")) {
            return refuse(
                    "IncompleteSignatureException",
                    "Authorization header requires Credential, SignedHeaders and Signature.");
        }
        if (!credential[3].equals("bedrock") || !credential[4].equals("aws4_request")) {
            return refuse("InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.");
        }
        if (known == null) {
            return null;
        }
        if (!credential[0].equals(known.accessKeyId())) {
            return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
        }
        return verify(request, known, credential, parts);
    }

    private static Script.Failure verify(
            Connection.Request request, KeyPair known, String[] credential, Map<String, String> parts) {
        String time = request.header("x-amz-date");
        if (!fresh(time) || !time.startsWith(credential[1])) {
            return refuse("InvalidSignatureException", "Signature expired or not yet current.");
        }
        String bodyHash = hex(sha256(request.body()));
        String stated = request.headers().getOrDefault("x-amz-content-sha256", bodyHash);
        String scope = String.join("/", Arrays.copyOfRange(credential, 1, 5));
        String toSign = ALGORITHM + "\n" + time + "\n" + scope + "\n"
                + hex(sha256(
                        canonical(request, parts.get("SignedHeaders"), stated).getBytes(StandardCharsets.UTF_8)));
        byte[] key = ("AWS4" + known.secretAccessKey()).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        boolean same = MessageDigest.isEqual(
                hex(hmac(key, toSign)).getBytes(StandardCharsets.US_ASCII),
                parts.get("Signature").getBytes(StandardCharsets.US_ASCII));
        boolean sameBody = stated.equals(bodyHash) || stated.equals("UNSIGNED-PAYLOAD");
        return same && sameBody
                ? null
                : refuse(
                        "InvalidSignatureException",
                        "The request signature we calculated does not match "
                                + "the signature you provided. Check your AWS Secret Access Key and signing method. Consult the "
                                + "service "
                                + "documentation for details.");
    }

    /** Every service but S3 encodes the path, which is encoded already, once more. */
    private static String canonical(Connection.Request request, String signedHeaders, String bodyHash) {
        String[] target = request.path().split("\\?", 2);
        String path =
                Arrays.stream(target[0].split("/", -1)).map(Signature::encode).collect(Collectors.joining("/"));
        String query = target.length == 1
                ? ""
                : Arrays.stream(target[1].split("&")).sorted().collect(Collectors.joining("&"));
        String headers = Arrays.stream(signedHeaders.split(";"))
                .map(name -> name + ":" + request.header(name).strip().replaceAll(" +", " ") + "\n")
                .collect(Collectors.joining());
        return String.join("\n", request.method(), path, query, headers, signedHeaders, bodyHash);
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    private static boolean fresh(String time) {
        try {
            Instant signed = LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC);
            return Duration.between(signed, Instant.now()).abs().compareTo(MOST_SKEW) < 0;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static Script.Failure refuse(String type, String message) {
        return new Script.Failure(403, type, message, Duration.ZERO);
    }

    private static byte[] sha256(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String data) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(data.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private static String hex(byte[] data) {
        return HexFormat.of().formatHex(data);
    }
}
