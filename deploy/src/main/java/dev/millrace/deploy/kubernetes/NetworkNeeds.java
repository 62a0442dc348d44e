package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the programs call, a NetworkPolicy lets them reach, and who asks them how they are, one lets in: in a network that denies
 * whatever is not allowed, a wrong port or range is a pod that never gets ready.
 */
final class NetworkNeeds implements Policy {

    /** Where each node's agent of Pod Identity hands out credentials. */
    private static final String POD_IDENTITY = "169.254.170.23/32";

    /** One of the two ways of a connection, by the names that a NetworkPolicy has for it. */
    private enum Way {
        IN("Ingress", "ingress", "from"),
        OUT("Egress", "egress", "to");

        private final String type;
        private final String rules;
        private final String peers;

        Way(String type, String rules, String peers) {
            this.type = type;
            this.rules = rules;
            this.peers = peers;
        }
    }

    /**
     * A connection that there must be.
     *
     * @param peer who it is, in words
     * @param isPeer whether an item of {@code from} or {@code to} is it
     */
    private record Need(Way way, String peer, Predicate<Field> isPeer, String protocol, String port) {

        static Need range(Way way, String range, String port) {
            return new Need(
                    way,
                    range,
                    peer -> peer.text("ipBlock", "cidr").equals(range) && !peer.has("ipBlock", "except"),
                    "TCP",
                    port);
        }

        Stream<Field> rules(Manifest policy) {
            return policy.root().items("spec", way.rules);
        }

        boolean hasPeer(Field rule) {
            return rule.items(way.peers).anyMatch(isPeer);
        }

        boolean hasPort(Field rule) {
            return rule.items("ports")
                    .anyMatch(candidate -> candidate.text("port").equals(port)
                            && (candidate.has("protocol") ? candidate.text("protocol") : "TCP").equals(protocol));
        }

        boolean isMet(Manifest policy) {
            return policy.root().texts("spec", "policyTypes").contains(way.type)
                    && rules(policy).anyMatch(rule -> hasPeer(rule) && hasPort(rule));
        }
    }

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (Workload workload : rendering.workloads().toList()) {
            // what the programs of a machine keep in one pod calls nobody
            if (workload.program().filter(Program.LOCAL::equals).isEmpty()) {
                for (Need need : rendering.isLocal() ? onAMachine(workload) : onAws(workload)) {
                    look(workload, need, findings);
                }
            }
        }
        return findings.stream();
    }

    private static List<Need> onAws(Workload workload) throws IOException {
        Yaml cluster = Yaml.file(workload.rendering().tree().resolve("eksctl-cluster.yaml"));
        String network = cluster.at("vpc", "cidr").text();
        String dns =
                cluster.at("kubernetesNetworkConfig", "serviceIPv4CIDR").text().replaceFirst("\\.0/[0-9]+$", ".10/32");
        Need tcp = Need.range(Way.OUT, dns, "53");
        List<Need> needs = new ArrayList<>(List.of(
                tcp,
                new Need(Way.OUT, dns, tcp.isPeer, "UDP", "53"),
                Need.range(Way.OUT, ReachabilityPolicy.ANYWHERE, "443"),
                Need.range(Way.OUT, POD_IDENTITY, "80"),
                Need.range(Way.OUT, network, "5432"),
                Need.range(Way.OUT, network, "6379")));
        workload.port("ops").map(port -> port.text("containerPort")).ifPresent(port -> {
            // the load balancer's question whether it is ready, and agents in the network of their node
            needs.add(Need.range(Way.IN, network, port));
            needs.add(namespace(Way.IN, "amazon-cloudwatch", "TCP", port));
        });
        return needs;
    }

    private static List<Need> onAMachine(Workload workload) {
        Rendering rendering = workload.rendering();
        List<Need> needs = new ArrayList<>(List.of(
                namespace(Way.OUT, "kube-system", "TCP", "53"), namespace(Way.OUT, "kube-system", "UDP", "53")));
        rendering
                .workloads()
                .filter(other -> other.program().filter(Program.LOCAL::equals).isPresent())
                .forEach(services -> services.container()
                        .items("ports")
                        .map(port -> new Need(
                                Way.OUT,
                                "the pods of " + services.name(),
                                peer -> !peer.has("namespaceSelector")
                                        && peer.find("podSelector").stream()
                                                .anyMatch(pods -> Rendering.selects(pods, services.labels())),
                                "TCP",
                                port.text("containerPort")))
                        .forEach(needs::add));
        if (workload.pod().text("automountServiceAccountToken").equals("true")) {
            // the cluster's API, behind its service
            needs.add(Need.range(Way.OUT, ReachabilityPolicy.ANYWHERE, "6443"));
        }
        return needs;
    }

    private static Need namespace(Way way, String name, String protocol, String port) {
        return new Need(
                way,
                name,
                peer -> peer.find("namespaceSelector").stream()
                        .anyMatch(selector -> Rendering.selects(selector, Map.of("kubernetes.io/metadata.name", name))),
                protocol,
                port);
    }

    /** The field to mend is that of the policy that has the peer, else the port. */
    private static void look(Workload workload, Need need, List<Finding> findings) {
        List<Manifest> policies = workload.rendering()
                .all("NetworkPolicy")
                .filter(policy -> ReachabilityPolicy.isSelected(policy, workload))
                .filter(policy -> need.rules(policy).findAny().isPresent())
                .toList();
        if (policies.stream().noneMatch(need::isMet)) {
            Optional<Manifest> closest = Stream.<Predicate<Field>>of(need::hasPeer, need::hasPort, _ -> true)
                    .flatMap(close -> policies.stream()
                            .filter(policy -> need.rules(policy).anyMatch(close)))
                    .findFirst();
            String connection = need.way == Way.OUT
                    ? "%s must reach %s %s of %s".formatted(workload.name(), need.protocol, need.port, need.peer)
                    : "%s must reach %s %s of %s".formatted(need.peer, need.protocol, need.port, workload.name());
            findings.add(closest.map(policy ->
                            policy.root().wrong("spec." + need.way.rules, "does not let it through: " + connection))
                    .orElseGet(() -> workload.root().wrong("no NetworkPolicy lets it through: " + connection)));
        }
    }
}
