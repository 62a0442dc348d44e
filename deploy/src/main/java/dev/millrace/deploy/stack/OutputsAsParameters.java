package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whatever the whole stack puts out is a parameter of the Parameter Store too: programs find it there, people in either. */
final class OutputsAsParameters implements Policy {

    private static final String ROOT = "aws/stack.yaml";

    @Override
    public List<Finding> findings(Templates templates) {
        return templates.named(ROOT).stream()
                .flatMap(root -> root.section("Outputs")
                        .filter(output -> !isParameter(templates, root, output.getValue()))
                        .map(output -> new Finding(
                                ROOT, "Outputs." + output.getKey(), "is no parameter below /iot/${Environment}/")))
                .toList();
    }

    private static boolean isParameter(Templates templates, Template root, Yaml output) {
        List<String> way = output.seek("Value", "Fn::GetAtt").stream()
                .flatMap(attribute -> List.of(attribute.text().split("\\.", -1)).stream())
                .toList();
        return way.size() == 3
                && root.resources().stream()
                        .filter(stack -> stack.id().equals(way.getFirst()))
                        .flatMap(stack -> NestedStacks.nested(templates, stack).stream())
                        .anyMatch(nested -> writes(nested, way.getLast()));
    }

    private static boolean writes(Template nested, String output) {
        Optional<Object> value = nested.section("Outputs")
                .filter(entry -> entry.getKey().equals(output))
                .map(Map.Entry::getValue)
                .flatMap(entry -> entry.seek("Value").stream())
                .map(Yaml::value)
                .findFirst();
        return nested.resources("AWS::SSM::Parameter")
                .anyMatch(parameter ->
                        parameter.property("Value").map(Yaml::value).equals(value));
    }
}
