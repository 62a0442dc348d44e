package dev.millrace.processor.alert;

import java.time.Duration;

/**
 * When alerts are told; all of it by the database's clock.
 *
 * @param groupWait what comes so soon after the first is told with it
 * @param groupInterval between two messages of one rule and event to one destination
 * @param maxAge an opening whose reading arrived longer ago is told only while it lasts
 * @param claim how long nobody else tells a destination whom somebody is telling; longer than a delivery may take
 * @param deadAfter so long after the oldest of its alerts a message is given up
 * @param leastTried but not before it was tried for so long
 */
public record AlertTiming(
        Duration groupWait,
        Duration groupInterval,
        Duration maxAge,
        Duration claim,
        Duration deadAfter,
        Duration leastTried) {

    /** The usual times. */
    public static AlertTiming usual(Duration maxAge) {
        return new AlertTiming(
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                maxAge,
                Duration.ofSeconds(30),
                Duration.ofDays(1),
                Duration.ofHours(1));
    }
}
