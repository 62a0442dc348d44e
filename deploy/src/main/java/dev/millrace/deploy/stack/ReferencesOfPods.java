package dev.millrace.deploy.stack;

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
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What pods refer to by {@code ssm:} and {@code secret:} is made by the stack, and their role may read it. */
final class ReferencesOfPods implements Policy {

    private static final Pattern REFERENCE = Pattern.compile("\\b(ssm|secret):([^\"'\\s]+)");

    /** How a manifest, whose environment a variable names, and a template write the environment. */
    private static final Pattern OF_POD =
            Pattern.compile("\\$\\(ENVIRONMENT\\)|(?<=[/-])(?:dev|staging|prod)(?=[/#]|$)");

    private static final String OF_TEMPLATE = "${Environment}";

    /** What rotation and attachment keep in a secret. */
    private static final Set<String> KEYS = Set.of("username", "password", "engine", "host", "port", "dbname");

    private static final List<String> SERVICES = List.of("gateway", "processor");

    @Override
    public List<Finding> findings(Templates templates) throws IOException {
        List<Path> manifests;
        try (Stream<Path> files = Files.walk(templates.tree().resolve("k8s"))) {
            manifests = files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
        List<Finding> findings = new ArrayList<>();
        for (Path manifest : manifests) {
            String file = templates.tree().relativize(manifest).toString();
            REFERENCE
                    .matcher(Files.readString(manifest))
                    .results()
                    .flatMap(reference -> problem(templates, file, reference).stream()
                            .map(problem -> new Finding(file, reference.group(), problem)))
                    .forEach(findings::add);
        }
        return findings;
    }

    private static Optional<String> problem(Templates templates, String file, MatchResult reference) {
        String name = OF_POD.matcher(reference.group(2)).replaceAll(Matcher.quoteReplacement(OF_TEMPLATE));
        return reference.group(1).equals("ssm") ? parameter(templates, file, name) : secret(templates, file, name);
    }

    private static Optional<String> parameter(Templates templates, String file, String name) {
        if (templates.resources("AWS::SSM::Parameter").noneMatch(parameter -> isNamed(parameter, name))) {
            return Optional.of("no template makes the parameter " + name);
        }
        return role(templates, file)
                .filter(role -> texts(role).noneMatch(resource -> resource.endsWith(":parameter" + name)))
                .map(role -> role.id() + " may not read " + name);
    }

    private static Optional<String> secret(Templates templates, String file, String reference) {
        int hash = reference.indexOf('#');
        String name = hash < 0 ? reference : reference.substring(0, hash);
        if (hash >= 0 && !KEYS.contains(reference.substring(hash + 1))) {
            return Optional.of("a login has no " + reference.substring(hash + 1) + ", only "
                    + KEYS.stream().sorted().toList());
        }
        Optional<Resource> secret = templates
                .resources("AWS::SecretsManager::Secret")
                .filter(resource -> isNamed(resource, name))
                .findFirst();
        if (secret.isEmpty()) {
            return Optional.of("no template makes the secret " + name);
        }
        return role(templates, file)
                .filter(role -> secrets(templates, role).noneMatch(secret.get().id()::equals))
                .map(role -> role.id() + " may not read " + name);
    }

    private static boolean isNamed(Resource resource, String name) {
        return resource.property("Name", "Fn::Sub").map(Yaml::text).equals(Optional.of(name));
    }

    /** The role of the service that a manifest is of. */
    private static Optional<Resource> role(Templates templates, String file) {
        return SERVICES.stream()
                .filter(service -> file.contains("/" + service + "/"))
                .findFirst()
                .flatMap(service -> ServiceRoles.of(templates, service));
    }

    private static Stream<String> texts(Resource role) {
        return ServiceRoles.rights(role)
                .flatMap(statement -> statement.resources().stream())
                .flatMap(resource -> resource.seek("Fn::Sub").stream())
                .map(Yaml::text);
    }

    /** The logical ids of the secrets that a role may read: by the parameter of its template, from another one's output. */
    private static Stream<String> secrets(Templates templates, Resource role) {
        Map<String, String> ids = templates.all().stream()
                .flatMap(template -> template.section("Outputs"))
                .filter(output -> output.getValue().seek("Value", "Ref").isPresent())
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        output -> output.getValue().at("Value", "Ref").text(),
                        (first, _) -> first));
        return ServiceRoles.rights(role)
                .filter(statement -> statement.actions().contains("secretsmanager:GetSecretValue"))
                .flatMap(statement -> statement.resources().stream())
                .flatMap(resource -> resource.seek("Ref").stream())
                .flatMap(parameter -> Optional.ofNullable(ids.get(parameter.text())).stream());
    }
}
