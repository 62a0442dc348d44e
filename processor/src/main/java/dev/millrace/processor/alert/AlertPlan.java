package dev.millrace.processor.alert;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What may be told to one destination, and when. Of a rule one message at a time is under way, so that what is told later was found
 * later; one rule's message that is refused holds up no other rule's. All times are the database's, microseconds since 1970.
 *
 * @param candidates what may be told now, the longest due first
 * @param nextAt when something else will be, if nothing comes; {@link Long#MAX_VALUE}: nothing
 */
public record AlertPlan(List<Candidate> candidates, long nextAt) {

    private static final long HOUR = TimeUnit.HOURS.toMicros(1);

    /**
     * Alerts that are in no message yet, of one rule and event.
     *
     * @param mostPerHour from 1
     */
    public record Waiting(String rule, AlertEvent event, long oldestAt, int mostPerHour) {}

    /** A message that was not delivered yet. */
    public record Unsent(UUID messageId, String rule, long nextAttemptAt) {}

    /** A message that there is or was, of the last hour. */
    public record Made(String rule, AlertEvent event, long createdAt) {}

    /** Something that may be told. */
    public sealed interface Candidate {}

    /** A message again. */
    public record Again(UUID messageId) implements Candidate {}

    /** What waits of a rule and event, as a new message. */
    public record Group(String rule, AlertEvent event) implements Candidate {}

    private record Timed(Candidate candidate, long dueAt) {}

    /** The plan for what there is. */
    public static AlertPlan of(
            long now, AlertTiming timing, List<Waiting> waiting, List<Unsent> unsent, List<Made> made) {
        List<Timed> all = new ArrayList<>();
        Set<String> busy = new HashSet<>();
        for (Unsent message : unsent) {
            busy.add(message.rule());
            all.add(new Timed(new Again(message.messageId()), message.nextAttemptAt()));
        }
        Map<String, List<Made>> byRule = new HashMap<>();
        made.forEach(message ->
                byRule.computeIfAbsent(message.rule(), _ -> new ArrayList<>()).add(message));
        for (Waiting group : waiting) {
            if (!busy.contains(group.rule())) {
                long dueAt = dueAt(group, timing, byRule.getOrDefault(group.rule(), List.of()));
                all.add(new Timed(new Group(group.rule(), group.event()), dueAt));
            }
        }
        all.sort(Comparator.comparingLong(Timed::dueAt));
        return new AlertPlan(
                all.stream()
                        .filter(timed -> timed.dueAt <= now)
                        .map(Timed::candidate)
                        .toList(),
                all.stream()
                        .mapToLong(Timed::dueAt)
                        .filter(dueAt -> dueAt > now)
                        .min()
                        .orElse(Long.MAX_VALUE));
    }

    private static long dueAt(Waiting group, AlertTiming timing, List<Made> ofRule) {
        long dueAt = group.oldestAt() + micros(timing.groupWait());
        for (Made message : ofRule) {
            if (message.event() == group.event()) {
                dueAt = Math.max(dueAt, message.createdAt() + micros(timing.groupInterval()));
            }
        }
        if (ofRule.size() >= group.mostPerHour()) {
            // an hour after the one that, with all later ones, makes as many as there may be
            long[] times = ofRule.stream().mapToLong(Made::createdAt).sorted().toArray();
            dueAt = Math.max(dueAt, times[times.length - group.mostPerHour()] + HOUR);
        }
        return dueAt;
    }

    private static long micros(Duration duration) {
        return TimeUnit.NANOSECONDS.toMicros(duration.toNanos());
    }
}
