package io.mcpagent.local.bedrock;

import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * A model of one's own that answers behind the local Bedrock: any server of OpenAI's chat completions, such as Ollama, llama.cpp or vLLM.
 *
 * @param url  where its API begins, such as {@code http://127.0.0.1:11434/v1}
 * @param name what the server calls the model; empty for the first that it lists
 * @param key  its key, sent as a bearer token; empty for none
 */
public record LocalModel(URI url, Optional<String> name, Optional<String> key) {

    /**
     * The model that {@code LOCAL_MODEL_URL}, {@code LOCAL_MODEL_NAME} and {@code LOCAL_MODEL_KEY} name; empty without the first.
     *
     * @throws IllegalArgumentException if the address is none of HTTP
     */
    public static Optional<LocalModel> of(Map<String, String> environment) {
        return set(environment, "LOCAL_MODEL_URL")
                .map(url -> new LocalModel(
                        address(url), set(environment, "LOCAL_MODEL_NAME"), set(environment, "LOCAL_MODEL_KEY")));
    }

    private static Optional<String> set(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private static URI address(String url) {
        if (!url.matches("https?://[^/?#@]+(/[^?#]*)?")) {
            throw new IllegalArgumentException(
                    "LOCAL_MODEL_URL must be an address such as http://127.0.0.1:11434/v1, not " + url);
        }
        String bare = url.replaceAll("/+$", "");
        return URI.create(bare.matches("https?://[^/]+") ? bare + "/v1" : bare);
    }
}
