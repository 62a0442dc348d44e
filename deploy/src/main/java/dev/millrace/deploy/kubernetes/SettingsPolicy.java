package dev.millrace.deploy.kubernetes;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.config.OpsConfig;
import dev.millrace.core.config.ReferenceStoreConfig;
import dev.millrace.core.lifecycle.Launcher;
import dev.millrace.deploy.Finding;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.processor.ProcessorConfig;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.yaml.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a pod is told is what its program reads: gateway and processor read the rendered settings here as they would at their start, with
 * plausible values where the real ones are kept elsewhere. Of PostgreSQL, Redis and the emulator in one pod the names alone are checked.
 */
final class SettingsPolicy implements Policy {

    /** Read by the java command, not by the programs. */
    private static final String JVM_VARIABLE = "JDK_JAVA_OPTIONS";

    private static final Duration TO_SPARE = Duration.ofSeconds(10);

    private static final Set<String> OF_BOTH = Set.of(
            "ENVIRONMENT",
            "KINESIS_STREAM",
            "AWS_REGION",
            "DATABASE_URL",
            "DATABASE_USER",
            "DATABASE_PASSWORD",
            "REDIS_URL",
            "LOG_FORMAT",
            "OPS_PORT",
            "SHUTDOWN_TIMEOUT");
    private static final Set<String> OF_GATEWAY =
            Set.of("API_KEYS_FILE", "AUTH", "SHUTDOWN_DELAY", "HTTP_PORT", "MQTT_PORT");
    private static final Set<String> OF_GATEWAY_ON_AWS =
            Set.of("DATABASE_HOST", "TLS_CERT_FILE", "HTTPS_PORT", "MQTTS_PORT");
    private static final Set<String> OF_PROCESSOR = Set.of(
            "DATABASE_MIGRATION_USER",
            "DATABASE_MIGRATION_PASSWORD",
            "DATABASE_GATEWAY_PASSWORD",
            "RULES_FILE",
            "MEMBERSHIP",
            "POD_UID");
    private static final Set<String> OF_PROCESSOR_ON_AWS = Set.of("DATABASE_HOST");

    /** What a start found, and what it would listen on. */
    private record Start(Environment environment, OpsConfig operations, Map<String, Integer> ports, String database) {}

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (Workload workload : rendering.workloads().toList()) {
            Settings settings = Settings.of(workload);
            findings.addAll(settings.problems());
            Optional<Program> program = workload.program();
            if (program.isEmpty()) {
                findings.add(workload.container().wrong("image", "is none of millrace-gateway, -processor and -local"));
            } else if (program.get() == Program.LOCAL) {
                localNames(rendering, settings, findings);
            } else {
                service(workload, program.get(), settings, findings);
            }
        }
        return findings.stream();
    }

    private static void service(Workload workload, Program program, Settings settings, List<Finding> findings)
            throws IOException {
        Set<String> needed = needed(program, workload.rendering().isLocal());
        needed.stream()
                .filter(name -> settings.value(name).isEmpty())
                .sorted()
                .forEach(name -> findings.add(
                        workload.container().wrong("env[" + name + "]", "must be set for the " + workload.name())));
        worth(workload, program, settings, findings);
        if (!settings.value("ENVIRONMENT").equals(workload.rendering().environment())) {
            // said above; each name that follows from it would be wrong with it
            return;
        }

        Path folder = Files.createTempDirectory("millrace-settings");
        try {
            MountedFiles files = MountedFiles.of(workload, folder);
            Map<String, String> variables = new HashMap<>();
            settings.all().forEach((name, setting) -> variables.put(name, files.here(setting.value())));
            variables.put("KUBERNETES_SERVICE_HOST", "172.20.0.1");
            Start start = start(program, workload.rendering().environment(), variables);
            unknown(start.environment, settings, findings);
            List<String> problems = problems(start.environment);
            for (String problem : problems) {
                String name = problem.substring(0, problem.indexOf(':'));
                String what = problem.substring(name.length() + 2);
                Settings.Setting setting = settings.all().get(name);
                if (setting != null) {
                    findings.add(setting.wrong(what));
                } else if (!needed.contains(name)) {
                    findings.add(workload.container().wrong("env[" + name + "]", what));
                }
            }
            if (problems.isEmpty()) {
                ports(workload, start, findings);
                grace(workload, start.operations, findings);
                database(workload, settings, start.database, findings);
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Set<String> needed(Program program, boolean local) {
        Set<String> needed = new HashSet<>(OF_BOTH);
        boolean gateway = program == Program.GATEWAY;
        needed.addAll(gateway ? OF_GATEWAY : OF_PROCESSOR);
        if (!local) {
            needed.addAll(gateway ? OF_GATEWAY_ON_AWS : OF_PROCESSOR_ON_AWS);
        }
        return needed;
    }

    /** Values that any program would take, and that would be wrong here. */
    private static void worth(Workload workload, Program program, Settings settings, List<Finding> findings) {
        String environment = workload.rendering().environment();
        Map<String, String> expected = new HashMap<>(Map.of(
                "ENVIRONMENT",
                environment,
                "KINESIS_STREAM",
                "sensor-data-stream-" + environment,
                "LOG_FORMAT",
                "json"));
        if (program == Program.PROCESSOR) {
            expected.put("MEMBERSHIP", "kubernetes");
        } else {
            expected.put("AUTH", "required");
            if (!workload.rendering().isLocal()) {
                expected.put("HTTP_PORT", "off");
                expected.put("MQTT_PORT", "off");
            }
        }
        expected.forEach((name, value) -> {
            Settings.Setting setting = settings.all().get(name);
            if (setting != null
                    && !setting.value().isEmpty()
                    && !setting.value().equals(value)
                    && (name.equals("ENVIRONMENT")
                            || settings.value("ENVIRONMENT").equals(environment))) {
                findings.add(setting.wrong("must be " + value + ", and is " + setting.value()));
            }
        });
    }

    /** A processor that starts with a mistake in them goes by those that are stored: here it is found before. */
    private static void checkRules(ProcessorConfig config, Environment settings) {
        try {
            if (RuleFile.parse(config.rules().read()) instanceof RuleFile.Refused(List<Problem> problems)) {
                settings.problem(
                        "RULES_FILE", problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
            }
        } catch (IOException e) {
            settings.problem("RULES_FILE", "the file cannot be read as UTF-8 text");
        }
    }

    private static Start start(Program program, String environment, Map<String, String> variables) {
        var settings = new Environment(variables, _ -> new StackReferences(environment));
        Launcher.readLogging(settings);
        if (program == Program.PROCESSOR) {
            ProcessorConfig config = ProcessorConfig.read(settings);
            checkRules(config, settings);
            return new Start(
                    settings,
                    config.ops(),
                    Map.of("ops", config.ops().port()),
                    config.database().host());
        }
        GatewayConfig config = GatewayConfig.read(settings);
        Map<String, Integer> ports = new HashMap<>(Map.of("ops", config.ops().port()));
        config.http().port().ifPresent(port -> ports.put("http", port));
        config.http().tlsPort().ifPresent(port -> ports.put("https", port));
        config.mqtt().port().ifPresent(port -> ports.put("mqtt", port));
        config.mqtt().tlsPort().ifPresent(port -> ports.put("mqtts", port));
        config.mqtt().webSocketPort().ifPresent(port -> ports.put("mqtt-ws", port));
        return new Start(settings, config.ops(), ports, config.database().host());
    }

    private static List<String> problems(Environment environment) {
        try {
            environment.check();
            return List.of();
        } catch (InvalidConfiguration e) {
            return String.valueOf(e.getMessage())
                    .lines()
                    .skip(1)
                    .map(String::strip)
                    .filter(line -> line.indexOf(": ") > 0)
                    .toList();
        }
    }

    private static void unknown(Environment environment, Settings settings, List<Finding> findings) {
        Set<String> known = new HashSet<>(environment.asked().keySet());
        var store = new Environment(Map.of());
        ReferenceStoreConfig.read(store);
        known.addAll(store.asked().keySet());
        known.add(JVM_VARIABLE);
        settings.all().values().stream()
                .filter(setting -> !known.contains(setting.name()))
                .forEach(setting -> findings.add(setting.wrongName("is none of the settings that the program reads")));
    }

    /** The ports of a container and those that its program would listen on are the same, by name and by number. */
    private static void ports(Workload workload, Start start, List<Finding> findings) {
        Map<String, Integer> missing = new HashMap<>(start.ports);
        workload.container().items("ports").forEach(port -> {
            Integer expected = missing.remove(port.text("name"));
            if (expected == null) {
                findings.add(port.wrong("name", "by its settings the program opens no such port"));
            } else if (!expected.toString().equals(port.text("containerPort"))) {
                findings.add(port.wrong("containerPort", "by its settings the program listens on " + expected));
            }
        });
        missing.forEach((name, port) -> findings.add(
                workload.container().wrong("ports", "must have " + name + ", " + port + ", which the program opens")));
    }

    private static void grace(Workload workload, OpsConfig operations, List<Finding> findings) {
        String field = "terminationGracePeriodSeconds";
        String seconds = workload.pod().text(field);
        Duration needed = operations.shutdownTimeout().plus(TO_SPARE);
        if (!seconds.matches("[0-9]{1,6}")
                || Duration.ofSeconds(Long.parseLong(seconds)).compareTo(needed) < 0) {
            findings.add(workload.pod()
                    .wrong(field, "must be " + needed.toSeconds() + " or more: SHUTDOWN_TIMEOUT and some to spare"));
        }
        if (workload.container().has("lifecycle", "preStop")) {
            findings.add(workload.container()
                    .wrong("lifecycle.preStop", "must not be there: SHUTDOWN_DELAY waits, and tells the clients"));
        }
    }

    private static void database(Workload workload, Settings settings, String host, List<Finding> findings) {
        if (host.equals("localhost") || host.endsWith(".invalid")) {
            findings.add(workload.container()
                    .wrong("env[DATABASE_HOST]", "must be set: the host in DATABASE_URL is " + host));
        }
        if (!workload.rendering().isLocal() && !settings.value("DATABASE_URL").contains("sslmode=verify-full")) {
            Settings.Setting url = settings.all().get("DATABASE_URL");
            findings.add(
                    url == null
                            ? workload.container().wrong("env[DATABASE_URL]", "must be set")
                            : url.wrong("must have sslmode=verify-full"));
        }
    }

    /** The programs of {@code local} are not at hand here; the README's table, which their own test holds against them, is. */
    private static void localNames(Rendering rendering, Settings settings, List<Finding> findings) throws IOException {
        Path readme = rendering.tree().resolve("README.md");
        if (!Files.isRegularFile(readme)) {
            return;
        }
        Set<String> known = new HashSet<>(Set.of(JVM_VARIABLE));
        Pattern.compile("(?m)^\\| `([A-Z][A-Z0-9_]*)` \\| [A-Z ]*\\bL\\b")
                .matcher(Files.readString(readme))
                .results()
                .forEach(row -> known.add(row.group(1)));
        settings.all().values().stream()
                .filter(setting -> !known.contains(setting.name()))
                .forEach(setting -> findings.add(setting.wrongName("is none of the README's settings of local.jar")));
    }
}
