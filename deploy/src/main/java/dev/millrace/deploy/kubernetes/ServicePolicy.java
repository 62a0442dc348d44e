package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What is reachable from outside is the gateway's ports of TLS, by one load balancer that knows which gateways are ready. */
final class ServicePolicy implements Policy {

    private static final String ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-";

    /** The load balancer's ports and the gateway's behind them. */
    private static final Map<String, String> OPEN = Map.of("443", "https", "8883", "mqtts");

    /** Lists of names and values, with the names that network load balancers have. */
    private static final Map<String, Set<String>> ATTRIBUTES = Map.of(
            "attributes",
            Set.of(
                    "access_logs.s3.bucket",
                    "access_logs.s3.enabled",
                    "access_logs.s3.prefix",
                    "deletion_protection.enabled",
                    "dns_record.client_routing_policy",
                    "ipv6.deny_all_igw_traffic",
                    "load_balancing.cross_zone.enabled",
                    "zonal_shift.config.enabled"),
            "target-group-attributes",
            Set.of(
                    "deregistration_delay.connection_termination.enabled",
                    "deregistration_delay.timeout_seconds",
                    "load_balancing.cross_zone.enabled",
                    "preserve_client_ip.enabled",
                    "proxy_protocol_v2.enabled",
                    "stickiness.enabled",
                    "stickiness.type",
                    "target_group_health.dns_failover.minimum_healthy_targets.count",
                    "target_group_health.dns_failover.minimum_healthy_targets.percentage",
                    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
                    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
                    "target_health_state.unhealthy.connection_termination.enabled",
                    "target_health_state.unhealthy.draining_interval_seconds"));

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        List<Finding> findings = new ArrayList<>();
        rendering
                .all("Ingress")
                .forEach(ingress ->
                        findings.add(ingress.root().wrong("kind", "devices come by the load balancer alone")));
        rendering.all("Service").forEach(service -> service(rendering, service, findings));
        return findings.stream();
    }

    private static void service(Rendering rendering, Manifest service, List<Finding> findings) {
        Field spec = service.root().find("spec").orElse(service.root());
        var workload = rendering
                .workloads()
                .filter(candidate -> !spec.labels("selector").isEmpty()
                        && candidate
                                .labels()
                                .entrySet()
                                .containsAll(spec.labels("selector").entrySet()))
                .findFirst();
        if (workload.isEmpty()) {
            findings.add(service.root().wrong("spec.selector", "selects no pod"));
            return;
        }
        spec.items("ports").forEach(port -> {
            String target = port.has("targetPort") ? port.text("targetPort") : port.text("port");
            if (workload.get().port(target).isEmpty()) {
                findings.add(port.wrong("targetPort", "the pods have no port " + target));
            }
        });
        if (spec.has("externalIPs")) {
            findings.add(spec.wrong("externalIPs", "must not be there"));
        }
        boolean gateway =
                workload.get().program().filter(Program.GATEWAY::equals).isPresent();
        if (gateway && !rendering.isLocal()) {
            loadBalancer(service, spec, workload.get(), findings);
        } else if (!spec.text("type").equals("ClusterIP")) {
            findings.add(
                    service.root().wrong("spec.type", "must be ClusterIP: nobody outside the cluster may come here"));
        }
    }

    private static void loadBalancer(Manifest service, Field spec, Workload gateway, List<Finding> findings) {
        Field root = service.root();
        if (!spec.text("type").equals("LoadBalancer")) {
            findings.add(root.wrong("spec.type", "must be LoadBalancer"));
        }
        if (!spec.text("loadBalancerClass").equals("eks.amazonaws.com/nlb")) {
            findings.add(root.wrong(
                    "spec.loadBalancerClass", "must be eks.amazonaws.com/nlb, which Auto Mode has built in"));
        }
        if (spec.texts("loadBalancerSourceRanges").isEmpty()) {
            findings.add(root.wrong("spec.loadBalancerSourceRanges", "must say who may come"));
        }
        Map<String, String> ports = new LinkedHashMap<>();
        spec.items("ports").forEach(port -> ports.put(port.text("port"), port.text("targetPort")));
        if (!ports.equals(OPEN)) {
            findings.add(root.wrong(
                    "spec.ports", "must be 443 to https and 8883 to mqtts and nothing else, and are " + ports));
        }
        String operations =
                gateway.port("ops").map(port -> port.text("containerPort")).orElse("");
        Map<String, String> expected = Map.of(
                "nlb-target-type", "ip",
                "healthcheck-protocol", "http",
                "healthcheck-port", operations,
                "healthcheck-path", "/health/ready");
        Field metadata = root.find("metadata").orElse(root);
        expected.forEach((name, value) -> {
            if (!metadata.text("annotations", ANNOTATION + name).equals(value)) {
                findings.add(annotation(metadata, name, "must be " + value));
            }
        });
        if (!Set.of("internet-facing", "internal").contains(metadata.text("annotations", ANNOTATION + "scheme"))) {
            findings.add(annotation(metadata, "scheme", "must be internet-facing or internal"));
        }
        ATTRIBUTES.forEach((name, known) -> Stream.of(
                        metadata.text("annotations", ANNOTATION + name).split(","))
                .map(attribute -> attribute.replaceFirst("=.*", "").strip())
                .filter(attribute -> !attribute.isEmpty() && !known.contains(attribute))
                .forEach(attribute -> findings.add(annotation(
                        metadata, name, "must not have " + attribute + ", which no network load balancer has"))));
        // clients' addresses are what the rate limit and the logs go by
        if (!metadata.text("annotations", ANNOTATION + "target-group-attributes")
                .contains("preserve_client_ip.enabled=true")) {
            findings.add(annotation(metadata, "target-group-attributes", "must have preserve_client_ip.enabled=true"));
        }
    }

    /** The name of an annotation has dots in it, which else part fields. */
    private static Finding annotation(Field metadata, String name, String problem) {
        return metadata.find("annotations", ANNOTATION + name)
                .or(() -> metadata.find("annotations"))
                .orElse(metadata)
                .wrong(ANNOTATION + name + " " + problem);
    }
}
