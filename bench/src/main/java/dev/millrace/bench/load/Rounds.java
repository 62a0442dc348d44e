package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What one of two servers has shown under load that came in rounds, in turns with the other's, so that what else the machine
 * does meets both. The median of the rounds counts.
 */
final class Rounds {

    /** Odd: the median is one of them. */
    static final int COUNT = 5;

    static final Duration SETTLING = Duration.ofMillis(500);
    private static final Duration WINDOW = Duration.ofSeconds(3);
    private static final Duration SATURATION = Duration.ofSeconds(4);

    /** How long the load of all rounds lasted, settling included. */
    static final double SECONDS = COUNT * SETTLING.plus(WINDOW).toMillis() / 1e3;

    private final Side side;
    private final int perSecond;
    private final String request;
    private final List<LoadResult> results = new ArrayList<>();
    private Duration compilers = Duration.ZERO;

    /**
     * None yet.
     *
     * @param perSecond how many requests are to come
     * @param request what one is called
     */
    Rounds(Side side, int perSecond, String request) {
        this.side = side;
        this.perSecond = perSecond;
        this.request = request;
    }

    /** One more; {@link #COUNT} are to be played. */
    void play() throws IOException {
        Duration before = side.compilerCpu();
        results.add(side.run(new Pace.Open(perSecond), SETTLING, WINDOW));
        compilers = compilers.plus(side.compilerCpu().minus(before));
    }

    /** Of all rounds together. */
    LoadResult all() {
        return results.stream().reduce(LoadResult::plus).orElseThrow();
    }

    List<String> flaws() {
        return all().flaws(side.name(), perSecond);
    }

    /** Requests that the server accepts for a second of processor time, from the median round: bigger is better. */
    double perCpuSecond() {
        return 1e6 / medianCpuMicros();
    }

    private double medianCpuMicros() {
        return results.stream()
                .mapToDouble(LoadResult::cpuMicros)
                .sorted()
                .skip(COUNT / 2)
                .findFirst()
                .orElseThrow();
    }

    /** Two lines that tell more. */
    void print(PrintStream out) {
        LoadResult all = all();
        out.printf(
                Locale.ROOT,
                "  %s: %.1f CPU µs/%s (median of %s), %.0f/s, %d failed, p50 %.2f p99 %.2f max %.1f ms%n",
                side.name(),
                medianCpuMicros(),
                request,
                results.stream()
                        .map(round -> String.format(Locale.ROOT, "%.1f", round.cpuMicros()))
                        .collect(Collectors.joining(" ")),
                all.rate(),
                all.failed(),
                all.latencyMillis(50),
                all.latencyMillis(99),
                all.latencyMillis(100));
        out.printf(
                Locale.ROOT,
                "  %s: its compilers used %.1f CPU µs/%s more; the generator used %.2f of a processor and was late by p99 %.2f ms%n",
                side.name(),
                compilers.toMillis() * 1e3 / (perSecond * SECONDS),
                request,
                all.generatorLoad(),
                all.latenessMillis(99));
    }

    /**
     * Prints what a server does where as much is under way as its connections have room for, and answers whether that shows
     * something.
     *
     * @param requests what they are called
     */
    static boolean saturation(Side side, String requests, PrintStream out) throws IOException {
        LoadResult result = side.run(new Pace.Closed(), SETTLING, SATURATION);
        List<String> flaws = result.flaws(side.name());
        out.printf(
                Locale.ROOT,
                "  %s saturated: %.0f %s/s, p50 %.2f p99 %.2f ms; it used %.2f processors, the generator %.2f%s%s%n",
                side.name(),
                result.rate(),
                requests,
                result.latencyMillis(50),
                result.latencyMillis(99),
                result.serverLoad(),
                result.generatorLoad(),
                result.generatorLoad() > 0.9 ? ": it is the generator that is saturated" : "",
                Line.voided(flaws));
        return flaws.isEmpty();
    }
}
