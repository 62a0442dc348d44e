package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.connect.PgPools;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.device.DeviceDirectory;
import dev.millrace.gateway.device.PgDeviceFeed;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** How long it takes to tell whose a key is, among 100,000 devices that a gateway has read from the registry, and what they take of memory. */
public final class AuthBenchmark {

    private static final int DEVICES = 100_000;
    private static final int CALLS = 2_000_000;
    private static final long LIMIT_MICROS = 1_000;
    private static final String SECRET = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /** Each has a key of its id; the secret is the same, which only the database of a benchmark may do. */
    private static final List<String> FILL = List.of("""
            INSERT INTO device (device_id, type, sensors, enabled, readings_per_second, labels)
            SELECT 'press-' || i, 'manufacturing-sensor', ARRAY['press-' || i, 'press-' || i || '.*'], true, 100, '{"hall": "3"}'
            FROM generate_series(0, %d) i
            """.formatted(DEVICES - 1), """
            INSERT INTO device_key (key_id, device_id, sha256)
            SELECT gen_random_uuid(), device_id, sha256(convert_to('mr_' || device_id || '_%s', 'UTF8')) FROM device
            """.formatted(SECRET));

    private final PrintStream out;

    public AuthBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines; answers true, since what it measures has no generator that could be late. */
    public boolean run() throws IOException, InterruptedException {
        Vertx vertx = VertxInstances.create();
        try (Child services = Child.start(
                ServicesMain.class, Child.StopSign.END_OF_INPUT, List.of(), Map.of("LOG_LEVEL", "WARN"), "1")) {
            Pool pool = PgPools.create(
                    vertx, DatabaseConfig.read(new Environment(services.settings())), "bench", 4, Map.of());
            for (String sql : FILL) {
                pool.query(sql)
                        .execute()
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
            }
            long before = JvmMemory.of(ProcessHandle.current().pid()).live();
            DeviceDirectory directory =
                    new DeviceDirectory(Duration.ofHours(1), InstantSource.system(), System::nanoTime);
            Availability availability = new Availability(
                    "PostgreSQL",
                    Availability.Kind.NEEDED_AT_START,
                    new Health("bench").component("postgresql"),
                    InstantSource.system());
            PgDeviceFeed feed = new PgDeviceFeed(vertx, pool, directory, availability, DEVICES, new Random(1));
            long began = System.nanoTime();
            feed.start().toCompletionStage().toCompletableFuture().join();
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            long memory = JvmMemory.of(ProcessHandle.current().pid()).live() - before;
            measure(directory);
            Histogram histogram = measure(directory);
            Line.ceiling(
                            "auth",
                            histogram.getValueAtPercentile(99) / 1e3,
                            LIMIT_MICROS,
                            "µs p99 of an authentication",
                            1,
                            List.of())
                    .print(out);
            out.printf(
                    Locale.ROOT,
                    "  %d devices read in %d ms, %d bytes each; %d authentications of random devices, p50 %.2f p99 %.2f p99.9 %.2f max %.0f µs%n",
                    directory.size(),
                    millis,
                    memory / DEVICES,
                    CALLS,
                    histogram.getValueAtPercentile(50) / 1e3,
                    histogram.getValueAtPercentile(99) / 1e3,
                    histogram.getValueAtPercentile(99.9) / 1e3,
                    histogram.getMaxValue() / 1e3);
            feed.close().toCompletionStage().toCompletableFuture().join();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
        return true;
    }

    private static Histogram measure(DeviceDirectory directory) {
        Random random = new Random(1);
        List<Credentials> keys = new ArrayList<>(DEVICES);
        for (int i = 0; i < DEVICES; i++) {
            keys.add(new Credentials.Bearer("mr_press-" + i + "_" + SECRET));
        }
        Histogram histogram = new Histogram(TimeUnit.SECONDS.toNanos(10), 3);
        for (int i = 0; i < CALLS; i++) {
            Credentials key = keys.get(random.nextInt(DEVICES));
            long start = System.nanoTime();
            Authentication answer = directory.authenticate(key);
            histogram.recordValue(System.nanoTime() - start);
            if (!(answer instanceof Authentication.Authenticated)) {
                throw new IllegalStateException("refused: " + answer);
            }
        }
        return histogram;
    }
}
