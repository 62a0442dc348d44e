package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A nested stack gets exactly the parameters that its template declares, and gives the outputs that are asked of it. */
final class NestedStacks implements Policy {

    private static final String STACK = "AWS::CloudFormation::Stack";

    /** Deployed by themselves. */
    private static final Set<String> ROOTS = Set.of("aws/stack.yaml", "aws/deploy-role.yaml");

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        Set<String> lonely =
                templates.all().stream().map(Template::file).collect(Collectors.toCollection(HashSet::new));
        lonely.removeAll(ROOTS);
        for (Template template : templates.all()) {
            for (Resource stack : template.resources(STACK).toList()) {
                Optional<Template> nested = nested(templates, stack);
                if (nested.isEmpty()) {
                    findings.add(stack.finding("Properties.TemplateURL", "there is no such template in aws/"));
                } else {
                    lonely.remove(nested.get().file());
                    findings.addAll(parameters(stack, nested.get()));
                    findings.addAll(outputs(template, stack, nested.get()));
                }
            }
        }
        lonely.stream()
                .sorted()
                .map(file -> new Finding(file, "template", "is nested by no stack"))
                .forEach(findings::add);
        return findings;
    }

    /** The template of a nested stack. */
    static Optional<Template> nested(Templates templates, Resource stack) {
        return stack.property("TemplateURL").flatMap(url -> templates.named("aws/" + url.text()));
    }

    private static List<Finding> parameters(Resource stack, Template nested) {
        Set<String> given = stack.property("Parameters").stream()
                .flatMap(Yaml::entries)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
        Set<String> declared = nested.names("Parameters");
        List<Finding> findings = new ArrayList<>();
        declared.stream()
                .filter(name -> !given.contains(name))
                .sorted()
                .map(name -> stack.finding(
                        "Properties.Parameters." + name, "is declared by " + nested.file() + " and not given"))
                .forEach(findings::add);
        given.stream()
                .filter(name -> !declared.contains(name))
                .sorted()
                .map(name -> stack.finding("Properties.Parameters." + name, "is not declared by " + nested.file()))
                .forEach(findings::add);
        return findings;
    }

    private static List<Finding> outputs(Template template, Resource stack, Template nested) {
        String prefix = stack.id() + ".Outputs.";
        Set<String> given = nested.names("Outputs");
        return template.root()
                .all()
                .flatMap(value -> value.seek("Fn::GetAtt").stream())
                .filter(attribute -> attribute.text().startsWith(prefix))
                .filter(attribute -> !given.contains(attribute.text().substring(prefix.length())))
                .map(attribute -> new Finding(template.file(), attribute.text(), nested.file() + " has no such output"))
                .toList();
    }
}
