import io.vertx.core.Vertx;

/** Takes OTLP by HTTP and throws it away: the benchmark's collector. Argument: the port. */
class Sink {

    public static void main(String... arguments) {
        Vertx.vertx()
                .createHttpServer()
                .requestHandler(request -> request.body()
                        .onSuccess(body -> request.response()
                                .putHeader("content-type", "application/x-protobuf")
                                .end()))
                .listen(Integer.parseInt(arguments[0]), "127.0.0.1");
    }
}
