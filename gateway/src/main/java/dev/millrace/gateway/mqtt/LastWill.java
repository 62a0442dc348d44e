package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.mqtt.MqttMetrics.WillOutcome;
import dev.millrace.gateway.mqtt.packet.Will;
import dev.millrace.gateway.publish.Chain;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A will whose connection broke. It ends in {@link #publish} or {@link #discard}.
 *
 * @param bytes its part of the memory for what is being read
 * @param receivedAt the time of the last packet, microseconds since 1970: that of a reading without a timestamp
 * @param address where who left it came from, for the log
 */
record LastWill(MqttShared shared, Client client, Will will, BodyBudget.Share bytes, long receivedAt, String address)
        implements Sessions.Will {

    private static final Logger LOG = LoggerFactory.getLogger(LastWill.class);

    /** Publishes it as one publish; nobody is told what became of it, but it is counted. */
    @Override
    public void publish() {
        bytes.resize(0);
        Optional<String> sensorId = Topic.sensorId(will.topic());
        // who left it may be nobody any more
        Reception.Verdict verdict = shared.reception().again(client.credentials(), address);
        if (sensorId.isEmpty()) {
            reject(Rejections.Code.WRONG_TOPIC, "A will is published to sensors/{sensorId}");
        } else if (verdict instanceof Reception.Verdict.Welcome welcome) {
            publish(new BodySource(welcome.principal().scope(), sensorId, OptionalLong.of(receivedAt)));
        } else {
            reject(Rejections.Code.FORBIDDEN, "The key of who left the will is not in force any more");
        }
    }

    private void publish(BodySource source) {
        byte[] payload = will.payload();
        BodyFormat format = will.format().isPresent() ? will.format().get() : BodyFormat.of(payload, 0, payload.length);
        IngestBody body = shared.ingestor().begin(format, source);
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

    /** It is not to be published. */
    @Override
    public void discard() {
        bytes.resize(0);
    }

    private void settle(IngestOutcome outcome) {
        shared.rejections().record(client.id(), will.topic(), outcome);
        shared.metrics()
                .will(
                        switch (outcome) {
                            case IngestOutcome.Accepted _ -> WillOutcome.ACCEPTED;
                            case IngestOutcome.Incomplete _, IngestOutcome.NotStarted _, IngestOutcome.ShuttingDown _ ->
                                WillOutcome.FAILED;
                            case IngestOutcome.Malformed _,
                                    IngestOutcome.TooManyReadings _,
                                    IngestOutcome.NoneValid _ -> WillOutcome.REJECTED;
                        });
    }

    private void reject(Rejections.Code code, String detail) {
        shared.rejections().add(client.id(), will.topic(), code, "", detail);
        shared.metrics().will(WillOutcome.REJECTED);
    }
}
