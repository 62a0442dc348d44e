package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.local.services.StartFailure;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the command line offers. */
enum LocalCommand {
    ALL("the whole platform, until Ctrl-C"),
    SERVICES("PostgreSQL, Redis and the Kinesis emulator alone, until Ctrl-C"),
    KINESIS("the Kinesis emulator alone, until Ctrl-C"),
    SIMULATE("simulated devices, publishing to GATEWAY_URL and GATEWAY_MQTT_URL until Ctrl-C"),
    REPLAY("post a CSV file (timestamp,value) to GATEWAY_URL: FILE, SENSOR, METRIC, RATE, RETRY_FOR"),
    KEY("make an API key and its entry for API_KEYS_FILE: KEY_NAME, KEY_ROLE, KEY_SENSORS"),
    DOCTOR("check whether this machine can run the platform");

    private final String description;

    LocalCommand(String description) {
        this.description = description;
    }

    /** Runs the command to its end; the result is the process's exit code. */
    int run(Environment environment, PrintStream out, PrintStream err, StopSignal stop)
            throws InvalidConfiguration, StartFailure, InterruptedException {
        return switch (this) {
            case ALL -> PlatformApp.run(environment, out, stop);
            case KINESIS -> ServicesApp.runKinesis(environment, out, stop);
            case SERVICES -> ServicesApp.run(environment, out, stop);
            case SIMULATE -> SimulateApp.run(environment, stop);
            case REPLAY -> ReplayApp.run(environment, out, err, stop);
            case KEY -> KeyApp.run(environment, out);
            case DOCTOR -> DoctorApp.run(environment, out);
        };
    }

    static Optional<LocalCommand> of(String word) {
        return Arrays.stream(values())
                .filter(command -> command.word().equals(word))
                .findFirst();
    }

    static String usage() {
        return "Usage: java -jar local.jar COMMAND\n"
                + Arrays.stream(values())
                        .map(command -> String.format(Locale.ROOT, "  %-9s %s", command.word(), command.description))
                        .collect(Collectors.joining("\n"));
    }

    /** What people type. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
