package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.ItemRefusal;
import dev.millrace.gateway.mqtt.MqttMetrics.End;
import dev.millrace.gateway.mqtt.MqttMetrics.Publish;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import java.util.List;

/** What a publish gets when it is known what became of it. */
sealed interface Settled {

    /** What it is counted as. */
    Publish counted();

    /**
     * PUBACK or PUBREC. To MQTT 3.1.1 it says that the publish is not to be sent again, whatever the reason.
     *
     * @param detail why it was refused, in words; empty where there are none
     */
    record Acknowledged(Publish counted, ReasonCode reason, String detail) implements Settled {}

    /** No answer: the connection ends, and the client sends it again on another. */
    record Closed(Publish counted, End end, ReasonCode reason) implements Settled {}

    Settled DEFECT = new Closed(Publish.GIVEN_UP, End.DEFECT, ReasonCode.UNSPECIFIED_ERROR);

    Settled ACCEPTED = new Acknowledged(Publish.ACCEPTED, ReasonCode.SUCCESS, "");

    /** The one place where an outcome of ingestion becomes an answer of MQTT. */
    static Settled of(IngestOutcome outcome, ProtocolVersion version) {
        return switch (outcome) {
            // of a mixed array the good are accepted, and that is the answer
            case IngestOutcome.Accepted _ -> ACCEPTED;
            case IngestOutcome.Incomplete incomplete ->
                new Closed(
                        Publish.GIVEN_UP,
                        End.STALLED,
                        incomplete.overloaded() ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.SERVER_BUSY);
            case IngestOutcome.NotStarted _ -> new Closed(Publish.GIVEN_UP, End.STALLED, ReasonCode.SERVER_BUSY);
            case IngestOutcome.ShuttingDown _ ->
                new Closed(Publish.GIVEN_UP, End.DRAINED, ReasonCode.SERVER_SHUTTING_DOWN);
            case IngestOutcome.Malformed(String detail, int line, int column) ->
                refused(ReasonCode.PAYLOAD_FORMAT_INVALID, detail + " (line " + line + ", column " + column + ")");
            case IngestOutcome.TooManyReadings(int limit) ->
                refused(ReasonCode.QUOTA_EXCEEDED, "A publish must have at most " + limit + " readings");
            case IngestOutcome.NoneValid(boolean _, List<ItemRefusal> rejected) -> noneValid(rejected, version);
        };
    }

    private static Settled noneValid(List<ItemRefusal> rejected, ProtocolVersion version) {
        if (rejected.isEmpty()) {
            return refused(ReasonCode.PAYLOAD_FORMAT_INVALID, "The array is empty");
        }
        ItemRefusal first = rejected.getFirst();
        if (rejected.stream().allMatch(refusal -> refusal.code() == ItemRefusal.Code.FORBIDDEN)) {
            return version.hasReasonCodes()
                    ? refused(ReasonCode.NOT_AUTHORIZED, first.detail())
                    : new Closed(Publish.REJECTED, End.UNAUTHORIZED, ReasonCode.NOT_AUTHORIZED);
        }
        return refused(
                ReasonCode.PAYLOAD_FORMAT_INVALID,
                first.field().isEmpty() ? first.detail() : first.field() + ": " + first.detail());
    }

    /** It was no reading, and is not to come again. */
    static Settled refused(ReasonCode reason, String detail) {
        return new Acknowledged(Publish.REJECTED, reason, detail);
    }
}
