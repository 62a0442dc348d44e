package dev.millrace.deploy.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that a pod's volumes bring, made in a folder of this machine: what the rendering holds as it is, what the operator makes as it
 * plausibly is.
 *
 * @param folders where the files are that a pod finds at a path
 */
record MountedFiles(Map<String, Path> folders) {

    static MountedFiles of(Workload workload, Path folder) throws IOException {
        OperatorMade made = OperatorMade.of(workload.rendering());
        Map<String, Path> folders = new HashMap<>();
        for (Field mount : workload.container().items("volumeMounts").toList()) {
            for (Field volume : workload.pod().items("volumes").toList()) {
                boolean isOfIt = volume.text("name").equals(mount.text("name"));
                if (isOfIt && (volume.has("configMap") || volume.has("secret"))) {
                    Path files = Files.createDirectories(folder.resolve(volume.text("name")));
                    folders.put(mount.text("mountPath"), files);
                    write(workload, made, "ConfigMap", volume.text("configMap", "name"), files);
                    write(workload, made, "Secret", volume.text("secret", "secretName"), files);
                }
            }
        }
        return new MountedFiles(Map.copyOf(folders));
    }

    private static void write(Workload workload, OperatorMade made, String kind, String name, Path folder)
            throws IOException {
        for (Manifest object : workload.rendering().find(kind, name).stream().toList()) {
            for (Map.Entry<String, String> file : object.root().labels("data").entrySet()) {
                byte[] content = kind.equals("Secret")
                        ? Base64.getMimeDecoder().decode(file.getValue())
                        : file.getValue().getBytes(UTF_8);
                Files.write(folder.resolve(file.getKey()), content);
            }
        }
        for (String file : made.files(kind, name).orElse(Set.of())) {
            Files.writeString(folder.resolve(file), plausible(file));
        }
    }

    private static String plausible(String file) throws IOException {
        return switch (file) {
            case "keys.json" -> """
                    {"keys": [{"name": "boss", "role": "admin", "sha256": "%s"}]}""".formatted("0".repeat(63) + "1");
            case "tls.key" -> SampleCertificate.get().key();
            case "tls.crt" -> SampleCertificate.get().certificate();
            default -> file.endsWith(".pem") ? SampleCertificate.get().certificate() : "";
        };
    }

    /** A setting's value with the paths of this machine in place of the pod's. */
    String here(String value) {
        String here = value;
        for (Map.Entry<String, Path> folder : List.copyOf(folders.entrySet())) {
            here = here.replace(folder.getKey() + "/", folder.getValue() + "/");
        }
        return here;
    }
}
