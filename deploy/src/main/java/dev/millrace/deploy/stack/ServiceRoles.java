package dev.millrace.deploy.stack;

import dev.millrace.deploy.Yaml;
import java.util.Optional;
import java.util.stream.Stream;

/** Which role a service account has, by the stack's Pod Identity associations. */
final class ServiceRoles {

    private ServiceRoles() {}

    /** The role of a service account, as the template has it that associates the two. */
    static Optional<Resource> of(Templates templates, String serviceAccount) {
        return templates.all().stream()
                .flatMap(template -> template.resources("AWS::EKS::PodIdentityAssociation")
                        .filter(association -> association
                                .property("ServiceAccount")
                                .map(Yaml::text)
                                .equals(Optional.of(serviceAccount)))
                        .flatMap(association -> association.property("RoleArn", "Fn::GetAtt").stream())
                        .flatMap(role -> template.resources("AWS::IAM::Role")
                                .filter(resource -> role.text().equals(resource.id() + ".Arn"))))
                .findFirst();
    }

    /** The statements of what a role may do, without who may have it. */
    static Stream<Statement> rights(Resource role) {
        return role.property("Policies").stream()
                .flatMap(policies -> Statement.of(new Resource(role.file(), role.id(), policies)));
    }
}
