package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.Severity;
import java.net.URI;
import java.util.Optional;

/**
 * The topic that gets alerts.
 *
 * @param topicArn its ARN; it has the region
 * @param endpoint the API's address, where it is not the region's own
 */
public record SnsConfig(String topicArn, Optional<URI> endpoint) {

    /** The topic as a destination; no webhook has this name. */
    public static final String NAME = "sns";

    /** Who wants less filters by the attribute severity. */
    static final AlertRoute ROUTE = new AlertRoute(NAME, Severity.INFO);

    /** The region that the topic is in, which need not be that of the stream. */
    public String region() {
        return topicArn.split(":", -1)[3];
    }
}
