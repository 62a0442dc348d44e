package dev.millrace.deploy.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.DeployMain;
import dev.millrace.deploy.Finding;
import dev.millrace.deploy.ProgramMissing;
import dev.millrace.deploy.Project;
import dev.millrace.deploy.TreeCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code k8s/} is made into has no mistake, and each that somebody could make is found, with the file and the field to mend.
 * It is long because the mistakes are listed.
 */
class KubernetesCheckTest {

    private static final String WITHOUT = "there is neither kubectl 1.27 nor kustomize 5 on the PATH";

    static boolean canRender() {
        try {
            Kustomize.ofThisMachine();
            return true;
        } catch (ProgramMissing _) {
            return false;
        }
    }

    /**
     * A mistake.
     *
     * @param overlay the environment in which it is looked for
     * @param file where it is made, below {@code k8s/}
     * @param pattern what is changed there, the first place
     * @param replacement what it is changed to
     * @param found the file that must be named, below {@code k8s/}
     * @param field what the field's name and the problem must contain
     */
    private record Mistake(
            String what, String overlay, String file, String pattern, String replacement, String found, String field) {

        /** In a file of the base, found there. */
        static Mistake inBase(String what, String file, String pattern, String replacement, String field) {
            return new Mistake(what, "dev", "base/" + file, pattern, replacement, "base/" + file, field);
        }

        static Mistake in(String file, String what, String pattern, String replacement, String field) {
            return new Mistake(what, "dev", file, pattern, replacement, file, field);
        }

        /** The same, which shows elsewhere. */
        Mistake foundIn(String other, String otherField) {
            return new Mistake(what, overlay, file, pattern, replacement, other, otherField);
        }

        boolean isAmong(List<Finding> findings) {
            return findings.stream()
                    .anyMatch(finding -> finding.file().equals("k8s/" + found)
                            && (finding.field() + ": " + finding.problem()).contains(field));
        }

        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                Mistake.in(
                        "cluster/deployer.yaml",
                        "a workflow that may grant less than the processor's Role",
                        "verbs: \\[get, list, create, update, delete]",
                        "verbs: [get, list, create, update]",
                        "ClusterRole iot-deploy: rules"),
                Mistake.in(
                        "cluster/deployer.yaml",
                        "a workflow that may do everything",
                        "resources: \\[namespaces]",
                        "resources: [namespaces, secrets]",
                        "ClusterRole iot-deploy: rules"),
                Mistake.in(
                        "cluster/deployer.yaml",
                        "rights of the workflow for another group",
                        "kind: Group\n    name: iot-deploy",
                        "kind: Group\n    name: iot-deployers",
                        "ClusterRoleBinding iot-deploy: subjects"),
                Mistake.in(
                        "cluster/deployer.yaml",
                        "rights of the workflow for one namespace that cannot be made",
                        "resources: \\[namespaces]",
                        "resources: [namespaces]\n    resourceNames: [iot-dev]",
                        "ClusterRole iot-deploy: rules[2].resourceNames"),
                Mistake.in(
                        "cluster/deployer.yaml",
                        "another binding to the whole cluster",
                        "kind: ClusterRoleBinding\nmetadata:\n  name: iot-deploy",
                        "kind: ClusterRoleBinding\nmetadata:\n  name: iot-admin",
                        "ClusterRoleBinding iot-admin: metadata.name"),
                Mistake.in(
                        "cluster/kustomization.yaml",
                        "a workflow that cannot make roles",
                        " *- deployer.yaml\n",
                        "",
                        "resources"),
                Mistake.inBase(
                        "a misspelt field",
                        "gateway/deployment.yaml",
                        "terminationGracePeriodSeconds",
                        "terminationGracePeriodSecond",
                        "Deployment gateway: spec.template.spec.terminationGracePeriodSecond"),
                Mistake.inBase(
                        "a number in quotation marks",
                        "processor/deployment.yaml",
                        "failureThreshold: 30",
                        "failureThreshold: \"30\"",
                        "containers[processor].startupProbe.failureThreshold"),
                new Mistake(
                        "a quantity that is none, in a patch",
                        "prod",
                        "overlays/prod/kustomization.yaml",
                        "requests/cpu, value: \"1\"",
                        "requests/cpu, value: much",
                        "overlays/prod/kustomization.yaml",
                        "containers[gateway].resources.requests.cpu"),
                Mistake.inBase(
                        "a missing variable",
                        "processor/deployment.yaml",
                        ".*name: DATABASE_PASSWORD.*\n",
                        "",
                        "env[DATABASE_PASSWORD]"),
                Mistake.inBase(
                        "a variable that no program reads",
                        "gateway/kustomization.yaml",
                        "LOG_FORMAT=",
                        "LOG_FROMAT=",
                        "ConfigMap gateway-settings: data.LOG_FROMAT"),
                Mistake.inBase(
                        "a setting with a wrong value",
                        "gateway/kustomization.yaml",
                        "SHUTDOWN_TIMEOUT=65s",
                        "SHUTDOWN_TIMEOUT=45s",
                        "ConfigMap gateway-settings: data.SHUTDOWN_TIMEOUT"),
                Mistake.inBase(
                        "a variable that refers to one that is not above it",
                        "gateway/deployment.yaml",
                        "db/endpoint",
                        "\\$(DATABASE_USER)",
                        "env[DATABASE_HOST].value"),
                Mistake.inBase(
                        "a wrong port",
                        "gateway/deployment.yaml",
                        "containerPort: 8883",
                        "containerPort: 8884",
                        "ports[mqtts].containerPort"),
                Mistake.inBase(
                        "a probe of a port that is not there",
                        "gateway/deployment.yaml",
                        "health/live, port: ops",
                        "health/live, port: opps",
                        "startupProbe.httpGet.port"),
                Mistake.inBase(
                        "missing limits",
                        "gateway/deployment.yaml",
                        " *limits: .*\n",
                        "",
                        "containers[gateway].resources.limits.memory"),
                Mistake.inBase(
                        "a container as root",
                        "processor/deployment.yaml",
                        " *runAsNonRoot: true\n",
                        "",
                        "Deployment processor: spec.template.spec.securityContext.runAsNonRoot"),
                Mistake.inBase(
                        "a processor without its token",
                        "processor/deployment.yaml",
                        "automountServiceAccountToken: true",
                        "automountServiceAccountToken: false",
                        "automountServiceAccountToken"),
                Mistake.inBase(
                        "a processor that may not give its Lease back",
                        "processor/leases.yaml",
                        ", delete\\]",
                        "]",
                        "Role processor-leases: rules[0].verbs"),
                Mistake.inBase(
                        "a processor that takes its namespace for its name",
                        "processor/deployment.yaml",
                        "fieldPath: metadata.name}",
                        "fieldPath: metadata.namespace}",
                        "env[POD_NAME].valueFrom.fieldRef.fieldPath"),
                Mistake.inBase(
                        "rights of nobody",
                        "gateway/deployment.yaml",
                        "serviceAccountName: gateway",
                        "serviceAccountName: default",
                        "spec.template.spec.serviceAccountName"),
                Mistake.inBase(
                        "rules of which a change would roll the pods",
                        "processor/kustomization.yaml",
                        "disableNameSuffixHash: true",
                        "disableNameSuffixHash: false",
                        "ConfigMap processor-rules"),
                Mistake.inBase(
                                "a rule of anomalies that cannot be",
                                "processor/rules.yaml",
                                "severity: warning",
                                "severity: loud",
                                "")
                        .foundIn("base/processor/kustomization.yaml", "data.RULES_FILE"),
                Mistake.inBase(
                        "pods that are spread without regard to the roll-out",
                        "gateway/deployment.yaml",
                        " *matchLabelKeys: .*\n",
                        "",
                        "topologySpreadConstraints[0].matchLabelKeys"),
                Mistake.inBase(
                        "less time than a stop takes",
                        "processor/deployment.yaml",
                        "terminationGracePeriodSeconds: 40",
                        "terminationGracePeriodSeconds: 30",
                        "terminationGracePeriodSeconds"),
                Mistake.inBase(
                        "a budget that selects nothing",
                        "processor/pod-disruption-budget.yaml",
                        "name: processor\n$",
                        "name: procesor\n",
                        "PodDisruptionBudget processor: spec.selector.matchLabels"),
                Mistake.inBase(
                        "another environment's secret",
                        "gateway/deployment.yaml",
                        "secret:iot-db-gateway-\\$\\(ENVIRONMENT\\)",
                        "secret:iot-db-gateway-prod",
                        "env[DATABASE_USER].value"),
                Mistake.inBase(
                        "a Secret that nobody makes",
                        "gateway/deployment.yaml",
                        "secretName: gateway-tls",
                        "secretName: gateway-tsl",
                        "volumes[tls].secret.secretName"),
                Mistake.inBase(
                        "a file that no volume brings",
                        "gateway/kustomization.yaml",
                        "TLS_KEY_FILE=/etc/millrace/tls/tls.key",
                        "TLS_KEY_FILE=/etc/millrace/tls/key.pem",
                        "data.TLS_KEY_FILE"),
                Mistake.inBase(
                                "pods that nobody may reach",
                                "network-policies.yaml",
                                "---\n# Devices, from anywhere(?s:.*?)(?=---)",
                                "",
                                "")
                        .foundIn("base/gateway/deployment.yaml", "containers[gateway].ports[https].containerPort"),
                Mistake.inBase(
                        "a port of operations that is open to anybody",
                        "network-policies.yaml",
                        "port: 8883",
                        "port: 9090",
                        "NetworkPolicy gateway-devices: spec.ingress[0].ports[1].port"),
                Mistake.inBase(
                                "a network that is allowed by default",
                                "network-policies.yaml",
                                "policyTypes: \\[Ingress, Egress\\]",
                                "policyTypes: [Ingress]",
                                "")
                        .foundIn("overlays/dev/kustomization.yaml", "resources"),
                Mistake.inBase(
                        "a load balancer that asks elsewhere whether a gateway is ready",
                        "gateway/service.yaml",
                        "healthcheck-port: \"9090\"",
                        "healthcheck-port: \"8443\"",
                        "aws-load-balancer-healthcheck-port"),
                Mistake.inBase(
                        "a door without TLS",
                        "gateway/kustomization.yaml",
                        "HTTP_PORT=off",
                        "HTTP_PORT=8080",
                        "data.HTTP_PORT"),
                Mistake.inBase(
                        "replicas beside an autoscaler",
                        "gateway/deployment.yaml",
                        "revisionHistoryLimit: 3",
                        "revisionHistoryLimit: 3\n  replicas: 2",
                        "Deployment gateway: spec.replicas"),
                Mistake.in(
                        "overlays/dev/kustomization.yaml",
                        "an image of no version",
                        "newTag: unset",
                        "newTag: latest",
                        "images[millrace-gateway]"),
                Mistake.in(
                        "overlays/dev/kustomization.yaml",
                        "no image at all",
                        "  - name: millrace-processor\n    newTag: unset\n",
                        "",
                        "images[millrace-processor]"),
                Mistake.in(
                        "overlays/dev/kustomization.yaml",
                        "a login in Git",
                        "configMapGenerator:",
                        "secretGenerator:\n  - name: login\n    literals: [password=secret]\nconfigMapGenerator:",
                        "Secret login"),
                new Mistake(
                        "another environment's stream",
                        "staging",
                        "base/processor/deployment.yaml",
                        "sensor-data-stream-\\$\\(ENVIRONMENT\\)",
                        "sensor-data-stream-dev",
                        "base/processor/deployment.yaml",
                        "env[KINESIS_STREAM].value"),
                Mistake.in(
                        "components/monitoring/alerts.yaml",
                        "an alert on a metric that there is not",
                        "millrace_processor_gaps_total",
                        "millrace_processor_gap_total",
                        "PrometheusRule millrace: spec.groups[millrace].rules[0].expr"),
                Mistake.in(
                        "components/monitoring/pod-monitor.yaml",
                        "metrics of a port that is not there",
                        "port: ops",
                        "port: metrics",
                        "podMetricsEndpoints[0].port"),
                Mistake.in(
                        "components/keda/scaled-object.yaml",
                        "a misspelt field of a custom resource",
                        "pollingInterval",
                        "polingInterval",
                        "ScaledObject processor: spec.polingInterval"),
                Mistake.in(
                                "components/keda/kustomization.yaml",
                                "two autoscalers for one Deployment",
                                "patches:(?s:.*?)\\$patch: delete\n",
                                "",
                                "")
                        .foundIn("components/keda/scaled-object.yaml", "ScaledObject processor: spec.scaleTargetRef"),
                new Mistake(
                        "a mistake in a patch of the local overlay",
                        "local",
                        "overlays/local/gateway.yaml",
                        "name: DATABASE_USER",
                        "name: DATABASE_USR",
                        "overlays/local/gateway.yaml",
                        "env[DATABASE_USR].name"));
    }

    /** Mistakes that leave one another alone, so that all of an overlay are made in one copy: that is quicker. */
    static Stream<Mistake> mistakesApart() {
        return Stream.of(
                Mistake.inBase(
                        "a store's port that is not the store's",
                        "network-policies.yaml",
                        "port: 6379",
                        "port: 6380",
                        "NetworkPolicy dependencies: spec.egress: does not let it through: gateway must reach TCP 6379"),
                Mistake.inBase(
                        "names that nobody answers",
                        "network-policies.yaml",
                        "protocol: UDP, port: 53",
                        "protocol: UDP, port: 54",
                        "NetworkPolicy dns: spec.egress: does not let it through: processor must reach UDP 53"),
                Mistake.inBase(
                        "credentials that nobody hands out",
                        "network-policies.yaml",
                        "169.254.170.23/32",
                        "169.254.170.32/32",
                        "NetworkPolicy dependencies: spec.egress: does not let it through: gateway must reach TCP 80"),
                Mistake.inBase(
                        "metrics that nobody may read",
                        "network-policies.yaml",
                        "name: amazon-cloudwatch",
                        "name: amazon-cloudwach",
                        "NetworkPolicy operations: spec.ingress: does not let it through: amazon-cloudwatch"),
                new Mistake(
                        "a port of the machine's stores that is not theirs",
                        "local",
                        "overlays/local/network-policies.yaml",
                        "name: services\n      ports:\n        - \\{protocol: TCP, port: 15432",
                        "name: services\n      ports:\n        - {protocol: TCP, port: 5432",
                        "overlays/local/network-policies.yaml",
                        "NetworkPolicy local-dependencies: spec.egress: does not let it through: gateway must reach TCP 15432"),
                new Mistake(
                        "an API of the cluster that is not reached",
                        "local",
                        "overlays/local/network-policies.yaml",
                        "6443\\}",
                        "443}",
                        "base/network-policies.yaml",
                        "NetworkPolicy dependencies: spec.egress: does not let it through: processor must reach TCP 6443"),
                Mistake.in(
                        "cluster/network-policy-controller.yaml",
                        "network policies that nobody enforces",
                        "enable-network-policy-controller",
                        "enable-network-policy-controler",
                        "ConfigMap amazon-vpc-cni: data"),
                Mistake.inBase(
                        "keys that the gateway may not read",
                        "gateway/deployment.yaml",
                        " *fsGroup: 10001\n",
                        "",
                        "Deployment gateway: spec.template.spec.securityContext.fsGroup"),
                new Mistake(
                        "a Secret of the machine under another name",
                        "local",
                        "overlays/local/kustomization.yaml",
                        "name: gateway-keys",
                        "name: gateway-key",
                        "base/gateway/deployment.yaml",
                        "volumes[keys].secret.secretName"),
                new Mistake(
                        "a Service of the machine at another port",
                        "local",
                        "overlays/local/services.yaml",
                        "name: redis, port: 16379",
                        "name: redis, port: 6379",
                        "overlays/local/kustomization.yaml",
                        "ConfigMap processor-settings: data.REDIS_URL"),
                new Mistake(
                        "another environment's name",
                        "prod",
                        "overlays/prod/kustomization.yaml",
                        "ENVIRONMENT=prod",
                        "ENVIRONMENT=staging",
                        "overlays/prod/kustomization.yaml",
                        "ConfigMap environment: data.ENVIRONMENT: must be prod"),
                Mistake.inBase(
                        "a spread that there is not",
                        "gateway/deployment.yaml",
                        "whenUnsatisfiable: DoNotSchedule",
                        "whenUnsatisfiable: DoNotShedule",
                        "Deployment gateway: spec.template.spec.topologySpreadConstraints[0].whenUnsatisfiable"),
                Mistake.inBase(
                        "a spread that does not say what for",
                        "processor/deployment.yaml",
                        " *whenUnsatisfiable: DoNotSchedule\n",
                        "",
                        "Deployment processor: spec.template.spec.topologySpreadConstraints[0].whenUnsatisfiable"),
                Mistake.inBase(
                        "a value of another type's target",
                        "gateway/autoscaler.yaml",
                        "averageUtilization: 60",
                        "averageValue: 60",
                        "HorizontalPodAutoscaler gateway: spec.metrics[0].containerResource.target.averageUtilization"),
                new Mistake(
                        "more processors than shards",
                        "prod",
                        "overlays/prod/kustomization.yaml",
                        "maxReplicas, value: 10",
                        "maxReplicas, value: 40",
                        "overlays/prod/kustomization.yaml",
                        "HorizontalPodAutoscaler processor: spec.maxReplicas"),
                Mistake.inBase(
                        "megabytes in place of mebibytes",
                        "gateway/deployment.yaml",
                        "memory: 512Mi(?s:(.*?))memory: 512Mi",
                        "memory: 512M$1memory: 512M",
                        "Deployment gateway: spec.template.spec.containers[gateway].resources.limits.memory"),
                Mistake.inBase(
                        "an attribute that no load balancer has",
                        "gateway/service.yaml",
                        "deregistration_delay.timeout_seconds=",
                        "deregistration_delay.timeout_second=",
                        "must not have deregistration_delay.timeout_second,"));
    }

    static Stream<String> overlaysWithMistakes() {
        return mistakesApart().map(Mistake::overlay).distinct();
    }

    @Test
    @EnabledIf(value = "canRender", disabledReason = WITHOUT)
    void theProjectsManifestsHaveNoMistake() throws IOException {
        assertEquals(List.of(), new KubernetesCheck().findings(Project.ROOT));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    @EnabledIf(value = "canRender", disabledReason = WITHOUT)
    void aMistakeIsFoundWithTheFileAndTheFieldToMend(Mistake mistake, @TempDir Path folder) throws IOException {
        TreeCopy tree = TreeCopy.ofManifests(folder, mistake.overlay, mistake.file.startsWith("components"));
        tree.change("k8s/" + mistake.file, mistake.pattern, mistake.replacement);

        List<Finding> findings = new KubernetesCheck().findings(folder);

        assertTrue(mistake.isAmong(findings), findings::toString);
    }

    @ParameterizedTest
    @MethodSource("overlaysWithMistakes")
    @EnabledIf(value = "canRender", disabledReason = WITHOUT)
    void ofManyMistakesEachIsFoundWithTheFileAndTheFieldToMend(String overlay, @TempDir Path folder)
            throws IOException {
        List<Mistake> mistakes = mistakesApart()
                .filter(mistake -> mistake.overlay.equals(overlay))
                .toList();
        TreeCopy tree = TreeCopy.ofManifests(folder, overlay, false);
        for (Mistake mistake : mistakes) {
            tree.change("k8s/" + mistake.file, mistake.pattern, mistake.replacement);
        }

        List<Finding> findings = new KubernetesCheck().findings(folder);

        assertEquals(
                List.of(),
                mistakes.stream().filter(mistake -> !mistake.isAmong(findings)).toList(),
                findings::toString);
    }

    @Test
    void thereAreThreeEnvironmentsAndOneForAMachine() throws IOException {
        try (Stream<Path> overlays = Files.list(Project.ROOT.resolve("k8s/overlays"))) {
            assertEquals(
                    List.of("dev", "local", "prod", "staging"),
                    overlays.map(overlay -> overlay.getFileName().toString())
                            .sorted()
                            .toList());
        }
    }

    @Test
    void beforeADeploymentAnImageWithoutADigestIsAMistake(@TempDir Path folder) throws IOException {
        TreeCopy tree = TreeCopy.ofManifests(folder, "dev", false);
        var gate = new ImagesForDeployment("dev");
        String overlay = "k8s/overlays/dev/kustomization.yaml";

        assertEquals(
                List.of("images[millrace-gateway]", "images[millrace-processor]"),
                gate.findings(folder).stream().map(Finding::field).toList());
        assertEquals(1, ImagesForDeployment.without(folder).size());

        String digest = "digest: sha256:" + "a".repeat(64);
        tree.change(overlay, "newTag: unset", "newName: registry.example/millrace-gateway\n    " + digest);
        tree.change(overlay, "newTag: unset", "newName: registry.example/millrace-processor\n    newTag: 0.1.0");
        assertEquals(
                List.of(overlay + " images[millrace-processor]"),
                gate.findings(folder).stream()
                        .map(finding -> finding.file() + " " + finding.field())
                        .toList());
        assertEquals(List.of(), ImagesForDeployment.without(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "newName: millrace-gateway", "newName: team/millrace-gateway"})
    void aDigestAloneNamesNoRegistry(String newName, @TempDir Path folder) throws IOException {
        TreeCopy tree = TreeCopy.ofManifests(folder, "dev", false);
        String digest = "digest: sha256:" + "a".repeat(64);
        String overlay = "k8s/overlays/dev/kustomization.yaml";
        tree.change(overlay, "newTag: unset", newName + "\n    " + digest);
        tree.change(overlay, "newTag: unset", "newName: localhost:5000/millrace-processor\n    " + digest);

        assertEquals(
                List.of("images[millrace-gateway]"),
                new ImagesForDeployment("dev")
                        .findings(folder).stream().map(Finding::field).toList());
    }

    @Test
    void whereThereIsNoKustomizeTheProgramSaysHowToGetIt(@TempDir Path folder) throws Exception {
        TreeCopy.ofManifests(folder, "dev", false);
        Path output = folder.resolve("output.txt");
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DeployMain.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("PATH", folder.toString());
        Process process = builder.start();

        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        String told = Files.readString(output);
        assertTrue(told.contains("kubectl 1.27 or later"), told);
        assertTrue(told.contains("https://kubernetes.io/docs/tasks/tools/"), told);
        // 1 where the checks that need no such program find something in a copy that is not whole
        assertTrue(List.of(ProgramMissing.EXIT_CODE, 1).contains(process.exitValue()), told);
    }
}
