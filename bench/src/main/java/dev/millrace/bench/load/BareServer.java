package dev.millrace.bench.load;

import dev.millrace.core.config.Environment;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.gateway.http.HttpConfig;
import dev.millrace.gateway.http.HttpDoor;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServerOptions;

/** The server that does nothing: it reads the body and answers 202. With the gateway's options, on as many event loops. */
public final class BareServer extends VerticleBase {

    /** Reads the gateway's variables. */
    public static void main(String[] args) {
        int loops = Runtime.getRuntime().availableProcessors();
        HttpConfig config = HttpConfig.read(new Environment(System.getenv()), false);
        HttpServerOptions options = HttpDoor.options(config, config.port().orElseThrow());
        VertxInstances.create()
                .deployVerticle(() -> new BareServer(options), new DeploymentOptions().setInstances(loops))
                .await();
        System.out.println(Child.READY);
    }

    private final HttpServerOptions options;

    private BareServer(HttpServerOptions options) {
        this.options = options;
    }

    @Override
    public Future<?> start() {
        return vertx.createHttpServer(options)
                .requestHandler(request -> request.body()
                        .onSuccess(_ -> request.response().setStatusCode(202).end()))
                .listen();
    }
}
