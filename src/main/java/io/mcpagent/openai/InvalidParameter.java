package io.mcpagent.openai;

import org.jspecify.annotations.Nullable;

/** A parameter of a request can't be taken as it is. The message reaches the client: it is always one of our own sentences. */
final class InvalidParameter extends RuntimeException {

    private final int status;
    private final @Nullable String param;
    private final String code;

    private InvalidParameter(int status, @Nullable String param, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.param = param;
        this.code = code;
    }

    static InvalidParameter missing(String param) {
        return new InvalidParameter(400, param, "missing_required_parameter", "Give the parameter " + param + ".");
    }

    static InvalidParameter unsupported(String param, String why) {
        return new InvalidParameter(400, param, "unsupported_parameter", why);
    }

    static InvalidParameter value(@Nullable String param, String what) {
        return new InvalidParameter(400, param, "invalid_value", what);
    }

    static InvalidParameter model(String offered) {
        return new InvalidParameter(404, "model", "model_not_found", "There is one model here: " + offered + ".");
    }

    int status() {
        return status;
    }

    /** The parameter's name, with the index in an array; or null. */
    @Nullable
    String param() {
        return param;
    }

    String code() {
        return code;
    }
}
