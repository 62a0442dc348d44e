package dev.millrace.processor.ownership;

import dev.millrace.core.config.Environment;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the processes that read a stream know of one another.
 *
 * @param leaseDuration how long a process of which nothing is seen counts as alive, 2 s to 5 min
 * @param pod the pod whose lease this process keeps; empty: it knows of no other process
 */
public record MembershipConfig(Duration leaseDuration, Optional<Pod> pod) {

    private static final Duration MIN_LEASE = Duration.ofSeconds(2);
    private static final Duration MAX_LEASE = Duration.ofMinutes(5);

    /** Where a pod finds who it is for the API: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** An object's name (RFC 1123 subdomain), short enough to be a part of another's. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-.a-z0-9]{0,198}[a-z0-9])?");

    private static final Pattern UID = Pattern.compile("[-0-9A-Za-z]{1,64}");

    /**
     * A pod and its way to the cluster's API.
     *
     * @param api the API's address, http or https
     * @param serviceAccount the directory with {@code token} and {@code ca.crt}, which are used where the address is https
     * @param uid with it, the lease goes with the pod
     */
    public record Pod(URI api, Path serviceAccount, String namespace, String name, Optional<String> uid) {}

    /** What the environment says; in a pod of a cluster, the variables that the Downward API and the kubelet set. */
    public static MembershipConfig read(Environment environment) {
        Duration lease = environment.duration("LEASE_DURATION", "15s", MIN_LEASE, MAX_LEASE);
        Optional<String> host = environment.optionalText("KUBERNETES_SERVICE_HOST");
        int port = environment.integer("KUBERNETES_SERVICE_PORT", 443, 1, 65_535);
        Optional<URI> api = environment
                .optional("KUBERNETES_API_URL", MembershipConfig::parseAddress)
                .or(() -> host.map(address -> inCluster(address, port)));
        Optional<String> name =
                environment.optional("POD_NAME", text -> parse(text, NAME, "must be the name of a pod"));
        Optional<String> namespace =
                environment.optional("POD_NAMESPACE", text -> parse(text, NAME, "must be the name of a namespace"));
        Optional<String> uid =
                environment.optional("POD_UID", text -> parse(text, UID, "must be the identifier of a pod"));
        String membership = environment.oneOf(
                "MEMBERSHIP", host.isPresent() ? "kubernetes" : "none", List.of("kubernetes", "none"));
        if (membership.equals("none")) {
            return new MembershipConfig(lease, Optional.empty());
        }
        require(environment, "KUBERNETES_API_URL", api, " and there is no KUBERNETES_SERVICE_HOST");
        require(environment, "POD_NAME", name, "");
        require(environment, "POD_NAMESPACE", namespace, "");
        return new MembershipConfig(
                lease,
                api.flatMap(address -> name.flatMap(
                        pod -> namespace.map(space -> new Pod(address, SERVICE_ACCOUNT, space, pod, uid)))));
    }

    private static void require(Environment environment, String variable, Optional<?> value, String where) {
        if (value.isEmpty()) {
            environment.problem(variable, "must be set where MEMBERSHIP is kubernetes" + where);
        }
    }

    private static String parse(String text, Pattern form, String message) {
        if (!form.matcher(text).matches()) {
            throw new IllegalArgumentException(message);
        }
        return text;
    }

    private static URI inCluster(String host, int port) {
        String literal = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host; // IPv6
        return URI.create("https://" + literal + ":" + port);
    }

    private static URI parseAddress(String text) {
        try {
            URI uri = new URI(text);
            if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null) {
                return uri;
            }
        } catch (URISyntaxException _) {
            // said below
        }
        throw new IllegalArgumentException("must be an http or https URL");
    }
}
