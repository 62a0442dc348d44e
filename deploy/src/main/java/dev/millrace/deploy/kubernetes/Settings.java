package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The environment variables that a container gets, as the kubelet would make them of ConfigMaps and of what stands in the pod.
 *
 * @param problems what the kubelet could not make sense of
 */
record Settings(Map<String, Setting> all, List<Finding> problems) {

    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_]*)\\)");

    /** What a pod is told of itself. */
    private static final Map<String, String> POD = Map.of(
            "metadata.name", "pod-0",
            "metadata.namespace", "namespace",
            "metadata.uid", "00000000-0000-0000-0000-000000000000");

    /**
     * A variable.
     *
     * @param where where the value stands: in the pod, or in a ConfigMap
     * @param named where the name stands
     */
    record Setting(String name, String value, Field where, Field named) {

        Finding wrong(String problem) {
            return isInMap(where) ? where.wrong(problem) : where.wrong("value", problem);
        }

        /** What is wrong with there being such a variable. */
        Finding wrongName(String problem) {
            return isInMap(named) ? named.wrong(problem) : named.wrong("name", problem);
        }

        private static boolean isInMap(Field field) {
            return field.manifest().is("ConfigMap");
        }
    }

    static Settings of(Workload workload) {
        Field container = workload.container();
        Map<String, Setting> all = new LinkedHashMap<>();
        container
                .items("envFrom")
                .map(source -> source.text("configMapRef", "name"))
                .flatMap(name -> workload.rendering().find("ConfigMap", name).stream())
                .forEach(map -> map.root().labels("data").forEach((name, value) -> map.root()
                        .find("data", name)
                        .ifPresent(field -> all.put(name, new Setting(name, value, field, field)))));
        Map<String, String> above = new LinkedHashMap<>();
        List<Finding> problems = new ArrayList<>();
        container.items("env").forEach(variable -> {
            String name = variable.text("name");
            String value = variable.has("valueFrom")
                    ? from(workload, variable)
                    : expanded(variable, variable.text("value"), above, problems);
            above.put(name, value);
            all.put(name, new Setting(name, value, key(workload, variable).orElse(variable), variable));
        });
        return new Settings(all, problems);
    }

    private static String from(Workload workload, Field variable) {
        String path = variable.text("valueFrom", "fieldRef", "fieldPath");
        if (!path.isEmpty()) {
            return POD.getOrDefault(path, "");
        }
        return key(workload, variable).map(Field::text).orElse("secret");
    }

    /** The field of a ConfigMap that a variable takes its value from. */
    private static Optional<Field> key(Workload workload, Field variable) {
        return workload.rendering()
                .find("ConfigMap", variable.text("valueFrom", "configMapKeyRef", "name"))
                .flatMap(map -> map.root().find("data", variable.text("valueFrom", "configMapKeyRef", "key")));
    }

    /** The kubelet puts in what stands above among {@code env}, not what is in {@code envFrom}, and leaves the rest as it is. */
    private static String expanded(Field variable, String value, Map<String, String> above, List<Finding> problems) {
        Matcher reference = REFERENCE.matcher(value);
        return reference.replaceAll(match -> {
            String known = above.get(match.group(1));
            if (known == null) {
                problems.add(variable.wrong(
                        "value", "refers to " + match.group(1) + ", which does not stand above it among env"));
                return Matcher.quoteReplacement(match.group());
            }
            return Matcher.quoteReplacement(known);
        });
    }

    String value(String name) {
        Setting setting = all.get(name);
        return setting == null ? "" : setting.value();
    }
}
