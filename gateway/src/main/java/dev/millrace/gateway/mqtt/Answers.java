package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.mqtt.MqttMetrics.End;
import dev.millrace.gateway.mqtt.MqttMetrics.Publish;
import dev.millrace.gateway.mqtt.packet.PacketEncoder;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The publishes of one connection that have no answer yet, in the order in which they came, which is that of their answers, whatever
 * the order in which it is known what became of them (MQTT 5, 4.6). Confined to its event loop.
 */
final class Answers {

    /** An acknowledgement with a reason in words has fewer bytes than this. */
    private static final int LONGEST_ACKNOWLEDGEMENT = 128;

    /** The answer that a publish is to get. */
    static final class Answer {
        private final int qos;
        private final int packetId;
        private @Nullable Settled settled;

        private Answer(int qos, int packetId) {
            this.qos = qos;
            this.packetId = packetId;
        }
    }

    private final Client client;
    private final Qos2Ids ids;
    private final Publishes.Line line;
    private final Deque<Answer> queue = new ArrayDeque<>(4);

    Answers(Client client, Qos2Ids ids, Publishes.Line line) {
        this.client = client;
        this.ids = ids;
        this.line = line;
    }

    /** A publish of QoS 1 or 2 has come. */
    Answer add(int qos, int packetId) {
        Answer answer = new Answer(qos, packetId);
        queue.addLast(answer);
        return answer;
    }

    /** It is known what became of a publish. */
    void settle(Answer answer, Settled settled) {
        answer.settled = settled;
        for (Answer first = queue.peekFirst(); first != null; first = queue.peekFirst()) {
            switch (first.settled) {
                case null -> {
                    return;
                }
                case Settled.Acknowledged(Publish _, ReasonCode reason, String detail) -> {
                    queue.removeFirst();
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
        boolean inWords = client.problemInformation() && client.maximumPacketSize() >= LONGEST_ACKNOWLEDGEMENT;
        PacketEncoder.acknowledge(
                line.out(), client.version(), answer.qos, answer.packetId, reason, inWords ? detail : "");
    }

    int size() {
        return queue.size();
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    /** There is nobody to answer any more. */
    void clear() {
        queue.clear();
    }
}
