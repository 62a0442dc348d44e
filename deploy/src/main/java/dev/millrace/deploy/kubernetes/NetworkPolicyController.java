package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code k8s/cluster} turns on what enforces NetworkPolicies; without it EKS Auto Mode takes them and enforces none. */
final class NetworkPolicyController {

    private static final String NAMESPACE = "kube-system";
    private static final String NAME = "amazon-vpc-cni";
    private static final String KEY = "enable-network-policy-controller";

    private NetworkPolicyController() {}

    static Stream<Finding> findings(List<Manifest> cluster) {
        Optional<Manifest> found = cluster.stream()
                .filter(object -> object.is("ConfigMap", NAME)
                        && object.root().text("metadata", "namespace").equals(NAMESPACE))
                .findFirst();
        if (found.isEmpty()) {
            return Stream.of(new Finding(
                    "k8s/cluster/kustomization.yaml",
                    "resources",
                    "must have the ConfigMap " + NAMESPACE + "/" + NAME + " with " + KEY));
        }
        return found.get().root().text("data", KEY).equals("true")
                ? Stream.empty()
                : Stream.of(
                        found.get().root().wrong("data", KEY + " must be \"true\": else no NetworkPolicy is enforced"));
    }
}
