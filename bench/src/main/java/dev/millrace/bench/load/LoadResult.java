package dev.millrace.bench.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What load has shown, apart from its settling.
 *
 * @param latency from when a request was to be sent to its answer, in nanoseconds: waiting for a connection counts, so that a
 *     server that stalls is not asked less (no coordinated omission)
 * @param lateness how long after it could have been a request was sent, in nanoseconds: the generator's own fault
 * @param accepted requests that were answered by 202
 * @param failed requests with another answer, or none
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

    /** Requests answered, a second. */
    public double rate() {
        return (accepted + failed) / seconds(time);
    }

    /** Processor time of the server for a request, in microseconds. */
    public double cpuMicros() {
        return seconds(serverCpu) * 1e6 / (accepted + failed);
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
