package dev.millrace.processor;

import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.alert.AlertDestination;
import dev.millrace.processor.alert.AlertKeeper;
import dev.millrace.processor.alert.AlertMeter;
import dev.millrace.processor.alert.AlertSender;
import dev.millrace.processor.alert.AlertTiming;
import dev.millrace.processor.alert.AlertsConfig;
import dev.millrace.processor.alert.SnsAlerts;
import dev.millrace.processor.alert.Webhook;
import dev.millrace.processor.store.PgAlertQueue;
import dev.millrace.processor.store.PgAlertStock;
import dev.millrace.processor.task.Tasks;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/** What tells of anomalies, wired: a sender for each destination, and one who sees to all of it. */
final class AlertsApp {

    private final AlertsConfig config;
    private final Parts parts;
    private final List<AlertDestination> destinations = new ArrayList<>();

    /**
     * What it shares with the rest of the processor.
     *
     * @param owner this process and no other
     */
    record Parts(
            Vertx vertx,
            Pool pool,
            String owner,
            AlertMeter meter,
            Health health,
            Availability postgresql,
            InstantSource clock,
            RandomGenerator random) {}

    AlertsApp(AlertsConfig config, Optional<KinesisConfig.Credentials> credentials, Parts parts) {
        this.config = config;
        this.parts = parts;
        config.sns()
                .map(sns -> new SnsAlerts(parts.vertx, sns, credentials, config.environment()))
                .ifPresent(destinations::add);
        config.webhooks().stream()
                .map(webhook ->
                        new Webhook(parts.vertx, webhook, config.rootCertificates(), config.environment(), parts.clock))
                .forEach(destinations::add);
    }

    /** Starts its tasks, which need the tables. */
    void start(BiConsumer<String, Tasks.Program> tend) {
        tend.accept(
                "alerts",
                new AlertKeeper(
                        new PgAlertStock(parts.pool, config.routes()),
                        config.routes(),
                        parts.meter,
                        parts.health.component("alerts"),
                        parts.postgresql));
        AlertTiming timing = AlertTiming.usual(config.maxAge());
        for (AlertDestination destination : destinations) {
            String name = destination.route().destination();
            String part = "alerts-" + name;
            tend.accept(
                    part,
                    new AlertSender(
                            destination,
                            new PgAlertQueue(parts.pool, name, parts.owner, timing),
                            parts.meter,
                            new Availability(
                                    "The receiver of alerts " + name,
                                    Availability.Kind.OPTIONAL,
                                    parts.health.component(part),
                                    parts.clock),
                            parts.postgresql,
                            parts.random));
        }
    }

    /** Gives back what the destinations hold. */
    Future<?> close() {
        return Future.join(destinations.stream().map(AlertDestination::close).toList());
    }
}
