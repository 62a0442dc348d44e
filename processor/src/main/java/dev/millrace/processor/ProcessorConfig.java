package dev.millrace.processor;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.FanOutConfig;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.config.OpsConfig;
import dev.millrace.core.config.RedisConfig;
import dev.millrace.processor.alert.AlertsConfig;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.ownership.MembershipConfig;
import dev.millrace.processor.rules.RuleSource;
import dev.millrace.processor.rules.RuleText;
import dev.millrace.processor.store.PartitionStore;
import dev.millrace.processor.store.StartPosition;
import dev.millrace.processor.yaml.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The settings of a processor.
 *
 * @param database the login that reads and writes rows
 * @param migration the login that owns the schema
 * @param firstLogins the roles that log in with these passwords from their first migration on; none: somebody else lets them in
 * @param maxClockAhead how far a reading's timestamp may lie ahead of its arrival
 * @param rules those that it offers; others may have stored newer ones
 * @param membership how it knows of the other processes of the stream
 * @param start where the reading of a stream begins that has never been read
 * @param retentionDays history that is older is dropped; empty: it is kept for ever
 * @param owner this process and no other, before or after it; it begins with a name for people who look at the progress of
 *     shards
 */
public record ProcessorConfig(
        DatabaseConfig database,
        DatabaseConfig migration,
        List<DatabaseLogin> firstLogins,
        RedisConfig redis,
        KinesisConfig kinesis,
        FanOutConfig fanOut,
        OpsConfig ops,
        Duration maxClockAhead,
        Rules rules,
        AlertsConfig alerts,
        MembershipConfig membership,
        StartPosition start,
        OptionalInt retentionDays,
        String owner) {

    /**
     * The rules at the start, and where others may come from.
     *
     * @param text as it was at the start
     */
    public record Rules(RuleSource source, RuleText text) {

        private static final Rules SHIPPED = new Rules(RuleSource.shipped(), RuleText.shipped());
    }

    public static final int DEFAULT_OPS_PORT = 9091;

    /** The roles that the migrations make. */
    private static final String GATEWAY_ROLE = "millrace_gateway";

    private static final String PROCESSOR_ROLE = "millrace_processor";

    /** Rows have partitions up to this many days ahead, and a clock may be wrong by some hours. */
    private static final Duration MOST_AHEAD = Duration.ofDays(PartitionStore.DAYS_AHEAD - 1);

    /** What {@code drop_oldest_day_partition} takes: a hundred years. */
    private static final int MOST_DAYS = 36_500;

    /** What the environment says. */
    public static ProcessorConfig read(Environment environment) {
        DatabaseConfig database = DatabaseConfig.read(environment);
        Duration maxClockAhead = environment.duration("MAX_CLOCK_AHEAD", "5m");
        if (maxClockAhead.compareTo(MOST_AHEAD) > 0) {
            environment.problem("MAX_CLOCK_AHEAD", "must be at most " + MOST_AHEAD.toDays() + "d");
        }
        KinesisConfig kinesis = KinesisConfig.read(environment);
        return new ProcessorConfig(
                database,
                DatabaseConfig.readMigration(environment, database),
                readFirstLogins(environment, database),
                RedisConfig.read(environment),
                kinesis,
                FanOutConfig.read(environment, kinesis.stream()),
                OpsConfig.read(environment, DEFAULT_OPS_PORT),
                maxClockAhead,
                environment.optional("RULES_FILE", ProcessorConfig::readRules).orElse(Rules.SHIPPED),
                AlertsConfig.read(environment),
                MembershipConfig.read(environment),
                readStart(environment),
                environment
                        .optional("RETENTION_DAYS", ProcessorConfig::readDays)
                        .map(OptionalInt::of)
                        .orElseGet(OptionalInt::empty),
                environment
                                .optionalText("PROCESSOR_OWNER")
                                .or(() -> environment.optionalText("HOSTNAME"))
                                .orElseGet(ProcessorConfig::hostAndProcess)
                        + "/"
                        + incarnation());
    }

    /** The gateway's role, and the processor's own where it logs in as that. */
    private static List<DatabaseLogin> readFirstLogins(Environment environment, DatabaseConfig own) {
        return environment
                .optionalText("DATABASE_GATEWAY_PASSWORD")
                .map(password -> new DatabaseLogin(GATEWAY_ROLE, password))
                .map(gateway -> own.user().equals(PROCESSOR_ROLE) ? List.of(gateway, own.login()) : List.of(gateway))
                .orElseGet(List::of);
    }

    private static StartPosition readStart(Environment environment) {
        String text = environment.text("STREAM_START", "TRIM_HORIZON");
        return switch (text) {
            case "TRIM_HORIZON" -> new StartPosition.TrimHorizon();
            case "LATEST" -> new StartPosition.Latest();
            default -> {
                try {
                    Instant instant = OffsetDateTime.parse(text).toInstant();
                    if (!instant.isBefore(Instant.EPOCH)) {
                        yield new StartPosition.At(ChronoUnit.MICROS.between(Instant.EPOCH, instant));
                    }
                } catch (DateTimeParseException _) {
                    // said below
                }
                environment.problem(
                        "STREAM_START",
                        "must be TRIM_HORIZON, LATEST or a time with its offset such as 2026-11-20T00:00:00Z");
                yield new StartPosition.TrimHorizon();
            }
        };
    }

    private static int readDays(String text) {
        if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > MOST_DAYS) {
            throw new IllegalArgumentException("must be a whole number of days from 1 to " + MOST_DAYS);
        }
        return Integer.parseInt(text);
    }

    /** A process that is started again must not take what its predecessor holds for its own. */
    private static String incarnation() {
        return HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    }

    private static Rules readRules(String path) {
        String text;
        try {
            text = Files.readString(Path.of(path));
        } catch (IOException e) {
            throw new IllegalArgumentException("the file cannot be read as UTF-8 text", e);
        }
        return switch (RuleFile.parse(text)) {
            case RuleFile.Valid(RuleSet rules) -> new Rules(RuleSource.file(Path.of(path)), new RuleText(text, rules));
            case RuleFile.Refused(List<Problem> problems) ->
                throw new IllegalArgumentException(
                        problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        };
    }

    private static String hostAndProcess() {
        long process = ProcessHandle.current().pid();
        try {
            return InetAddress.getLocalHost().getHostName() + "-" + process;
        } catch (UnknownHostException _) {
            return "processor-" + process;
        }
    }
}
