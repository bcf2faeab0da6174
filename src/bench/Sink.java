import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;

/** Takes OTLP by gRPC and throws it away: the benchmark's collector. Argument: the port. */
class Sink {

    public static void main(String... arguments) {
        Vertx.vertx()
                .createHttpServer()
                .requestHandler(request -> request.body()
                        .onSuccess(body -> request.response()
                                .putHeader("content-type", "application/grpc")
                                .putTrailer("grpc-status", "0")
                                .end(Buffer.buffer(new byte[5]))))
                .listen(Integer.parseInt(arguments[0]), "127.0.0.1");
    }
}
