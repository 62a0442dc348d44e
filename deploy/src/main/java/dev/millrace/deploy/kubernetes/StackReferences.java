package dev.millrace.deploy.kubernetes;

import dev.millrace.core.config.ReferenceStore;
import java.util.Map;
import java.util.Set;

/**
 * In place of Secrets Manager and the Parameter Store: has what an environment's stack writes, by its name, with plausible values. The
 * names are the contract between {@code aws/} and {@code k8s/}.
 */
record StackReferences(String environment) implements ReferenceStore {

    private static final String LOGIN = """
            {"username": "user", "password": "password", "engine": "postgres", "host": "database.example", "port": 5432,
             "dbname": "millrace"}""";

    private static final Set<String> SECRETS = Set.of("iot-db-credentials", "iot-db-gateway", "iot-db-processor");

    /** The parameters, below {@code /iot/ENVIRONMENT/}. */
    private static final Map<String, String> PARAMETERS = Map.of(
            "db/endpoint", "database.example",
            "db/port", "5432",
            "db/name", "millrace",
            "kinesis/stream", "sensor-data-stream",
            "redis/endpoint", "redis.example",
            "redis/url", "rediss://redis.example:6379",
            "sns/alerts-topic-arn", "arn:aws:sns:eu-central-1:000000000000:alerts");

    @Override
    public Answer secret(String id) {
        boolean known = SECRETS.stream().anyMatch(secret -> id.equals(secret + "-" + environment));
        return known ? new Value(LOGIN) : new Refused("is none of the secrets of this environment's stack");
    }

    @Override
    public Answer parameter(String name) {
        String prefix = "/iot/" + environment + "/";
        String value = name.startsWith(prefix) ? PARAMETERS.get(name.substring(prefix.length())) : null;
        return value == null ? new Refused("is none of the parameters of this environment's stack") : new Value(value);
    }
}
