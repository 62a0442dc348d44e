package dev.millrace.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What load has shown, apart from its settling. Latency and lateness are of every request whose time lay in the window, however
 * late it was answered; the counts are of the answers that came in the window, as is the processor time.
 *
 * @param latency from when a request was to be sent to its answer, in nanoseconds: waiting for a connection counts, so that a
 *     server that stalls is not asked less (no coordinated omission)
 * @param lateness how long after it could have been a request was sent, in nanoseconds: the generator's own fault
 * @param accepted requests that the server said to have taken: by 202, by PUBACK
 * @param failed requests with another answer, or none, up to the last one
 * @param time how long it took
 * @param serverCpu the processor time that the server used meanwhile
 * @param generatorCpu the processor time that the generator used meanwhile
 */
public record LoadResult(
        Histogram latency,
        Histogram lateness,
        long accepted,
        long failed,
        Duration time,
        Duration serverCpu,
        Duration generatorCpu) {

    /** Later than this in one request of a hundred, and the figures are the generator's own rather than the server's. */
    private static final double MAX_LATENESS_MILLIS = 5;

    /** More than this of its processor, and the generator could not have asked for more. */
    private static final double MAX_GENERATOR_LOAD = 0.8;

    /** The share of the rate that counts as all of it: the window's edges cut a request or two. */
    private static final double MIN_RATE = 0.99;

    /** Both together. */
    public LoadResult plus(LoadResult other) {
        Histogram bothLatencies = latency.copy();
        bothLatencies.add(other.latency);
        Histogram bothLatenesses = lateness.copy();
        bothLatenesses.add(other.lateness);
        return new LoadResult(
                bothLatencies,
                bothLatenesses,
                accepted + other.accepted,
                failed + other.failed,
                time.plus(other.time),
                serverCpu.plus(other.serverCpu),
                generatorCpu.plus(other.generatorCpu));
    }

    /** Requests accepted a second. */
    public double rate() {
        return accepted / seconds(time);
    }

    /** Processor time of the server for a request that it accepted, in microseconds. */
    public double cpuMicros() {
        return seconds(serverCpu) * 1e6 / accepted;
    }

    /**
     * Why it shows nothing; empty where it does. Every request has to be accepted.
     *
     * @param name what was under load
     */
    public List<String> flaws(String name) {
        return failed == 0 ? List.of() : List.of(name + ": " + failed + " failed");
    }

    /**
     * Likewise, where requests were to come at a rate: the generator has to have kept it, and the server as well.
     *
     * @param perSecond that rate
     */
    public List<String> flaws(String name, int perSecond) {
        List<String> flaws = new ArrayList<>(flaws(name));
        if (latenessMillis(99) > MAX_LATENESS_MILLIS) {
            flaws.add(String.format(
                    Locale.ROOT, "the generator was late for %s by p99 %.1f ms", name, latenessMillis(99)));
        }
        if (generatorLoad() > MAX_GENERATOR_LOAD) {
            flaws.add(
                    String.format(Locale.ROOT, "the generator used %.2f of a processor for %s", generatorLoad(), name));
        }
        if (rate() < MIN_RATE * perSecond) {
            flaws.add(String.format(Locale.ROOT, "%s answered %.0f/s of %d/s", name, rate(), perSecond));
        }
        return flaws;
    }

    /** How many processors the server kept busy. */
    public double serverLoad() {
        return seconds(serverCpu) / seconds(time);
    }

    /** How many processors, of one, the generator kept busy. */
    public double generatorLoad() {
        return seconds(generatorCpu) / seconds(time);
    }

    public double latencyMillis(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e6;
    }

    public double latenessMillis(double percentile) {
        return lateness.getValueAtPercentile(percentile) / 1e6;
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
