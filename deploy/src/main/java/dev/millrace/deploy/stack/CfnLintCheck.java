package dev.millrace.deploy.stack;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.ExternalProgram;
import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code cfn-lint} finds, where it is installed: names of properties, their values, versions that AWS no longer has. */
public final class CfnLintCheck implements Check {

    private static final String PROGRAM = "cfn-lint";

    /** {@code file:line:column:line:column:rule:message}. */
    private static final Pattern LINE = Pattern.compile("(.+?):(\\d+):\\d+:\\d+:\\d+:([A-Z]\\d+):(.*)");

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM, "--format", "parseable"));
        try (Stream<Path> files = Files.list(tree.resolve("aws"))) {
            files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .map(file -> "aws/" + file.getFileName())
                    .forEach(command::add);
        }
        return ExternalProgram.run(tree, command).map(CfnLintCheck::findings).orElseGet(List::of);
    }

    private static List<Finding> findings(ExternalProgram.Outcome outcome) {
        List<Finding> findings = outcome.output()
                .lines()
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .map(line -> new Finding(line.group(1), "line " + line.group(2), line.group(3) + line.group(4)))
                .toList();
        return findings.isEmpty() && outcome.code() != 0
                ? List.of(new Finding("aws", PROGRAM, outcome.output().strip()))
                : findings;
    }
}
