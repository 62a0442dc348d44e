package dev.millrace.deploy.kubernetes;

import dev.millrace.core.config.ReferenceStore;

/**
 * In place of Secrets Manager and the Parameter Store: has a plausible value for whatever is named as this environment's. Whether the
 * stack makes it, {@code dev.millrace.deploy.stack} asks of the templates.
 */
record StackReferences(String environment) implements ReferenceStore {

    private static final String LOGIN = """
            {"username": "user", "password": "password", "engine": "postgres", "host": "database.example", "port": 5432,
             "dbname": "millrace"}""";

    @Override
    public Answer secret(String id) {
        return id.endsWith("-" + environment)
                ? new Value(LOGIN)
                : new Refused("is by its name no secret of this environment's");
    }

    @Override
    public Answer parameter(String name) {
        if (!name.startsWith("/iot/" + environment + "/")) {
            return new Refused("is by its name no parameter of this environment's");
        }
        if (name.endsWith("/alerts-topic-arn")) {
            return new Value("arn:aws:sns:eu-central-1:123456789012:iot-alerts-" + environment);
        }
        return new Value(name.endsWith("/url") ? "rediss://redis.example:6379" : "database.example");
    }
}
