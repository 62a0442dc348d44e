package dev.millrace.core.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which stream, and how to reach it.
 *
 * @param endpoint the API's address, where it is not the region's own
 * @param credentials fixed credentials from the environment; empty: the SDK's default chain finds them
 */
public record KinesisConfig(String stream, String region, Optional<URI> endpoint, Optional<Credentials> credentials) {

    /** The API's rule for names of streams. */
    private static final Pattern STREAM = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");

    private static final Pattern ENVIRONMENT = Pattern.compile("[a-zA-Z0-9_.-]{1,100}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    /** A key pair; its text never tells the secret. */
    public record Credentials(String accessKeyId, String secretAccessKey, Optional<String> sessionToken) {
        @Override
        public String toString() {
            return "Credentials[" + accessKeyId + "]";
        }
    }

    /** What {@code KINESIS_STREAM} and the SDK's standard variables say. */
    public static KinesisConfig read(Environment environment) {
        String name = environment.text(
                "ENVIRONMENT", "dev", ENVIRONMENT, "must have 1 to 100 characters of A-Z a-z 0-9 . _ -");
        String stream = environment.text(
                "KINESIS_STREAM",
                "sensor-data-stream-" + name,
                STREAM,
                "must have 1 to 128 characters of A-Z a-z 0-9 . _ -");
        return new KinesisConfig(
                stream,
                readRegion(environment),
                environment.optional("AWS_ENDPOINT_URL_KINESIS", KinesisConfig::parseEndpoint),
                readCredentials(environment));
    }

    static String readRegion(Environment environment) {
        return environment.text("AWS_REGION", "eu-central-1", REGION, "must be a region such as eu-central-1");
    }

    static Optional<Credentials> readCredentials(Environment environment) {
        Optional<String> key = environment.optionalText("AWS_ACCESS_KEY_ID");
        Optional<String> secret = environment.optionalText("AWS_SECRET_ACCESS_KEY");
        Optional<String> token = environment.optionalText("AWS_SESSION_TOKEN");
        if (key.isPresent() != secret.isPresent()) {
            environment.problem("AWS_ACCESS_KEY_ID", "must be set together with AWS_SECRET_ACCESS_KEY");
        }
        return key.flatMap(id -> secret.map(value -> new Credentials(id, value, token)));
    }

    /** An API's address, as a setting has it. */
    public static URI parseEndpoint(String text) {
        try {
            URI uri = new URI(text);
            boolean hasPort = uri.getPort() != 0 && uri.getPort() <= 65_535;
            if (hasPort
                    && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException _) {
            // said below
        }
        throw new IllegalArgumentException("must be an http or https URL");
    }
}
