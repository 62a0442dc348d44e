package dev.millrace.gateway.http;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.gateway.query.AnomalyStore;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The JSON of the query API, numbers as in the stream. */
final class QueryJson {

    private QueryJson() {}

    static String sensor(LatestValues sensor) {
        StringBuilder json = new StringBuilder();
        sensor(json, sensor);
        return json.toString();
    }

    static String sensors(List<LatestValues> sensors, Optional<String> next) {
        StringBuilder json = new StringBuilder("{\"sensors\":[");
        for (int i = 0; i < sensors.size(); i++) {
            sensor(json.append(i == 0 ? "" : ","), sensors.get(i));
        }
        json.append(']');
        next.ifPresent(id -> json.append(",\"next\":\"").append(id).append('"'));
        return json.append('}').toString();
    }

    private static void sensor(StringBuilder json, LatestValues sensor) {
        json.append("{\"sensorId\":\"").append(sensor.sensorId()).append("\",\"timestamp\":");
        time(json, sensor.timestamp()).append(",\"values\":{");
        String separator = "";
        for (LatestValues.Timed value : sensor.values().values()) {
            json.append(separator)
                    .append('"')
                    .append(value.measurement().name())
                    .append("\":{\"value\":");
            value(json, value.measurement());
            time(json.append(",\"timestamp\":"), value.timestamp()).append('}');
            separator = ",";
        }
        json.append("}}");
    }

    /** A page behind which there may be more names the {@code to} of the next one. */
    static String readings(String sensorId, SensorStore.ReadingsPage page) {
        List<SensorStore.StoredReading> instants = page.readings();
        StringBuilder json =
                new StringBuilder("{\"sensorId\":\"").append(sensorId).append("\",\"readings\":[");
        for (int i = 0; i < instants.size(); i++) {
            SensorStore.StoredReading instant = instants.get(i);
            time(json.append(i == 0 ? "" : ",").append("{\"timestamp\":"), instant.timestamp())
                    .append(",\"values\":{");
            String separator = "";
            for (Measurement measurement : instant.measurements()) {
                json.append(separator).append('"').append(measurement.name()).append("\":");
                value(json, measurement);
                separator = ",";
            }
            json.append("}}");
        }
        json.append(']');
        if (page.more() && !instants.isEmpty()) {
            time(json.append(",\"next\":"), instants.getLast().timestamp());
        }
        return json.append('}').toString();
    }

    /** A full page names the {@code after} of the next one. */
    static String anomalies(List<AnomalyStore.Anomaly> anomalies, int limit) {
        StringBuilder json = new StringBuilder("{\"anomalies\":[");
        for (int i = 0; i < anomalies.size(); i++) {
            anomaly(json.append(i == 0 ? "" : ","), anomalies.get(i));
        }
        json.append(']');
        if (anomalies.size() == limit) {
            AnomalyStore.Anomaly last = anomalies.getLast();
            json.append(",\"next\":\"")
                    .append(last.openedAt())
                    .append('_')
                    .append(last.id())
                    .append('"');
        }
        return json.append('}').toString();
    }

    static String anomaly(AnomalyStore.Anomaly anomaly) {
        StringBuilder json = new StringBuilder();
        anomaly(json, anomaly);
        return json.toString();
    }

    private static void anomaly(StringBuilder json, AnomalyStore.Anomaly anomaly) {
        json.append("{\"id\":\"").append(anomaly.id());
        json.append("\",\"sensorId\":\"").append(anomaly.sensorId());
        json.append("\",\"metric\":\"").append(anomaly.metric()).append("\",\"rule\":");
        ReadingEncoder.text(json, anomaly.rule());
        json.append(",\"ruleVersion\":").append(anomaly.ruleVersion());
        anomaly.condition().ifPresent(condition -> ReadingEncoder.text(json.append(",\"condition\":"), condition));
        ReadingEncoder.text(json.append(",\"severity\":"), anomaly.severity());
        if (!anomaly.message().isEmpty()) {
            ReadingEncoder.text(json.append(",\"message\":"), anomaly.message());
        }
        json.append(",\"state\":\"").append(anomaly.closedAt().isPresent() ? "closed" : "open");
        time(json.append("\",\"openedAt\":"), anomaly.openedAt());
        if (anomaly.closedAt().isPresent()) {
            time(json.append(",\"closedAt\":"), anomaly.closedAt().getAsLong());
        }
        anomaly.text()
                .ifPresentOrElse(
                        text -> ReadingEncoder.text(json.append(",\"value\":"), text),
                        () -> ReadingEncoder.number(json.append(",\"value\":"), anomaly.value()));
        ReadingEncoder.number(json.append(",\"peak\":"), anomaly.peak());
        json.append(",\"count\":").append(anomaly.count());
        json.append(",\"revision\":").append(anomaly.revision());
        anomaly.acknowledgement().ifPresent(acknowledgement -> {
            ReadingEncoder.text(json.append(",\"ackedBy\":"), acknowledgement.by());
            time(json.append(",\"ackedAt\":"), acknowledgement.at());
        });
        json.append('}');
    }

    /** The place that the end of a page named. */
    static Optional<AnomalyStore.Cursor> parseCursor(String text) {
        int separator = text.indexOf('_');
        if (separator < 0) {
            return Optional.empty();
        }
        try {
            long openedAt = Long.parseLong(text.substring(0, separator));
            UUID id = UUID.fromString(text.substring(separator + 1));
            boolean storable = openedAt >= Rfc3339.MIN_MICROS && openedAt <= Rfc3339.MAX_MICROS;
            return storable ? Optional.of(new AnomalyStore.Cursor(openedAt, id)) : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static void value(StringBuilder json, Measurement measurement) {
        switch (measurement) {
            case Measurement.Numeric(String _, double value) -> ReadingEncoder.number(json, value);
            case Measurement.State(String _, String value) -> ReadingEncoder.text(json, value);
        }
    }

    private static StringBuilder time(StringBuilder json, long micros) {
        return json.append('"').append(Rfc3339.format(micros)).append('"');
    }
}
