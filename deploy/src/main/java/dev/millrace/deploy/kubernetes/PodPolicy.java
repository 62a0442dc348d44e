package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every pod is unprivileged, holds what it is promised, and is asked whether it lives and is ready where it answers. */
final class PodPolicy implements Policy {

    private static final Map<String, String> PATHS =
            Map.of("startupProbe", "/health/live", "livenessProbe", "/health/live", "readinessProbe", "/health/ready");

    private static final int READ_BY_OTHERS = 4;

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        List<Finding> findings = new ArrayList<>();
        rendering.workloads().forEach(workload -> {
            pod(workload, findings);
            readable(workload, findings);
            measured(workload, findings);
            account(workload, findings);
            workload.allContainers().forEach(container -> {
                context(container, findings);
                resources(container, findings);
                writable(container, findings);
            });
            PATHS.forEach((probe, path) -> probe(workload, probe, path, findings));
        });
        return findings.stream();
    }

    private static void pod(Workload workload, List<Finding> findings) {
        Field pod = workload.pod();
        require(pod, "securityContext.runAsNonRoot", "true", findings);
        require(pod, "securityContext.seccompProfile.type", "RuntimeDefault", findings);
        // the cluster would tell pods of all Services in names that might be settings
        require(pod, "enableServiceLinks", "false", findings);
        // the images' own; a number, so that Kubernetes can tell that it is not root
        require(pod, "securityContext.runAsUser", "10001", findings);
        for (String shared : List.of("hostNetwork", "hostPID", "hostIPC")) {
            if (pod.text(shared).equals("true")) {
                findings.add(pod.wrong(shared, "a pod shares nothing with its node"));
            }
        }
    }

    /** Files of a Secret are root's; where others may not read them, the pod can by its group alone. */
    private static void readable(Workload workload, List<Finding> findings) {
        boolean closed = workload.pod()
                .items("volumes")
                .map(volume -> volume.text("secret", "defaultMode"))
                .anyMatch(mode -> mode.matches("[0-9]{1,4}") && (Integer.parseInt(mode) & READ_BY_OTHERS) == 0);
        if (closed && !workload.pod().has("securityContext", "fsGroup")) {
            findings.add(workload.pod()
                    .wrong(
                            "securityContext.fsGroup",
                            "must be there: else nobody but root reads the files of its Secrets"));
        }
    }

    private static void account(Workload workload, List<Finding> findings) {
        Rendering rendering = workload.rendering();
        String account = workload.pod().text("serviceAccountName");
        if (!account.equals(workload.name())) {
            findings.add(workload.pod()
                    .wrong(
                            "serviceAccountName",
                            "must be " + workload.name() + ", whom Pod Identity gives its rights"));
        }
        var found = rendering.find("ServiceAccount", account);
        if (found.isEmpty()) {
            findings.add(workload.pod().wrong("serviceAccountName", "there is no ServiceAccount " + account));
            return;
        }
        require(found.get().root(), "automountServiceAccountToken", "false", findings);
        boolean callsTheApi = rendering
                .all("RoleBinding")
                .flatMap(binding -> binding.root().items("subjects"))
                .anyMatch(subject -> subject.text("name").equals(account));
        if (!workload.pod().text("automountServiceAccountToken").equals(String.valueOf(callsTheApi))) {
            findings.add(workload.pod()
                    .wrong(
                            "automountServiceAccountToken",
                            "must be " + callsTheApi + ": " + account + " has " + (callsTheApi ? "a role" : "no role")
                                    + " on the cluster's API"));
        }
    }

    private static void context(Field container, List<Finding> findings) {
        require(container, "securityContext.readOnlyRootFilesystem", "true", findings);
        require(container, "securityContext.allowPrivilegeEscalation", "false", findings);
        if (!container.texts("securityContext", "capabilities", "drop").equals(List.of("ALL"))) {
            findings.add(container.wrong("securityContext.capabilities.drop", "must be [ALL]"));
        }
        if (container.has("securityContext", "capabilities", "add")) {
            findings.add(container.wrong("securityContext.capabilities.add", "must not be there"));
        }
    }

    /** Memory is promised as it is limited, so that no pod dies for another's; a limit of processor time would cost latency alone. */
    private static void resources(Field container, List<Finding> findings) {
        if (!container.has("resources", "requests", "cpu")) {
            findings.add(container.wrong("resources.requests.cpu", "must be there"));
        }
        String limit = container.text("resources", "limits", "memory");
        if (limit.isEmpty()) {
            findings.add(container.wrong("resources.limits.memory", "must be there"));
        } else if (!limit.equals(container.text("resources", "requests", "memory"))) {
            findings.add(container.wrong("resources.requests.memory", "must be the limit, " + limit));
        }
        if (container.has("resources", "limits", "cpu")) {
            findings.add(container.wrong("resources.limits.cpu", "must not be there: throttling costs latency"));
        }
    }

    /** A little less is a pod that is killed under load, a little more a node that holds fewer. */
    private static void measured(Workload workload, List<Finding> findings) {
        workload.program()
                .flatMap(Program::memory)
                .ifPresent(memory -> require(workload.container(), "resources.limits.memory", memory, findings));
    }

    private static void writable(Field container, List<Finding> findings) {
        if (container.items("volumeMounts").noneMatch(mount -> mount.text("mountPath")
                .equals("/tmp"))) {
            findings.add(container.wrong("volumeMounts", "must have /tmp, the only place to write"));
        }
    }

    private static void probe(Workload workload, String name, String path, List<Finding> findings) {
        Field container = workload.container();
        var probe = container.find(name);
        if (probe.isEmpty()) {
            findings.add(container.wrong(name, "must be there"));
            return;
        }
        boolean ours =
                workload.program().filter(program -> program != Program.LOCAL).isPresent();
        String kind = ours || !probe.get().has("tcpSocket") ? "httpGet" : "tcpSocket";
        String port = probe.get().text(kind, "port");
        if (workload.port(port).isEmpty()) {
            findings.add(probe.get().wrong(kind + ".port", "the container has no port " + port));
        }
        if (ours) {
            require(probe.get(), "httpGet.port", "ops", findings);
            require(probe.get(), "httpGet.path", path, findings);
        }
    }

    private static void require(Field field, String name, String value, List<Finding> findings) {
        if (!field.text(name.split("\\.")).equals(value)) {
            findings.add(field.wrong(name, "must be " + value));
        }
    }
}
