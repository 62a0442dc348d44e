package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.mqtt.MqttMetrics.WillOutcome;
import dev.millrace.gateway.mqtt.packet.Will;
import dev.millrace.gateway.publish.Chain;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A will whose connection broke.
 *
 * @param principal who left it
 * @param receivedAt the time of the last packet, microseconds since 1970: that of a reading without a timestamp
 */
record LastWill(MqttShared shared, String clientId, Principal principal, Will will, long receivedAt) {

    private static final Logger LOG = LoggerFactory.getLogger(LastWill.class);

    /** Publishes it as one publish; nobody is told what became of it, but it is counted. */
    void publish() {
        Optional<String> sensorId = Topic.sensorId(will.topic());
        if (sensorId.isEmpty()) {
            reject(Rejections.Code.WRONG_TOPIC, "A will is published to sensors/{sensorId}");
            return;
        }
        byte[] payload = will.payload();
        BodyFormat format = will.format().isPresent() ? will.format().get() : BodyFormat.of(payload, 0, payload.length);
        IngestBody body = shared.ingestor()
                .begin(format, new BodySource(principal.scope(), sensorId, OptionalLong.of(receivedAt)));
        body.write(payload, 0, payload.length);
        Optional<Future<IngestOutcome>> outcome = body.tryEnd(shared.limits().stallTimeout(), new Chain());
        if (outcome.isEmpty()) {
            body.abort();
            shared.metrics().will(WillOutcome.FAILED);
            return;
        }
        outcome.get().onSuccess(this::settle).onFailure(cause -> {
            LOG.error("A will failed unexpectedly", cause);
            shared.metrics().will(WillOutcome.FAILED);
        });
    }

    private void settle(IngestOutcome outcome) {
        switch (outcome) {
            case IngestOutcome.Accepted _ -> shared.metrics().will(WillOutcome.ACCEPTED);
            case IngestOutcome.Incomplete _, IngestOutcome.NotStarted _, IngestOutcome.ShuttingDown _ ->
                shared.metrics().will(WillOutcome.FAILED);
            case IngestOutcome.Malformed _, IngestOutcome.TooManyReadings _, IngestOutcome.NoneValid _ ->
                reject(Rejections.Code.INVALID_READING, "The will is no reading that its client may report");
        }
    }

    private void reject(Rejections.Code code, String detail) {
        shared.rejections().add(clientId, will.topic(), code, "", detail);
        shared.metrics().will(WillOutcome.REJECTED);
    }
}
