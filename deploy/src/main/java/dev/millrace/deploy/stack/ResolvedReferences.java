package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a template refers to is there, and what it declares is used. */
final class ResolvedReferences implements Policy {

    /** {@code ${Name}} or {@code ${Name.Attribute}} of {@code Fn::Sub}; {@code ${!Name}} stands for itself. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^!}][^}]*)}");

    @Override
    public List<Finding> findings(Templates templates) {
        return templates.all().stream()
                .flatMap(template -> new OfTemplate(template).findings().stream())
                .toList();
    }

    private static final class OfTemplate {

        private final Template template;
        private final Set<String> parameters;
        private final Set<String> resources;
        private final Set<String> conditions;
        private final Set<String> unused = new HashSet<>();
        private final List<Finding> findings = new ArrayList<>();

        OfTemplate(Template template) {
            this.template = template;
            parameters = template.names("Parameters");
            resources = template.names("Resources");
            conditions = template.names("Conditions");
            unused.addAll(parameters);
            unused.addAll(conditions);
        }

        List<Finding> findings() {
            template.root().all().forEach(value -> value.entries().forEach(this::look));
            unused.stream()
                    .sorted()
                    .map(name -> new Finding(template.file(), name, "is declared and never used"))
                    .forEach(findings::add);
            return findings;
        }

        private void look(Map.Entry<String, Yaml> entry) {
            Yaml value = entry.getValue();
            switch (entry.getKey()) {
                case "Ref" -> name(value, value.text());
                case "Fn::GetAtt" -> attribute(value);
                case "Fn::Sub" -> text(value);
                case "Fn::FindInMap" -> mapped(value);
                case "Fn::If" ->
                    condition(value, value.items().findFirst().map(Yaml::text).orElse(""));
                case "Condition" -> {
                    // a statement of IAM has conditions of its own
                    if (value.value() instanceof String name) {
                        condition(value, name);
                    }
                }
                case "DependsOn" -> value.each().forEach(resource -> resource(value, resource.text()));
                default -> {
                    // no reference
                }
            }
        }

        private void name(Yaml at, String name) {
            unused.remove(name);
            if (!name.startsWith("AWS::") && !parameters.contains(name) && !resources.contains(name)) {
                wrong(at, "there is no parameter and no resource " + name);
            }
        }

        private void attribute(Yaml value) {
            String name = value.each().findFirst().map(Yaml::text).orElse("");
            resource(value, name.contains(".") ? name.substring(0, name.indexOf('.')) : name);
        }

        private void resource(Yaml at, String name) {
            if (!resources.contains(name)) {
                wrong(at, "there is no resource " + name);
            }
        }

        private void text(Yaml value) {
            List<Yaml> parts = value.each().toList();
            Set<String> own = parts.size() > 1 ? parts.get(1).map().keySet() : Set.of();
            VARIABLE.matcher(parts.getFirst().text())
                    .results()
                    .map(variable -> variable.group(1))
                    .map(variable -> variable.contains(".") ? variable.substring(0, variable.indexOf('.')) : variable)
                    .filter(variable -> !own.contains(variable))
                    .forEach(variable -> name(value, variable));
        }

        private void mapped(Yaml value) {
            List<Yaml> path = value.items().toList();
            List<Yaml> rows = template.seek("Mappings", path.getFirst().text()).stream()
                    .flatMap(Yaml::entries)
                    .map(Map.Entry::getValue)
                    .toList();
            if (rows.isEmpty()) {
                wrong(value, "there is no mapping " + path.getFirst().text());
            }
            String column = path.getLast().text();
            rows.stream()
                    .filter(row -> row.seek(column).isEmpty())
                    .forEach(row -> wrong(value, row.where().substring(1).replace('/', '.') + " has no " + column));
        }

        private void condition(Yaml at, String name) {
            unused.remove(name);
            if (!conditions.contains(name)) {
                wrong(at, "there is no condition " + name);
            }
        }

        private void wrong(Yaml at, String problem) {
            String field = Stream.of(at.where().split("/", -1))
                    .filter(part -> !part.isEmpty() && !part.equals("Resources"))
                    .reduce((way, part) -> way + "." + part)
                    .orElse("");
            findings.add(new Finding(template.file(), field, problem));
        }
    }
}
