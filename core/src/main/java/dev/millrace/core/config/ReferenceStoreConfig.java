package dev.millrace.core.config;

import java.net.URI;
import java.util.Optional;

/**
 * How AWS Secrets Manager and the Parameter Store are reached.
 *
 * @param secretsManager that API's address, where it is not what the SDK finds by itself
 * @param parameterStore that API's address, where it is not what the SDK finds by itself
 * @param credentials fixed credentials from the environment; empty: the SDK's default chain finds them
 */
public record ReferenceStoreConfig(
        String region,
        Optional<URI> secretsManager,
        Optional<URI> parameterStore,
        Optional<KinesisConfig.Credentials> credentials) {

    /** What the SDK's standard variables say; none of them can be a reference to what they lead to. */
    public static ReferenceStoreConfig read(Environment environment) {
        return new ReferenceStoreConfig(
                KinesisConfig.readRegion(environment),
                environment.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER", KinesisConfig::parseEndpoint),
                environment.optional("AWS_ENDPOINT_URL_SSM", KinesisConfig::parseEndpoint),
                KinesisConfig.readCredentials(environment));
    }
}
