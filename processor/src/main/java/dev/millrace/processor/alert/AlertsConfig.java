package dev.millrace.processor.alert;

import dev.millrace.core.config.CaBundle;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.processor.yaml.Problem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who is told of anomalies, and of which.
 *
 * @param environment where it is, for receivers that hear of several
 * @param sns the topic; empty: there is none
 * @param rootCertificates whom webhooks' certificates must come from; empty: whom Java trusts
 * @param maxAge an opening whose reading arrived longer ago is told only while it lasts
 */
public record AlertsConfig(
        String environment,
        Optional<SnsConfig> sns,
        List<WebhookConfig> webhooks,
        Optional<CaBundle> rootCertificates,
        Duration maxAge) {

    private static final Pattern TOPIC =
            Pattern.compile("arn:aws[a-z-]*:sns:[a-z0-9][a-z0-9-]{0,62}:\\d{12}:[A-Za-z0-9_-]{1,256}");

    /** What the settings {@code ALERT…} say. */
    public static AlertsConfig read(Environment environment) {
        Optional<String> topic = environment.optional("ALERTS_SNS_TOPIC_ARN", AlertsConfig::topic);
        Optional<URI> endpoint = environment.optional("AWS_ENDPOINT_URL_SNS", KinesisConfig::parseEndpoint);
        return new AlertsConfig(
                environment.text("ENVIRONMENT", "dev"),
                topic.map(arn -> new SnsConfig(arn, endpoint)),
                environment
                        .optional("ALERT_WEBHOOKS_FILE", path -> webhooks(path, environment))
                        .orElseGet(List::of),
                environment.optional("ALERT_WEBHOOKS_CA_FILE", CaBundle::parse),
                environment.duration("ALERT_MAX_AGE", "10m"));
    }

    private static String topic(String text) {
        if (!TOPIC.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "must be the ARN of a standard topic, such as arn:aws:sns:eu-central-1:123456789012:iot-alerts-dev");
        }
        return text;
    }

    private static List<WebhookConfig> webhooks(String path, Environment environment) {
        String text;
        try {
            text = Files.readString(Path.of(path));
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException("the file cannot be read as UTF-8 text", e);
        }
        return switch (WebhookFile.parse(text, environment::resolve)) {
            case WebhookFile.Valid(List<WebhookConfig> webhooks) -> webhooks;
            case WebhookFile.Refused(List<Problem> problems) ->
                throw new IllegalArgumentException(
                        problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        };
    }

    /** Who is told of what. */
    public List<AlertRoute> routes() {
        return Stream.concat(
                        sns.stream().map(_ -> SnsConfig.ROUTE),
                        webhooks.stream().map(WebhookConfig::route))
                .toList();
    }
}
