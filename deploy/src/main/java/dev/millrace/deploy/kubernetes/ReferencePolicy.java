package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What an object refers to is there: in the rendering, or made by the operator. */
final class ReferencePolicy implements Policy {

    private static final Map<String, String> KINDS = Map.of(
            "configMapRef",
            "ConfigMap",
            "configMapKeyRef",
            "ConfigMap",
            "secretRef",
            "Secret",
            "secretKeyRef",
            "Secret");

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        OperatorMade made = OperatorMade.of(rendering);
        List<Finding> findings = new ArrayList<>();
        rendering.workloads().forEach(workload -> {
            variables(workload, made, findings);
            volumes(workload, made, findings);
        });
        rendering.all("RoleBinding").forEach(binding -> binding(rendering, binding, findings));
        autoscalers(rendering, findings);
        return findings.stream();
    }

    private static void variables(Workload workload, OperatorMade made, List<Finding> findings) {
        workload.allContainers()
                .flatMap(container -> Stream.concat(
                        container.items("envFrom"),
                        container.items("env").flatMap(variable -> variable.find("valueFrom").stream())))
                .forEach(source ->
                        KINDS.forEach((field, kind) -> source.find(field).ifPresent(reference -> {
                            exists(workload, kind, reference, "name", made, findings);
                            String key = reference.text("key");
                            if (!key.isEmpty()
                                    && workload.rendering()
                                            .find(kind, reference.text("name"))
                                            .filter(object -> object.root().has("data", key))
                                            .isEmpty()
                                    && made.files(kind, reference.text("name"))
                                            .filter(files -> files.contains(key))
                                            .isEmpty()) {
                                findings.add(reference.wrong("key", "there is no such key in it"));
                            }
                        })));
    }

    private static void volumes(Workload workload, OperatorMade made, List<Finding> findings) {
        List<Field> volumes = workload.pod().items("volumes").toList();
        for (Field volume : volumes) {
            volume.find("configMap").ifPresent(source -> exists(workload, "ConfigMap", source, "name", made, findings));
            volume.find("secret").ifPresent(source -> exists(workload, "Secret", source, "secretName", made, findings));
            workload.rendering()
                    .find("ConfigMap", volume.text("configMap", "name"))
                    .filter(map -> !map.plainName().equals(map.name()))
                    .ifPresent(
                            map -> findings.add(
                                    map.root()
                                            .wrong(
                                                    "must have disableNameSuffixHash: else a change of what is mounted rolls the pods")));
            if (volume.has("hostPath")) {
                findings.add(volume.wrong("hostPath", "a pod shares nothing with its node"));
            }
            if (workload.allContainers()
                    .flatMap(container -> container.items("volumeMounts"))
                    .noneMatch(mount -> mount.text("name").equals(volume.text("name")))) {
                findings.add(volume.wrong("name", "no container mounts it"));
            }
        }
        workload.allContainers()
                .flatMap(container -> container.items("volumeMounts"))
                .forEach(mount -> {
                    if (volumes.stream().noneMatch(volume -> volume.text("name").equals(mount.text("name")))) {
                        findings.add(mount.wrong("name", "the pod has no volume of this name"));
                    }
                    if (mount.has("subPath")) {
                        findings.add(
                                mount.wrong("subPath", "a running pod would never see a change: mount the directory"));
                    }
                });
    }

    private static void exists(
            Workload workload, String kind, Field reference, String name, OperatorMade made, List<Finding> findings) {
        String wanted = reference.text(name);
        boolean rendered =
                workload.rendering().all(kind).anyMatch(object -> object.name().equals(wanted));
        if (!rendered && made.files(kind, wanted).isEmpty()) {
            findings.add(reference.wrong(
                    name,
                    "there is no " + kind + " " + wanted + ", and " + OperatorMade.README
                            + " does not say who makes it"));
        }
    }

    private static void binding(Rendering rendering, Manifest binding, List<Finding> findings) {
        String role = binding.root().text("roleRef", "name");
        if (rendering.find("Role", role).isEmpty()) {
            findings.add(binding.root().wrong("roleRef.name", "there is no Role " + role));
        }
        binding.root().items("subjects").forEach(subject -> {
            if (rendering.find(subject.text("kind"), subject.text("name")).isEmpty()) {
                findings.add(subject.wrong("name", "there is no " + subject.text("kind") + " " + subject.text("name")));
            }
            if (!subject.text("namespace").equals(rendering.namespace())) {
                findings.add(subject.wrong("namespace", "must be " + rendering.namespace()));
            }
        });
    }

    private static void autoscalers(Rendering rendering, List<Finding> findings) {
        rendering.objects().stream()
                .filter(object ->
                        Set.of("HorizontalPodAutoscaler", "ScaledObject").contains(object.kind()))
                .flatMap(object -> object.root().find("spec", "scaleTargetRef", "name").stream())
                .filter(name -> rendering.find("Deployment", name.text()).isEmpty())
                .forEach(name -> findings.add(name.wrong("there is no Deployment " + name.text())));
        rendering
                .all("ScaledObject")
                .flatMap(object -> object.root().items("spec", "triggers"))
                .flatMap(trigger -> trigger.find("authenticationRef", "name").stream())
                .filter(name ->
                        rendering.find("TriggerAuthentication", name.text()).isEmpty())
                .forEach(name -> findings.add(name.wrong("there is no TriggerAuthentication " + name.text())));
    }
}
