package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The server of a {@link LocalModel}, and what its errors are called at Bedrock. Safe for use by many threads. */
final class OpenAiServer {

    private static final int MOST_OF_AN_ERROR = 16_384;

    /** HTTP/1.1 only: not every server minds its manners when it is asked for more. */
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final LocalModel model;
    private volatile String name;

    OpenAiServer(LocalModel model) {
        this.model = model;
        this.name = model.name().orElse(null);
    }

    /** It does not answer, or with an error. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Script.Failure failure;

        Refused(String type, String message) {
            super(message, null, false, false);
            this.failure = Script.error(type, message);
        }

        Script.Failure failure() {
            return failure;
        }
    }

    /** What the server sends: the pieces of a stream, or one whole answer. To be closed: then the server stops writing. */
    static final class Pieces implements AutoCloseable {

        private final BufferedReader lines;
        private final boolean stream;
        private boolean over;

        private Pieces(HttpResponse<InputStream> response) {
            this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            this.stream =
                    response.headers().firstValue("content-type").orElse("").startsWith("text/event-stream");
        }

        /**
         * The next piece; null behind the last.
         *
         * @throws IOException if it is no JSON, or the stream ends without its last line
         */
        JsonNode next() throws IOException {
            if (over) {
                return null;
            }
            if (!stream) {
                over = true;
                return parse(lines.readAllAsString());
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String data = line.startsWith("data:")
                        ? line.substring("data:".length()).strip()
                        : "";
                if (data.equals("[DONE]")) {
                    over = true;
                    return null;
                }
                if (!data.isEmpty()) {
                    return parse(data);
                }
            }
            throw new IOException("the stream ended early");
        }

        private static JsonNode parse(String text) throws IOException {
            return Json.MAPPER.readTree(text);
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }

    /** Asks for an answer, and waits for its beginning. */
    Pieces ask(ConverseRequest request) throws Refused, InterruptedException {
        byte[] body = Json.bytes(ChatCompletion.of(request, name()));
        HttpResponse<InputStream> response =
                send(request("/chat/completions").POST(HttpRequest.BodyPublishers.ofByteArray(body)));
        if (response.statusCode() != 200) {
            throw refused(response);
        }
        return new Pieces(response);
    }

    /** The model's name, which most servers want to hear: the configured one, else the first that the server lists. */
    private String name() throws Refused, InterruptedException {
        if (name == null) {
            HttpResponse<InputStream> response = send(request("/models").GET());
            if (response.statusCode() != 200) {
                throw refused(response);
            }
            try (InputStream list = response.body()) {
                String first = Json.parse(list.readAllBytes()).at("/data/0/id").asText();
                if (first.isEmpty()) {
                    throw new Refused(
                            "ResourceNotFoundException",
                            model.url() + " lists no model: load one there, or set LOCAL_MODEL_NAME.");
                }
                name = first;
            } catch (IOException e) {
                throw new Refused("ModelErrorException", model.url() + "/models is no list of models");
            }
        }
        return name;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(model.url() + path)).header("Content-Type", "application/json");
        model.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
        return request;
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) throws Refused, InterruptedException {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new Refused("ServiceUnavailableException", "nothing answers at LOCAL_MODEL_URL, " + model.url());
        }
    }

    private static Refused refused(HttpResponse<InputStream> response) {
        String said;
        try (InputStream body = response.body()) {
            said = new String(body.readNBytes(MOST_OF_AN_ERROR), StandardCharsets.UTF_8);
        } catch (IOException e) {
            said = "";
        }
        return new Refused(
                switch (response.statusCode()) {
                    case 400, 413, 422 -> "ValidationException";
                    case 401, 403 -> "AccessDeniedException";
                    case 404 -> "ResourceNotFoundException";
                    case 408, 504 -> "ModelTimeoutException";
                    case 429 -> "ThrottlingException";
                    case 503 -> "ServiceUnavailableException";
                    default -> "ModelErrorException";
                },
                "the local model's server: " + response.statusCode() + " " + message(said));
    }

    /** {@code {"error": {"message": …}}} at most servers, {@code {"error": …}} at some. */
    static String message(String body) {
        try {
            JsonNode error = Json.parse(body).path("error");
            return error.isTextual() ? error.asText() : error.path("message").asText(body);
        } catch (IllegalArgumentException noJson) {
            return body.strip();
        }
    }
}
