package dev.millrace.processor;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.config.OpsConfig;
import dev.millrace.core.config.RedisConfig;
import dev.millrace.processor.anomaly.RuleFile;
import dev.millrace.processor.anomaly.RuleSet;
import dev.millrace.processor.store.PartitionStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The settings of a processor.
 *
 * @param database the login that reads and writes rows
 * @param migration the login that owns the schema
 * @param maxClockAhead how far a reading's timestamp may lie ahead of its arrival
 * @param owner who this process is, for people who look at the progress of shards
 */
public record ProcessorConfig(
        DatabaseConfig database,
        DatabaseConfig migration,
        RedisConfig redis,
        KinesisConfig kinesis,
        OpsConfig ops,
        Duration maxClockAhead,
        RuleSet rules,
        String owner) {

    public static final int DEFAULT_OPS_PORT = 9091;

    /** Rows have partitions up to this many days ahead, and a clock may be wrong by some hours. */
    private static final Duration MOST_AHEAD = Duration.ofDays(PartitionStore.DAYS_AHEAD - 1);

    /** What the environment says. */
    public static ProcessorConfig read(Environment environment) {
        DatabaseConfig database = DatabaseConfig.read(environment);
        Duration maxClockAhead = environment.duration("MAX_CLOCK_AHEAD", "5m");
        if (maxClockAhead.compareTo(MOST_AHEAD) > 0) {
            environment.problem("MAX_CLOCK_AHEAD", "must be at most " + MOST_AHEAD.toDays() + "d");
        }
        return new ProcessorConfig(
                database,
                DatabaseConfig.readMigration(environment, database),
                RedisConfig.read(environment),
                KinesisConfig.read(environment),
                OpsConfig.read(environment, DEFAULT_OPS_PORT),
                maxClockAhead,
                environment.optional("RULES_FILE", ProcessorConfig::readRules).orElseGet(RuleFile::shipped),
                environment
                        .optionalText("PROCESSOR_OWNER")
                        .or(() -> environment.optionalText("HOSTNAME"))
                        .orElseGet(ProcessorConfig::hostAndProcess));
    }

    private static RuleSet readRules(String path) {
        String text;
        try {
            text = Files.readString(Path.of(path));
        } catch (IOException e) {
            throw new IllegalArgumentException("the file cannot be read as UTF-8 text", e);
        }
        return switch (RuleFile.parse(text)) {
            case RuleFile.Valid(RuleSet rules) -> rules;
            case RuleFile.Refused(List<RuleFile.Problem> problems) ->
                throw new IllegalArgumentException(
                        problems.stream().map(RuleFile.Problem::toString).collect(Collectors.joining("; ")));
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
