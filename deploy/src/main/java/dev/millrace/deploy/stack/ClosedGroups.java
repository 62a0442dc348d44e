package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Security groups let in groups, never addresses: the devices' listeners are the load balancer's, which Kubernetes makes. */
final class ClosedGroups implements Policy {

    private static final Set<String> ADDRESSES = Set.of("CidrIp", "CidrIpv6", "SourcePrefixListId");

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources()
                .flatMap(resource -> ingress(resource)
                        .flatMap(Yaml::entries)
                        .filter(field -> ADDRESSES.contains(field.getKey()))
                        .map(field -> resource.finding(
                                field.getValue(),
                                "lets in the addresses " + field.getValue().text()
                                        + " and must name a security group")))
                .toList();
    }

    private static Stream<Yaml> ingress(Resource resource) {
        return switch (resource.type()) {
            case "AWS::EC2::SecurityGroup" ->
                resource.property("SecurityGroupIngress").stream().flatMap(Yaml::each);
            case "AWS::EC2::SecurityGroupIngress" -> resource.body().seek("Properties").stream();
            default -> Stream.empty();
        };
    }
}
