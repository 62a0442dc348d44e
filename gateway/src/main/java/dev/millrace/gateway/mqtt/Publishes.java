package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.limit.AddressRateLimit;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.mqtt.MqttMetrics.End;
import dev.millrace.gateway.mqtt.MqttMetrics.Publish;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.PacketEncoder;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import dev.millrace.gateway.publish.Chain;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publishes of one connection, from their packet to their answer.
 *
 * <pre>
 *   PUBLISH ──▶ no room ──▶ on its way ──▶ settled ──▶ first in line: PUBACK, PUBREC
 *      │           │ one at most: the socket is not read meanwhile
 *      │           └─ too long ─▶ the connection ends
 *      └─ no reading, wrong topic, over its rate ──▶ settled
 * </pre>
 *
 * A publish that the stream did not take in time ends the connection, and none behind it reaches the stream (G2): the
 * client sends all that has no answer again. Confined to its event loop.
 */
final class Publishes {

    /** What a client of MQTT 3.1.1 may have without PUBREL; those that exist have far fewer. */
    private static final int MAX_UNFINISHED = 1_000;

    /** What a publish of QoS 0 may take: nobody waits for it. */
    private static final Duration QOS_0_TIMEOUT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Publishes.class);

    /** What becomes of the connection. */
    interface Line {

        /** What is to be sent; it is sent soon. */
        ByteBuf out();

        /** Whether the next packet may be read may have changed, or the last answer has gone out. */
        void flowChanged();

        /** The connection cannot go on. */
        void end(End end, ReasonCode reason);
    }

    /** A publish that there is no room for, or whose sender is over its rate. */
    private static final class Waiting {
        private final int qos;
        private final int packetId;
        private final String topic;
        private final IngestBody body;
        private final BodyBudget.Share bytes;
        private long since;
        /** When it may be tried, by the clock; for what is over its rate. */
        private long notBefore;

        private boolean overRate;

        Waiting(
                int qos,
                int packetId,
                String topic,
                IngestBody body,
                BodyBudget.Share bytes,
                long since,
                long notBefore) {
            this.qos = qos;
            this.packetId = packetId;
            this.topic = topic;
            this.body = body;
            this.bytes = bytes;
            this.since = since;
            this.notBefore = notBefore;
            this.overRate = notBefore > since;
        }
    }

    private final MqttShared shared;
    private final Client client;
    private final Line line;
    private final Qos2Ids ids;
    private final long addressKey;
    private final Duration patience;
    private final Chain chain = new Chain();
    private final Answers answers;
    private final TopicAliases aliases;
    private Principal principal;
    private @Nullable Waiting waiting;
    private boolean over;

    /**
     * None yet.
     *
     * @param addressKey where the client calls from, for its rate
     * @param patience how long a publish may wait for the stream
     */
    Publishes(
            MqttShared shared,
            Client client,
            Principal principal,
            Qos2Ids ids,
            long addressKey,
            Duration patience,
            Line line) {
        this.shared = shared;
        this.client = client;
        this.principal = principal;
        this.ids = ids;
        this.addressKey = addressKey;
        this.patience = patience;
        this.line = line;
        this.answers = new Answers(client, ids, line);
        this.aliases = new TopicAliases(shared.limits().topicAliasMaximum());
    }

    /** From now on the client is this, as its credentials say. */
    void become(Principal changed) {
        principal = changed;
    }

    /** Whether the next packet may be read. */
    boolean mayRead() {
        return waiting == null
                && (knowsReceiveMaximum() || answers.size() < shared.limits().receiveMaximum());
    }

    /** Clients of MQTT 5 are told how many publishes may be without an answer, and cut off for more (3.3.4). */
    private boolean knowsReceiveMaximum() {
        return client.version() == ProtocolVersion.V5;
    }

    /** Whether a publish waits for room. */
    boolean isWaiting() {
        return waiting != null;
    }

    /** Whether every publish that was taken has its answer. */
    boolean isIdle() {
        return answers.isEmpty();
    }

    /** The connection is over: nothing is answered any more. What is on its way goes on. */
    void abandon() {
        over = true;
        answers.clear();
        if (waiting != null) {
            waiting.body.abort();
            waiting.bytes.resize(0);
            waiting = null;
        }
    }

    /** A PUBLISH has come. */
    void publish(Packet.Publish publish) {
        switch (aliases.resolve(publish.topicAlias(), publish.topic())) {
            case TopicAliases.Resolved.Topic(String topic) -> publish(publish, topic);
            case TopicAliases.Resolved.Invalid(ReasonCode reason) -> line.end(End.PROTOCOL, reason);
        }
    }

    private void publish(Packet.Publish publish, String topic) {
        if (publish.qos() == 2 && isRepeated(publish.packetId(), publish.repeated())) {
            return;
        }
        if (publish.qos() > 0 && !isWithinReceiveMaximum()) {
            line.end(End.PROTOCOL, ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
            return;
        }
        Optional<String> sensorId = Topic.sensorId(topic);
        if (sensorId.isEmpty()) {
            wrongTopic(publish.qos(), publish.packetId(), topic);
            return;
        }
        long now = shared.nanoTime().getAsLong();
        long wait = rateWait(now);
        boolean canBeTold = publish.qos() == 0 || client.version().hasReasonCodes();
        if (wait > 0 && canBeTold) {
            overRate(publish);
            return;
        }
        IngestBody body = body(publish, sensorId.get());
        // its other connections may have been faster
        long left = wait > 0 ? wait : tryTake(body, now);
        if (left > 0) {
            if (canBeTold) {
                body.abort();
                overRate(publish);
            } else if (left > patience.toNanos()) {
                // what waits is held: not for hours
                body.abort();
                shared.metrics().publish(publish.qos(), Publish.GIVEN_UP);
                line.end(End.STALLED, ReasonCode.QUOTA_EXCEEDED);
            } else {
                await(waiting(publish, topic, body, now, now + left));
            }
            return;
        }
        if (!offer(publish.qos(), publish.packetId(), topic, body, patience)) {
            if (publish.qos() == 0) {
                body.abort();
                shared.metrics().publish(0, Publish.DROPPED);
            } else {
                await(waiting(publish, topic, body, now, now));
            }
        }
    }

    /** A PUBLISH that was too large to be read. */
    void oversize(Packet.OversizePublish publish) {
        if (publish.qos() == 2 && isRepeated(publish.packetId(), publish.repeated())) {
            return;
        }
        String detail = "A packet must have at most " + shared.limits().maxPacketBytes() + " bytes";
        shared.rejections().add(client.id(), publish.topic(), Rejections.Code.TOO_LARGE, "", detail);
        settleAtOnce(publish.qos(), publish.packetId(), Settled.refused(ReasonCode.QUOTA_EXCEEDED, detail));
    }

    /** A PUBREL has come. */
    void release(int packetId) {
        ReasonCode reason = ids.release(packetId) ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
        PacketEncoder.complete(line.out(), client.version(), packetId, reason);
    }

    /** Tries again what waits for room. */
    void retry(long now) {
        Waiting tried = waiting;
        if (tried == null || now - tried.notBefore < 0) {
            return;
        }
        if (tried.overRate) {
            long wait = rateWait(now);
            if (wait == 0) {
                wait = tryTake(tried.body, now);
            }
            if (wait > 0 && now - tried.since > patience.toNanos()) {
                shared.metrics().publish(tried.qos, Publish.GIVEN_UP);
                line.end(End.STALLED, ReasonCode.QUOTA_EXCEEDED);
                return;
            }
            if (wait > 0) {
                tried.notBefore = now + wait;
                return;
            }
            // from now on it is the stream that it waits for
            tried.overRate = false;
            tried.since = now;
        }
        Duration left = patience.minusNanos(now - tried.since);
        if (left.isNegative() || left.isZero()) {
            shared.metrics().publish(tried.qos, Publish.GIVEN_UP);
            line.end(End.STALLED, shared.ingestor().isOpen() ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.SERVER_BUSY);
            return;
        }
        // what it leads to must not find it waiting
        waiting = null;
        if (offer(tried.qos, tried.packetId, tried.topic, tried.body, left)) {
            tried.bytes.resize(0);
            line.flowChanged();
        } else {
            waiting = tried;
        }
    }

    /** Whether a publish of QoS 2 came before; then it gets its PUBREC again, or for the first time when that is due. */
    private boolean isRepeated(int packetId, boolean repeated) {
        if (ids.isOnItsWay(packetId)) {
            return true;
        }
        boolean received = ids.isReceived(packetId, repeated);
        if (received) {
            // at once: behind others it could come when the identifier is in use again
            PacketEncoder.acknowledge(line.out(), client.version(), 2, packetId, ReasonCode.SUCCESS, "");
        }
        return received;
    }

    private boolean isWithinReceiveMaximum() {
        int unfinished = answers.size() + ids.receivedCount();
        return unfinished < (knowsReceiveMaximum() ? shared.limits().receiveMaximum() : MAX_UNFINISHED);
    }

    private void wrongTopic(int qos, int packetId, String topic) {
        String detail = "Readings are published to sensors/{sensorId}";
        shared.rejections().add(client.id(), topic, Rejections.Code.WRONG_TOPIC, "", detail);
        settleAtOnce(qos, packetId, Settled.refused(ReasonCode.TOPIC_NAME_INVALID, detail));
    }

    private long rateWait(long now) {
        Optional<AddressRateLimit> rate = shared.clients().rate();
        long wait = rate.isEmpty() ? 0 : rate.get().take(addressKey, now);
        return wait > 0 ? wait : shared.clients().waitOf(principal.name(), principal.rate(), now);
    }

    private void overRate(Packet.Publish publish) {
        settleAtOnce(
                publish.qos(),
                publish.packetId(),
                new Settled.Acknowledged(
                        Publish.RATE_LIMITED,
                        ReasonCode.QUOTA_EXCEEDED,
                        "This device or its address publishes more than it may"));
    }

    private long tryTake(IngestBody body, long now) {
        return shared.clients()
                .tryTake(principal.name(), principal.rate(), Math.max(1, body.countItems()), body.bytes(), now);
    }

    private IngestBody body(Packet.Publish publish, String sensorId) {
        BodyFormat format = publish.format().isPresent()
                ? publish.format().get()
                : BodyFormat.of(publish.buffer(), publish.offset(), publish.length());
        BodySource source = new BodySource(principal.scope(), Optional.of(sensorId), OptionalLong.empty());
        IngestBody body = shared.ingestor().begin(format, source);
        body.write(publish.buffer(), publish.offset(), publish.length());
        return body;
    }

    /** Gives a body to the publisher, if there is room for it. */
    private boolean offer(int qos, int packetId, String topic, IngestBody body, Duration timeout) {
        BodyBudget.Share refusals = shared.clients().bodies().new Share();
        if (!refusals.resize(body.refusalBytes())) {
            return false;
        }
        Optional<Future<IngestOutcome>> outcome = qos == 0
                // by itself: that it is lost is no reason to end the connection
                ? body.tryEnd(timeout.compareTo(QOS_0_TIMEOUT) < 0 ? timeout : QOS_0_TIMEOUT, Chain.expendable())
                : body.tryEnd(timeout, chain);
        if (outcome.isEmpty()) {
            refusals.resize(0);
            return false;
        }
        shared.inFlight().incrementAndGet();
        if (qos == 2) {
            ids.begin(packetId);
        }
        Optional<Answers.Answer> answer = qos == 0 ? Optional.empty() : Optional.of(answers.add(qos, packetId));
        outcome.get().onComplete(result -> {
            shared.inFlight().decrementAndGet();
            refusals.resize(0);
            Settled settled;
            if (result.succeeded()) {
                shared.rejections().record(client.id(), topic, result.result());
                settled = Settled.of(result.result(), client.version());
            } else {
                LOG.error("A publish failed unexpectedly", result.cause());
                settled = Settled.DEFECT;
            }
            settle(qos, answer, settled);
        });
        if (!mayRead()) {
            line.flowChanged();
        }
        return true;
    }

    private void settleAtOnce(int qos, int packetId, Settled settled) {
        settle(qos, qos == 0 ? Optional.empty() : Optional.of(answers.add(qos, packetId)), settled);
        if (!over && !mayRead()) {
            // it waits for its turn, and counts like one that is on its way
            line.flowChanged();
        }
    }

    /** @param answer what is to be answered; empty where nothing is */
    private void settle(int qos, Optional<Answers.Answer> answer, Settled settled) {
        shared.metrics().publish(qos, settled.counted());
        if (over) {
            return;
        }
        if (answer.isPresent()) {
            boolean could = mayRead();
            answers.settle(answer.get(), settled);
            if (!over && (answers.isEmpty() || could != mayRead())) {
                line.flowChanged();
            }
        } else if (settled instanceof Settled.Closed(Publish _, End end, ReasonCode reason)
                && end == End.UNAUTHORIZED) {
            line.end(end, reason);
        }
    }

    private Waiting waiting(Packet.Publish publish, String topic, IngestBody body, long since, long notBefore) {
        BodyBudget.Share bytes = shared.clients().bodies().new Share();
        return new Waiting(publish.qos(), publish.packetId(), topic, body, bytes, since, notBefore);
    }

    private void await(Waiting one) {
        if (!one.bytes.resize(one.body.heldBytes())) {
            one.body.abort();
            line.end(End.NO_ROOM, ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        waiting = one;
        line.flowChanged();
    }
}
