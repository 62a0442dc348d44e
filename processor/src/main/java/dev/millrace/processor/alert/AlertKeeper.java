package dev.millrace.processor.alert;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells how it stands with alerts, and has those deleted that have been over for long. */
public final class AlertKeeper implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(AlertKeeper.class);

    static final long LOOK_MILLIS = 15_000;
    private static final long CLEAN_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long RETRY_MILLIS = 1_000;
    private static final String PART = "alerts";

    private final AlertStock stock;
    private final List<AlertRoute> routes;
    private final AlertMeter meter;
    private final Health.Component component;
    private final Availability postgresql;

    /** @param component how alerts stand; it is always up, since readings are stored whoever can be told */
    public AlertKeeper(
            AlertStock stock,
            List<AlertRoute> routes,
            AlertMeter meter,
            Health.Component component,
            Availability postgresql) {
        this.stock = stock;
        this.routes = routes;
        this.meter = meter;
        this.component = component;
        this.postgresql = postgresql;
        component.up("not looked at yet");
    }

    @Override
    public void run(Waits waits) {
        // not at once: there is enough to do at a start
        long cleanAt = waits.nanos() + CLEAN_NANOS;
        while (!waits.stopRequested()) {
            boolean works = note(stock.look());
            if (works && waits.nanos() - cleanAt >= 0) {
                works = note(stock.clean());
                cleanAt = waits.nanos() + CLEAN_NANOS;
            }
            waits.pause(works ? LOOK_MILLIS : RETRY_MILLIS);
        }
        stock.close();
    }

    private boolean note(AlertStock.Answer answer) {
        return switch (answer) {
            case AlertStock.Looked looked -> {
                postgresql.worked(PART);
                for (AlertDestination.Kind kind : AlertDestination.Kind.values()) {
                    AlertStock.Waiting waiting = waiting(looked, name -> AlertRoute.kindOf(name) == kind);
                    meter.waiting(kind, waiting.alerts(), waiting.oldestSeconds());
                }
                component.up(text(looked));
                yield true;
            }
            case AlertStock.Cleaned(long alerts) -> {
                if (alerts > 0) {
                    LOG.info("Deleted {} alerts that have been over for long", alerts);
                }
                yield true;
            }
            case AlertStock.Away(String reason) -> {
                postgresql.failed(PART, "alerts cannot be looked at: " + reason);
                yield false;
            }
        };
    }

    private static AlertStock.Waiting waiting(AlertStock.Looked looked, Predicate<String> destination) {
        return looked.waiting().entrySet().stream()
                .filter(entry -> destination.test(entry.getKey()))
                .map(Map.Entry::getValue)
                .reduce(AlertStock.Waiting.NOTHING, AlertStock.Waiting::with);
    }

    private String text(AlertStock.Looked looked) {
        if (routes.isEmpty()) {
            return "nobody is told: neither a topic nor webhooks are set";
        }
        String told = "told: " + routes.stream().map(AlertRoute::destination).collect(Collectors.joining(", "));
        AlertStock.Waiting all = waiting(looked, _ -> true);
        String waiting = all.alerts() == 0
                ? ""
                : "; %d wait, the oldest for %d s".formatted(all.alerts(), (long) all.oldestSeconds());
        return told + waiting + dead(looked.dead());
    }

    private static String dead(Map<String, Long> dead) {
        return dead.isEmpty()
                ? ""
                : "; given up: "
                        + new TreeMap<>(dead)
                                .entrySet().stream()
                                        .map(entry -> entry.getValue() + " to " + entry.getKey())
                                        .collect(Collectors.joining(", "));
    }
}
