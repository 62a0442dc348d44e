package dev.millrace.bench.processor;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What one side has shown in a round.
 *
 * @param rate rows a second
 * @param rows of the whole round
 * @param clientCpu of the processor, or what is in its place; without compilers
 * @param compilerCpu of its compilers
 * @param databaseCpu of PostgreSQL
 */
record CatchUpRound(double rate, long rows, Duration clientCpu, Duration compilerCpu, Duration databaseCpu) {

    static double median(List<CatchUpRound> rounds, ToDoubleFunction<CatchUpRound> figure) {
        List<Double> sorted =
                rounds.stream().map(figure::applyAsDouble).sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private double micros(Duration cpu) {
        return cpu.toNanos() / 1e3 / rows;
    }

    /** A line that tells more. */
    static String text(String name, List<CatchUpRound> rounds) {
        return String.format(
                Locale.ROOT,
                "  %s: %.0f rows/s (median of %s); CPU µs/row: %.2f in its process, %.2f its compilers, %.2f PostgreSQL",
                name,
                median(rounds, CatchUpRound::rate),
                rounds.stream()
                        .map(round -> String.format(Locale.ROOT, "%.0f", round.rate))
                        .collect(Collectors.joining(" ")),
                median(rounds, round -> round.micros(round.clientCpu)),
                median(rounds, round -> round.micros(round.compilerCpu)),
                median(rounds, round -> round.micros(round.databaseCpu)));
    }
}
