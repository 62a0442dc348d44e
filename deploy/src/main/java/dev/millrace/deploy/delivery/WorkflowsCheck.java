package dev.millrace.deploy.delivery;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code .github/workflows} may do: run code of others only at a commit that was looked at, hold no right that it does not
 * name, and type only what the Makefile has.
 */
public final class WorkflowsCheck implements Check {

    private static final Path WORKFLOWS = Path.of(".github", "workflows");

    /** A tag can be moved to other code, a commit cannot. */
    private static final Pattern AT_A_COMMIT = Pattern.compile("[\\w./-]+@[0-9a-f]{40}");

    private static final Pattern MAKE = Pattern.compile("\\bmake ([a-z]+)\\b");
    private static final Pattern TARGET = Pattern.compile("(?m)^([a-z]+):");

    /** Runs with the rights of the repository on code that anybody may have proposed. */
    private static final String PULL_REQUEST_TARGET = "pull_request_target";

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        Set<String> targets = TARGET.matcher(Files.readString(tree.resolve("Makefile")))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
        List<Path> files;
        try (Stream<Path> all = Files.list(tree.resolve(WORKFLOWS))) {
            files = all.sorted().toList();
        }
        List<Finding> findings = new ArrayList<>();
        for (Path file : files) {
            new Workflow(tree.relativize(file).toString(), Yaml.file(file), targets, findings).check();
        }
        return findings;
    }

    /** One file. */
    private record Workflow(String file, Yaml yaml, Set<String> targets, List<Finding> findings) {

        private void check() {
            if (!yaml.find("permissions").map(Yaml::value).equals(Optional.of(Map.of("contents", "read")))) {
                wrong("permissions", "must be contents: read and nothing else; a job that needs more says so itself");
            }
            if (yaml.find("on", PULL_REQUEST_TARGET).isPresent()) {
                wrong(
                        "on." + PULL_REQUEST_TARGET,
                        "must not be used: it gives strangers' code the repository's rights");
            }
            yaml.at("jobs").map().keySet().forEach(name -> job("jobs." + name, yaml.at("jobs", name)));
        }

        private void job(String field, Yaml job) {
            if (job.find("uses").isPresent()) {
                uses(field + ".uses", job.at("uses").text());
                return;
            }
            if (job.find("timeout-minutes").isEmpty()) {
                wrong(field + ".timeout-minutes", "is missing: a job that hangs would run for six hours");
            }
            List<Yaml> steps = job.at("steps").items().toList();
            for (int i = 0; i < steps.size(); i++) {
                step(field + ".steps[" + i + "]", steps.get(i));
            }
        }

        private void step(String field, Yaml step) {
            step.find("uses").ifPresent(uses -> {
                uses(field + ".uses", uses.text());
                if (uses.text().startsWith("actions/checkout@")
                        && !step.find("with", "persist-credentials")
                                .map(Yaml::text)
                                .equals(Optional.of("false"))) {
                    wrong(field + ".with.persist-credentials", "must be false: later steps need no token for Git");
                }
            });
            step.find("run").ifPresent(run -> MAKE.matcher(run.text())
                    .results()
                    .map(match -> match.group(1))
                    .filter(target -> !targets.contains(target))
                    .forEach(target -> wrong(field + ".run", "the Makefile has no target " + target)));
        }

        private void uses(String field, String what) {
            if (!what.startsWith("./") && !AT_A_COMMIT.matcher(what).matches()) {
                wrong(field, what + " must be named by its commit, 40 hexadecimal digits");
            }
        }

        private void wrong(String field, String problem) {
            findings.add(new Finding(file, field, problem));
        }
    }
}
