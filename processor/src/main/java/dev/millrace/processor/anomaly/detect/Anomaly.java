package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.util.Optional;
import java.util.UUID;

/**
 * What is fixed of an anomaly when it opens.
 *
 * @param openedAt microseconds since 1970
 * @param arrivedAt when what opened it arrived in the stream, microseconds since 1970
 */
public record Anomaly(
        UUID id,
        SeriesId series,
        String rule,
        int ruleVersion,
        ConditionKind condition,
        Severity severity,
        String message,
        int mostPerHour,
        long openedAt,
        long arrivedAt,
        double value,
        Optional<String> text) {}
