package dev.millrace.deploy;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.lifecycle.Launcher;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.processor.ProcessorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the deployment promises, for every environment, in what Kustomize makes of its files. A promise a test, hence its length. */
@EnabledIf(value = Rendering.POSSIBLE, disabledReason = Rendering.WITHOUT)
class ManifestsTest {

    private static final Set<String> SERVICES = Set.of("gateway", "processor");

    /** Made by the operator before the first apply; k8s/README.md says how. */
    private static final Map<String, Set<String>> SECRETS = Map.of(
            "gateway", Set.of("iot-db-gateway", "iot-redis"),
            "processor", Set.of("iot-db-processor", "iot-db-owner", "iot-redis"));

    /** Read by the java command, not by the services. */
    private static final String JVM_VARIABLE = "JDK_JAVA_OPTIONS";

    static List<String> environments() throws IOException {
        return Rendering.environments();
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyObjectIsInTheEnvironmentsNamespace(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        String namespace = "iot-" + rendering.environment();
        Yaml made = rendering.the("Namespace", namespace);
        assertEquals(
                "restricted",
                made.at("metadata", "labels", "pod-security.kubernetes.io/enforce")
                        .text());
        for (Yaml object : rendering.objects()) {
            if (!object.kind().equals("Namespace")) {
                assertEquals(namespace, object.at("metadata", "namespace").text(), object.kind() + " " + object.name());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyServiceReadsItsEnvironmentsStream(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        for (String service : SERVICES) {
            Map<String, String> variables = rendering.settings(service);
            assertEquals("sensor-data-stream-" + rendering.environment(), variables.get("KINESIS_STREAM"), service);
            assertEquals(rendering.environment(), variables.get("ENVIRONMENT"), service);
            assertEquals("eu-central-1", variables.get("AWS_REGION"), service);
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void anotherProcessorIsThereWhenOneGoes(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        Yaml spec = rendering.the("Deployment", "processor").at("spec");
        assertTrue(Integer.parseInt(spec.at("replicas").text()) >= 2);
        assertEquals("RollingUpdate", spec.at("strategy", "type").text());
        assertEquals("0", spec.at("strategy", "rollingUpdate", "maxUnavailable").text());
        assertEquals(
                "1",
                rendering
                        .the("PodDisruptionBudget", "processor")
                        .at("spec", "maxUnavailable")
                        .text());
    }

    @ParameterizedTest
    @MethodSource("environments")
    void aProcessorKnowsItsPodAndMayKeepItsLease(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        assertEquals("kubernetes", rendering.settings("processor").get("MEMBERSHIP"));
        Map<String, String> fields = variables(rendering, "processor", "fieldRef", "fieldPath");
        assertEquals(
                Map.of("POD_NAME", "metadata.name", "POD_NAMESPACE", "metadata.namespace", "POD_UID", "metadata.uid"),
                fields);

        Yaml role = rendering.the("Role", "processor-leases");
        List<Yaml> rules = role.at("rules").items().toList();
        assertEquals(1, rules.size());
        assertEquals(
                List.of("coordination.k8s.io"), rules.getFirst().at("apiGroups").value());
        assertEquals(List.of("leases"), rules.getFirst().at("resources").value());
        assertEquals(Set.of("get", "list", "create", "update", "delete"), Set.copyOf((List<?>)
                rules.getFirst().at("verbs").value()));

        Yaml binding = rendering.the("RoleBinding", "processor-leases");
        assertEquals("Role", binding.at("roleRef", "kind").text());
        assertEquals(role.name(), binding.at("roleRef", "name").text());
        List<Yaml> subjects = binding.at("subjects").items().toList();
        assertEquals(1, subjects.size());
        assertEquals("ServiceAccount", subjects.getFirst().at("kind").text());
        assertEquals("processor", subjects.getFirst().at("name").text());
        assertEquals(
                "iot-" + rendering.environment(),
                subjects.getFirst().at("namespace").text());
        assertEquals(0, rendering.all("ClusterRoleBinding").count());
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyContainerIsUnprivilegedAndCannotWriteItsImage(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        assertEquals(SERVICES, rendering.all("Deployment").map(Yaml::name).collect(toSet()));
        rendering
                .all("Deployment")
                .map(deployment -> deployment.at("spec", "template", "spec"))
                .forEach(pod -> {
                    assertEquals(
                            "true", pod.at("securityContext", "runAsNonRoot").text());
                    assertEquals("10001", pod.at("securityContext", "runAsUser").text());
                    assertEquals(
                            "RuntimeDefault",
                            pod.at("securityContext", "seccompProfile", "type").text());
                    assertEquals(
                            pod.at("serviceAccountName").text().equals("processor") ? "true" : "false",
                            pod.at("automountServiceAccountToken").text(),
                            "only who calls the cluster's API gets a token for it");
                    assertEquals("false", pod.at("enableServiceLinks").text());
                    assertFalse(pod.find("initContainers").isPresent(), "teach this test init containers");
                    pod.at("containers").items().forEach(container -> {
                        Yaml context = container.at("securityContext");
                        assertEquals(
                                "true", context.at("readOnlyRootFilesystem").text());
                        assertEquals(
                                "false", context.at("allowPrivilegeEscalation").text());
                        assertEquals(
                                List.of("ALL"),
                                context.at("capabilities", "drop").value());
                        assertTrue(
                                container.itemsAt("volumeMounts").anyMatch(mount -> mount.at("mountPath")
                                        .text()
                                        .equals("/tmp")),
                                "a place to write");
                    });
                });
    }

    @ParameterizedTest
    @MethodSource("environments")
    void memoryIsPromisedAsItIsLimitedAndProcessorsAreNotThrottled(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        for (String service : SERVICES) {
            Yaml resources = rendering.container(service).at("resources");
            assertEquals(
                    resources.at("requests", "memory").text(),
                    resources.at("limits", "memory").text());
            assertTrue(resources.find("requests", "cpu").isPresent());
            assertFalse(resources.find("limits", "cpu").isPresent());
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyServiceIsProbedWhereItAnswers(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        Map<String, String> paths = Map.of(
                "startupProbe", "/health/live",
                "livenessProbe", "/health/live",
                "readinessProbe", "/health/ready");
        for (String service : SERVICES) {
            Yaml container = rendering.container(service);
            paths.forEach((probe, path) -> {
                assertEquals(path, container.at(probe, "httpGet", "path").text());
                assertEquals("ops", container.at(probe, "httpGet", "port").text());
            });
            assertEquals(rendering.settings(service).get("OPS_PORT"), port(container, "ops"));
        }
        Yaml gateway = rendering.container("gateway");
        assertEquals(rendering.settings("gateway").get("HTTP_PORT"), port(gateway, "http"));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void aPodIsGivenTheTimeThatItsDrainTakes(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        for (String service : SERVICES) {
            Yaml pod = rendering.the("Deployment", service).at("spec", "template", "spec");
            int preStop = rendering
                    .container(service)
                    .find("lifecycle", "preStop", "sleep", "seconds")
                    .map(seconds -> Integer.parseInt(seconds.text()))
                    .orElse(0);
            String timeout = Objects.requireNonNull(rendering.settings(service).get("SHUTDOWN_TIMEOUT"));
            assertTrue(timeout.matches("[0-9]+s"), timeout);
            int drain = Integer.parseInt(timeout.substring(0, timeout.length() - 1));
            int grace = Integer.parseInt(pod.at("terminationGracePeriodSeconds").text());
            assertTrue(preStop + drain + 10 <= grace, service + ": " + preStop + " + " + drain + " of " + grace + " s");
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void nothingCanBeReachedFromOutsideTheCluster(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        assertEquals(0, rendering.all("Ingress").count());
        rendering.all("Service").forEach(service -> {
            assertEquals("ClusterIP", service.at("spec", "type").text(), service.name());
            assertFalse(service.find("spec", "externalIPs").isPresent(), service.name());
        });
        Yaml deny = rendering.the("NetworkPolicy", "default-deny").at("spec");
        assertEquals(Map.of(), deny.at("podSelector").value());
        assertEquals(List.of("Ingress", "Egress"), deny.at("policyTypes").value());
        rendering
                .all("NetworkPolicy")
                .flatMap(policy -> policy.itemsAt("spec", "ingress"))
                .forEach(rule -> rule.at("from").items().forEach(peer -> {
                    assertFalse(peer.find("ipBlock").isPresent(), rule.where());
                    assertFalse(peer.find("namespaceSelector").isPresent(), rule.where());
                }));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyVariableIsOneThatTheServiceReads(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        var gateway = new Environment(Map.of());
        GatewayConfig.read(gateway);
        Launcher.readLogging(gateway);
        assertReads(gateway, variables(rendering, "gateway"));
        var processor = new Environment(Map.of());
        ProcessorConfig.read(processor);
        Launcher.readLogging(processor);
        assertReads(processor, variables(rendering, "processor"));
    }

    private static void assertReads(Environment service, Set<String> variables) {
        var unknown = new HashSet<>(variables);
        unknown.removeAll(service.asked().keySet());
        unknown.remove(JVM_VARIABLE);
        assertEquals(Set.of(), unknown);
        assertTrue(variables.containsAll(Set.of("ENVIRONMENT", "KINESIS_STREAM", "AWS_REGION", "LOG_FORMAT")));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void loginsComeFromSecretsThatAreDocumentedAndNotInGit(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        assertEquals(0, rendering.all("Secret").count());
        String readme = Files.readString(Rendering.ROOT.resolve("k8s/README.md"));
        for (String service : SERVICES) {
            Set<String> secrets = Set.copyOf(
                    variables(rendering, service, "secretKeyRef", "name").values());
            assertEquals(SECRETS.get(service), secrets);
            secrets.forEach(secret -> assertTrue(readme.contains("create secret generic " + secret + " "), secret));
            assertFalse(rendering.settings(service).containsKey("DATABASE_PASSWORD"));
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void theGatewayAsksForKeysThatItFindsInASecret(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        Map<String, String> settings = rendering.settings("gateway");
        assertEquals("required", settings.get("AUTH"));
        assertEquals("0.0.0.0", settings.get("HTTP_HOST"));
        Path file = Path.of(settings.get("API_KEYS_FILE"));
        Yaml mount = rendering
                .container("gateway")
                .itemsAt("volumeMounts")
                .filter(candidate -> candidate.at("name").text().equals("keys"))
                .findFirst()
                .orElseThrow();
        // mounted as a directory: with subPath a running pod would never see a change
        assertEquals(String.valueOf(file.getParent()), mount.at("mountPath").text());
        assertFalse(mount.find("subPath").isPresent());
        Yaml volume = rendering
                .the("Deployment", "gateway")
                .at("spec", "template", "spec", "volumes")
                .items()
                .filter(candidate -> candidate.at("name").text().equals("keys"))
                .findFirst()
                .orElseThrow();
        assertEquals("gateway-keys", volume.at("secret", "secretName").text());
        String readme = Files.readString(Rendering.ROOT.resolve("k8s/README.md"));
        assertTrue(readme.contains("create secret generic gateway-keys --from-file=" + file.getFileName() + "="));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void everyImageIsChosenByTheOverlay(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        for (String service : SERVICES) {
            String image = rendering.container(service).at("image").text();
            assertTrue(image.matches(".+(:[^:/@]+|@sha256:[0-9a-f]{64})"), image);
            assertFalse(image.endsWith(":latest"), image);
        }
    }

    @ParameterizedTest
    @MethodSource("environments")
    void thePodsThatAreMeantAreSelected(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        for (String service : SERVICES) {
            Yaml deployment = rendering.the("Deployment", service);
            Map<String, Object> labels =
                    deployment.at("spec", "template", "metadata", "labels").map();
            Map<String, Object> selector = Map.of("app.kubernetes.io/name", service);
            assertEquals(service, labels.get("app.kubernetes.io/name"));
            assertEquals(
                    selector, deployment.at("spec", "selector", "matchLabels").map());
            Yaml budget = rendering.the("PodDisruptionBudget", service);
            assertEquals(selector, budget.at("spec", "selector", "matchLabels").map());
            deployment
                    .at("spec", "template", "spec", "topologySpreadConstraints")
                    .items()
                    .forEach(spread -> assertEquals(
                            selector, spread.at("labelSelector", "matchLabels").map()));
            rendering.the("ServiceAccount", service);
            assertEquals(
                    service,
                    deployment
                            .at("spec", "template", "spec", "serviceAccountName")
                            .text());
        }
        Yaml service = rendering.the("Service", "gateway").at("spec");
        assertEquals(
                Map.of("app.kubernetes.io/name", "gateway"),
                service.at("selector").map());
        service.at("ports")
                .items()
                .forEach(port -> port(
                        rendering.container("gateway"), port.at("targetPort").text()));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void theProcessorFindsItsRules(String environment) throws Exception {
        Rendering rendering = Rendering.of(environment);
        Yaml container = rendering.container("processor");
        Path file = Path.of(rendering.settings("processor").get("RULES_FILE"));
        Yaml mount = container
                .at("volumeMounts")
                .items()
                .filter(candidate -> candidate.at("name").text().equals("rules"))
                .findFirst()
                .orElseThrow();
        // mounted as a directory: with subPath a running pod would never see a change
        assertEquals(String.valueOf(file.getParent()), mount.at("mountPath").text());
        assertFalse(mount.find("subPath").isPresent());
        Yaml map = rendering.the("ConfigMap", "processor-rules");
        assertEquals("processor-rules", map.name(), "no hash, for the same reason");

        String text = map.at("data", String.valueOf(file.getFileName())).text();
        Yaml rules = Yaml.documents("rules.yaml", text).getFirst();
        assertEquals("1", rules.at("version").text());
        assertEquals(
                rules.at("rules").items().count(),
                rules.at("rules")
                        .items()
                        .map(rule -> rule.at("name").text())
                        .distinct()
                        .count(),
                "names are unique");
        Set<String> metrics =
                rules.at("rules").items().map(rule -> rule.at("metric").text()).collect(toSet());
        assertEquals(Set.of("temperature", "pressure", "vibration"), metrics);
        rules.at("rules").items().forEach(rule -> {
            assertTrue(Set.of("name", "metric", "above", "below", "severity")
                    .containsAll(rule.map().keySet()));
            assertTrue(Set.of("info", "warning", "critical")
                    .contains(rule.at("severity").text()));
            List<Yaml> limits = Stream.of(rule.find("above"), rule.find("below"))
                    .flatMap(Optional::stream)
                    .toList();
            assertFalse(limits.isEmpty(), rule.text());
            limits.forEach(limit -> assertTrue(limit.value() instanceof Number, rule.text()));
        });
    }

    /** The variables that get their value from one kind of source, and where in it. */
    private static Map<String, String> variables(Rendering rendering, String deployment, String kind, String where) {
        return rendering
                .container(deployment)
                .itemsAt("env")
                .filter(variable -> variable.find("valueFrom", kind).isPresent())
                .collect(toMap(variable -> variable.at("name").text(), variable -> variable.at("valueFrom", kind, where)
                        .text()));
    }

    private static Set<String> variables(Rendering rendering, String deployment) {
        return Stream.concat(
                        rendering.settings(deployment).keySet().stream(),
                        rendering.container(deployment).itemsAt("env").map(variable -> variable.at("name")
                                .text()))
                .collect(toSet());
    }

    private static String port(Yaml container, String name) {
        return container
                .at("ports")
                .items()
                .filter(port -> port.at("name").text().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(container.where() + " has no port " + name))
                .at("containerPort")
                .text();
    }
}
