package dev.millrace.bench.load;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.local.kinesis.EmulatorConfig;
import dev.millrace.local.kinesis.KinesisEmulator;
import dev.millrace.local.kinesis.store.Limits;
import dev.millrace.local.services.LocalPostgres;
import dev.millrace.local.services.LocalRedis;
import dev.millrace.local.services.LocalService;
import dev.millrace.local.services.LocalServices;
import dev.millrace.local.services.RunDirectory;
import dev.millrace.processor.store.FlywayMigrations;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a gateway or a processor needs: PostgreSQL with the schema, Redis, and a Kinesis emulator, without limits unless told. Prints the settings that lead there, and ends when its standard input does.
 */
public final class ServicesMain {

    public static final String STREAM = "bench";

    /** The argument for a shard that takes and gives what it does in AWS; else there are no limits. */
    public static final String AWS_LIMITS = "aws";

    private ServicesMain() {}

    /** The arguments: how many shards the stream has, and perhaps {@link #AWS_LIMITS}. */
    public static void main(String[] args) throws Exception {
        Limits limits = args.length > 1 && args[1].equals(AWS_LIMITS) ? Limits.aws() : Limits.none();
        Vertx vertx = VertxInstances.create();
        try (var directory = RunDirectory.open();
                var services = LocalServices.start(List.of(
                        () -> LocalPostgres.start(
                                0, directory.resolve("postgresql"), LocalPostgres.binaries(directory)),
                        () -> LocalRedis.start(0, directory.resolve("redis"))))) {
            // one login for all that is measured: the owner's
            Map<String, String> settings = new HashMap<>(services.settings());
            settings.put(
                    "DATABASE_URL",
                    Objects.requireNonNull(
                            services.settings(LocalService.Program.PROCESSOR).get("DATABASE_MIGRATION_URL")));
            migrate(settings);
            KinesisEmulator emulator = KinesisEmulator.start(
                            vertx,
                            EmulatorConfig.defaults()
                                    .withPort(0)
                                    .withLimits(limits)
                                    .withStream(STREAM, Integer.parseInt(args[0])))
                    .await();
            settings.put("AWS_ENDPOINT_URL_KINESIS", emulator.endpoint().toString());
            settings.put("KINESIS_STREAM", STREAM);
            settings.forEach((name, value) -> System.out.println(name + "=" + value));
            System.out.println(Child.READY);
            while (System.in.read() >= 0) {
                // nothing is said here: the end is the sign
            }
            emulator.close().await();
        } finally {
            vertx.close().await();
        }
    }

    private static void migrate(Map<String, String> settings) {
        switch (new FlywayMigrations(DatabaseConfig.read(new Environment(settings))).migrate()) {
            case FlywayMigrations.UpToDate _ -> {}
            case FlywayMigrations.Failed(String reason) -> throw new IllegalStateException(reason);
        }
    }
}
