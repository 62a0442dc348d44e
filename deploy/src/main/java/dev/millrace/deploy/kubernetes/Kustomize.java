package dev.millrace.deploy.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.deploy.ProgramMissing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The program that makes manifests of a folder of {@code k8s/}: kubectl, or kustomize. */
final class Kustomize {

    /** Its Kustomize is 5; an older one does not know the fields that are used here. */
    private static final int OLDEST_KUBECTL = 27;

    private static final Pattern KUBECTL_VERSION = Pattern.compile("Client Version: v1\\.([0-9]+)");

    private static final long SECONDS = 60;

    private static final String HOW_TO_GET_IT = """
            Rendering the manifests needs kubectl 1.27 or later, or kustomize 5 or later, on the PATH, and there is neither.
              Linux, macOS   https://kubernetes.io/docs/tasks/tools/
              Debian 13      sudo apt-get install kubectl    (Debian 12 has only kubernetes-client, which is too old)
              macOS          brew install kubectl""";

    private final List<String> command;

    private Kustomize(List<String> command) {
        this.command = command;
    }

    /** What became of a folder. */
    sealed interface Outcome {}

    /** The manifests, one behind the other. */
    record Rendered(String yaml) implements Outcome {}

    /** It does not render, or not without a warning. */
    record Refused(String why) implements Outcome {}

    /** The one that this machine has. */
    static Kustomize ofThisMachine() throws ProgramMissing {
        Matcher version = KUBECTL_VERSION.matcher(answer(List.of("kubectl", "version", "--client")));
        if (version.find() && Integer.parseInt(version.group(1)) >= OLDEST_KUBECTL) {
            return new Kustomize(List.of("kubectl", "kustomize"));
        }
        if (answer(List.of("kustomize", "version")).startsWith("v5")) {
            return new Kustomize(List.of("kustomize", "build"));
        }
        throw new ProgramMissing(HOW_TO_GET_IT);
    }

    /** What a program says; nothing where there is none. */
    private static String answer(List<String> command) {
        try {
            return switch (run(command)) {
                case Rendered(String text) -> text;
                case Refused _ -> "";
            };
        } catch (IOException _) {
            return "";
        }
    }

    Outcome render(Path folder) throws IOException {
        return run(Stream.concat(command.stream(), Stream.of(folder.toString())).toList());
    }

    private static Outcome run(List<String> command) throws IOException {
        Path errors = Files.createTempFile("kustomize", ".txt");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Refused("takes longer than " + SECONDS + " s");
            }
            String messages = Files.readString(errors).strip();
            return process.exitValue() == 0 && messages.isEmpty() ? new Rendered(output) : new Refused(messages);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Refused("was interrupted");
        } finally {
            Files.delete(errors);
        }
    }
}
