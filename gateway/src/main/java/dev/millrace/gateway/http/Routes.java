package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which request is answered by what. */
final class Routes {

    private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

    private final Router router;
    private final Gate gate;
    private final Answers answers;

    private Routes(Router router, Gate gate, Answers answers) {
        this.router = router;
        this.gate = gate;
        this.answers = answers;
    }

    static Router create(
            Vertx vertx,
            Gate gate,
            IngestHandler ingest,
            QueryHandler queries,
            AnomalyHandler anomalies,
            DeviceHandler devices,
            Page page,
            Answers answers) {
        Routes routes = new Routes(Router.router(vertx), gate, answers);
        Resource sensors = routes.resource("/sensors");
        sensors.on(HttpMethod.POST, Route.INGEST, ingest::handle)
                .get(Route.SENSORS, queries::sensors)
                .done();
        routes.resource("/sensors/:id").get(Route.SENSOR, queries::sensor).done();
        routes.resource("/sensors/:id/readings")
                .get(Route.READINGS, queries::readings)
                .done();
        routes.resource("/anomalies").get(Route.ANOMALIES, anomalies::anomalies).done();
        routes.resource("/anomalies/:id/ack")
                .on(HttpMethod.POST, Route.ANOMALY_ACK, anomalies::acknowledge)
                .done();
        routes.resource("/devices")
                .get(Route.DEVICES, devices::devices)
                .on(HttpMethod.POST, Route.DEVICE_REGISTRATION, devices::register)
                .done();
        routes.resource("/devices/:id")
                .get(Route.DEVICE, devices::device)
                .on(HttpMethod.PATCH, Route.DEVICE_CHANGE, devices::change)
                .on(HttpMethod.DELETE, Route.DEVICE_REMOVAL, devices::remove)
                .done();
        routes.resource("/devices/:id/keys")
                .on(HttpMethod.POST, Route.DEVICE_KEY, devices::giveKey)
                .done();
        routes.resource("/devices/:id/keys/:keyId")
                .on(HttpMethod.DELETE, Route.DEVICE_KEY_REMOVAL, devices::takeKey)
                .done();
        page.parts().forEach(part -> routes.resource(part.path())
                .get(part.route(), part::handle)
                .done());
        routes.router.errorHandler(404, routes.problem(Problem.Code.NOT_FOUND, "There is nothing at this path."));
        routes.router.errorHandler(400, routes.problem(Problem.Code.MALFORMED, "The request's target is malformed."));
        routes.router.errorHandler(500, routes::failed);
        return routes.router;
    }

    private Resource resource(String path) {
        return new Resource(path);
    }

    private Handler<RoutingContext> problem(Problem.Code code, String detail) {
        return context ->
                new Exchange(context, Route.OTHER, answers, Optional.empty()).problem(Problem.of(code, detail));
    }

    private void failed(RoutingContext context) {
        // a defect of ours, not of the sender's
        LOG.error("A request failed unexpectedly", context.failure());
        new Exchange(context, Route.OTHER, answers, Optional.empty())
                .problem(Problem.of(Problem.Code.INTERNAL, "The request failed for a reason that is ours."));
    }

    /** One path and its methods; every other method is answered by 405 with those that there are. */
    private final class Resource {
        private final String path;
        private final Map<String, HttpMethod> allowed = new TreeMap<>();

        Resource(String path) {
            this.path = path;
        }

        Resource get(Route route, Consumer<Exchange> handler) {
            return on(HttpMethod.GET, route, handler).on(HttpMethod.HEAD, route, handler);
        }

        Resource on(HttpMethod method, Route route, Consumer<Exchange> handler) {
            allowed.put(method.name(), method);
            router.route(method, path).handler(context -> gate.admit(context, route, answers, handler));
            return this;
        }

        void done() {
            String allow = String.join(", ", allowed.keySet());
            router.route(path).handler(context -> {
                context.response().putHeader("allow", allow);
                new Exchange(context, Route.OTHER, answers, Optional.empty())
                        .problem(Problem.of(
                                Problem.Code.METHOD_NOT_ALLOWED, "The methods allowed here are " + allow + "."));
            });
        }
    }
}
