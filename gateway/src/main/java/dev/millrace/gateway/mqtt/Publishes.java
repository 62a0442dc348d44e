package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.ItemRefusal;
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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publishes of one connection, from their packet to their answer. Answers go out in the order in which the publishes came,
 * whatever the order in which the stream took them (MQTT 5, 4.6).
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

    /** The largest topic alias that a client may use. */
    static final int MAX_TOPIC_ALIAS = 32;

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

    /** A publish that has no answer yet. */
    private static final class Answer {
        private final int qos;
        private final int packetId;
        private @Nullable Settled settled;

        Answer(int qos, int packetId) {
            this.qos = qos;
            this.packetId = packetId;
        }
    }

    /** A publish that there is no room for, or whose sender is over its rate. */
    private static final class Waiting {
        private final int qos;
        private final int packetId;
        private final String topic;
        private final IngestBody body;
        private final long since;
        /** When it may be tried, by the clock; for what is over its rate. */
        private long notBefore;

        private boolean overRate;

        Waiting(int qos, int packetId, String topic, IngestBody body, long since, long notBefore) {
            this.qos = qos;
            this.packetId = packetId;
            this.topic = topic;
            this.body = body;
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
    private final Deque<Answer> answers = new ArrayDeque<>(4);
    private Principal principal;
    private @Nullable Map<Integer, String> aliases;
    private @Nullable Waiting waiting;
    private BodyBudget.@Nullable Share waitingBytes;
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
            stopWaiting();
        }
    }

    /** A PUBLISH has come. */
    void publish(Packet.Publish publish) {
        String topic = publish.topic();
        if (publish.topicAlias() >= 0) {
            Optional<String> meant = alias(publish.topicAlias(), topic);
            if (meant.isEmpty()) {
                return;
            }
            topic = meant.get();
        }
        if (publish.qos() == 2 && isRepeated(publish.packetId())) {
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
        if (wait > 0 && (publish.qos() == 0 || client.version().hasReasonCodes())) {
            settleAtOnce(
                    publish.qos(),
                    publish.packetId(),
                    new Settled.Acknowledged(
                            Publish.RATE_LIMITED,
                            ReasonCode.QUOTA_EXCEEDED,
                            "This address publishes more often than it may"));
            return;
        }
        IngestBody body = body(publish, sensorId.get());
        if (wait > 0) {
            await(new Waiting(publish.qos(), publish.packetId(), topic, body, now, now + wait));
        } else if (!offer(publish.qos(), publish.packetId(), topic, body, patience)) {
            if (publish.qos() == 0) {
                body.abort();
                shared.metrics().publish(0, Publish.DROPPED);
            } else {
                await(new Waiting(publish.qos(), publish.packetId(), topic, body, now, now));
            }
        }
    }

    /** A PUBLISH that was too large to be read. */
    void oversize(Packet.OversizePublish publish) {
        if (publish.qos() == 2 && isRepeated(publish.packetId())) {
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
            if (wait > 0) {
                tried.notBefore = now + wait;
                return;
            }
            tried.overRate = false;
        }
        Duration left = patience.minusNanos(now - tried.since);
        if (left.isNegative() || left.isZero()) {
            shared.metrics().publish(tried.qos, Publish.GIVEN_UP);
            line.end(End.STALLED, shared.ingestor().isOpen() ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.SERVER_BUSY);
        } else if (offer(tried.qos, tried.packetId, tried.topic, tried.body, left)) {
            stopWaiting();
            line.flowChanged();
        }
    }

    /** What a topic alias means, and from now on means; empty where the connection has ended for it (MQTT 5, 3.3.2.3.4). */
    private Optional<String> alias(int alias, String topic) {
        if (alias == 0 || alias > MAX_TOPIC_ALIAS) {
            line.end(End.PROTOCOL, ReasonCode.TOPIC_ALIAS_INVALID);
            return Optional.empty();
        }
        if (aliases == null) {
            aliases = new HashMap<>();
        }
        if (!topic.isEmpty()) {
            // one that no reading is published to is refused each time, however long it is
            aliases.put(alias, Topic.sensorId(topic).isPresent() ? topic : "?");
            return Optional.of(topic);
        }
        String meant = aliases.get(alias);
        if (meant == null) {
            line.end(End.PROTOCOL, ReasonCode.PROTOCOL_ERROR);
        }
        return Optional.ofNullable(meant);
    }

    /** Whether a publish of QoS 2 came before; then it gets its PUBREC again, or for the first time when that is due. */
    private boolean isRepeated(int packetId) {
        if (ids.isOnItsWay(packetId)) {
            return true;
        }
        if (ids.isReceived(packetId)) {
            if (answers.size() >= 2 * shared.limits().receiveMaximum()) {
                line.end(End.PROTOCOL, ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
                return true;
            }
            Answer again = new Answer(2, packetId);
            again.settled = Settled.ACCEPTED;
            answers.addLast(again);
            answer();
            return true;
        }
        return false;
    }

    private boolean isWithinReceiveMaximum() {
        return !knowsReceiveMaximum()
                || answers.size() + ids.receivedCount() < shared.limits().receiveMaximum();
    }

    private void wrongTopic(int qos, int packetId, String topic) {
        String detail = "Readings are published to sensors/{sensorId}";
        shared.rejections().add(client.id(), topic, Rejections.Code.WRONG_TOPIC, "", detail);
        settleAtOnce(qos, packetId, Settled.refused(ReasonCode.TOPIC_NAME_INVALID, detail));
    }

    private long rateWait(long now) {
        Optional<AddressRateLimit> rate = shared.clients().rate();
        return rate.isEmpty() ? 0 : rate.get().take(addressKey, now);
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
        if (!shared.inFlight().tryEnter(qos)) {
            return false;
        }
        Optional<Future<IngestOutcome>> outcome = qos == 0
                // a chain of its own: that it is lost is no reason to end the connection
                ? body.tryEnd(timeout.compareTo(QOS_0_TIMEOUT) < 0 ? timeout : QOS_0_TIMEOUT, new Chain())
                : body.tryEnd(timeout, chain);
        if (outcome.isEmpty()) {
            shared.inFlight().leave();
            return false;
        }
        Answer answer = new Answer(qos, packetId);
        if (qos > 0) {
            answers.addLast(answer);
            if (qos == 2) {
                ids.begin(packetId);
            }
        }
        outcome.get().onComplete(result -> {
            shared.inFlight().leave();
            Settled settled;
            if (result.succeeded()) {
                record(topic, result.result());
                settled = Settled.of(result.result(), client.version());
            } else {
                LOG.error("A publish failed unexpectedly", result.cause());
                settled = Settled.DEFECT;
            }
            settle(answer, settled);
        });
        if (!mayRead()) {
            line.flowChanged();
        }
        return true;
    }

    private void settleAtOnce(int qos, int packetId, Settled settled) {
        Answer answer = new Answer(qos, packetId);
        if (qos > 0) {
            answers.addLast(answer);
        }
        settle(answer, settled);
        if (!over && !mayRead()) {
            // it waits for its turn, and counts like one that is on its way
            line.flowChanged();
        }
    }

    private void settle(Answer answer, Settled settled) {
        shared.metrics().publish(answer.qos, settled.counted());
        if (over) {
            return;
        }
        answer.settled = settled;
        if (answer.qos > 0) {
            boolean could = mayRead();
            answer();
            if (!over && (answers.isEmpty() || could != mayRead())) {
                line.flowChanged();
            }
        } else if (settled instanceof Settled.Closed(Publish _, End end, ReasonCode reason)
                && end == End.UNAUTHORIZED) {
            line.end(end, reason);
        }
    }

    /** Answers those at the head of the line of which it is known what became of them. */
    private void answer() {
        for (Answer first = answers.peekFirst(); first != null; first = answers.peekFirst()) {
            switch (first.settled) {
                case null -> {
                    return;
                }
                case Settled.Acknowledged(Publish _, ReasonCode reason, String detail) -> {
                    answers.removeFirst();
                    acknowledge(first, reason, detail);
                }
                case Settled.Closed(Publish _, End end, ReasonCode reason) -> {
                    line.end(end, reason);
                    return;
                }
            }
        }
    }

    private void acknowledge(Answer answer, ReasonCode reason, String detail) {
        if (answer.qos == 2) {
            ids.answered(answer.packetId, client.version().hasReasonCodes() && reason.isFailure());
        }
        // an acknowledgement in words has at most 120 bytes or so
        boolean inWords = client.problemInformation() && client.maximumPacketSize() >= 128;
        PacketEncoder.acknowledge(
                line.out(), client.version(), answer.qos, answer.packetId, reason, inWords ? detail : "");
    }

    private void await(Waiting one) {
        BodyBudget.Share bytes = shared.clients().bodies().new Share();
        if (!bytes.resize(one.body.heldBytes())) {
            one.body.abort();
            line.end(End.NO_ROOM, ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        waiting = one;
        waitingBytes = bytes;
        line.flowChanged();
    }

    private void stopWaiting() {
        waiting = null;
        if (waitingBytes != null) {
            waitingBytes.resize(0);
            waitingBytes = null;
        }
    }

    /** Keeps for the operator what was no reading. */
    private void record(String topic, IngestOutcome outcome) {
        switch (outcome) {
            case IngestOutcome.Accepted(int _, List<ItemRefusal> rejected) -> record(topic, rejected);
            case IngestOutcome.Incomplete incomplete -> record(topic, incomplete.rejected());
            case IngestOutcome.NoneValid(boolean _, List<ItemRefusal> rejected) -> {
                record(topic, rejected);
                if (rejected.isEmpty()) {
                    record(topic, Rejections.Code.INVALID_READING, "The array is empty");
                }
            }
            case IngestOutcome.Malformed(String detail, int row, int column) ->
                record(topic, Rejections.Code.MALFORMED, detail + " (line " + row + ", column " + column + ")");
            case IngestOutcome.TooManyReadings(int limit) ->
                record(topic, Rejections.Code.TOO_MANY, "A publish must have at most " + limit + " readings");
            case IngestOutcome.NotStarted _, IngestOutcome.ShuttingDown _ -> {
                // nothing was wrong with it
            }
        }
    }

    private void record(String topic, List<ItemRefusal> rejected) {
        rejected.forEach(refusal -> shared.rejections()
                .add(client.id(), topic, Rejections.Code.of(refusal.code()), refusal.field(), refusal.detail()));
    }

    private void record(String topic, Rejections.Code code, String detail) {
        shared.rejections().add(client.id(), topic, code, "", detail);
    }
}
