package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * How new a value is, seen in six ways. Each is a number made of the value and the series so far; the ranges of these numbers are
 * remembered, and the farthest beyond its range, in its own scale, is the answer.
 *
 * <ul>
 *   <li>the value itself: highest or lowest for long;
 *   <li>the value against a range that forgets sooner, with a wider margin: what was wild long ago does not hide it;
 *   <li>a short average: a level or a density of peaks that single values do not show;
 *   <li>the value less a long average: a jump from where the series is now. That the present is held against the series' own long
 *       run, and not against a limit, is from the anomaly likelihood of Ahmad, Lavin, Purdy and Agha ("Unsupervised real-time anomaly
 *       detection for streaming data", Neurocomputing 2017);
 *   <li>the short average of the step from value to value, as a logarithm, so that too quiet (a stuck sensor) and too restless weigh
 *       alike: the moving-range chart of process control (Shewhart);
 *   <li>the value less what is usual at this hour of the day: a value that is common, but not now.
 * </ul>
 */
final class Novelty {

    private static final double DAY = TimeUnit.DAYS.toMicros(1);
    private static final double MONTH = 30 * DAY;

    /** The scale of differences, whose ranges are mostly set by a few wild ones. */
    private static final double DEVIATIONS = 6;

    /** Differences that rounding makes are no difference: this part of the largest value. */
    private static final double ROUNDING = 1e-12;

    /** So small a part of the largest step is as good as none. */
    private static final double STILL = 1e-3;

    /** The answer where a series was constant so far; it stands for infinity. */
    private static final double MOST = 1e6;

    static final int BYTES = 6 * RememberedRange.BYTES
            + 2 * Spread.BYTES
            + 3 * Average.BYTES
            + DayProfile.BYTES
            + Long.BYTES
            + 2 * Double.BYTES
            + 1;

    private final RememberedRange levels = new RememberedRange();
    private final RememberedRange recent = new RememberedRange();
    private final RememberedRange averages = new RememberedRange();
    private final RememberedRange departures = new RememberedRange();
    private final RememberedRange restlessness = new RememberedRange();
    private final RememberedRange residuals = new RememberedRange();
    private final Spread departureSpread = new Spread();
    private final Spread residualSpread = new Spread();
    private final Average shortAverage = new Average();
    private final Average longAverage = new Average();
    private final Average steps = new Average();
    private final DayProfile day = new DayProfile();
    private boolean started;
    private long lastAt;
    private double last;
    private double largestStep;

    /** Answers for a value and takes it in: 0 is nothing new, from {@link Tuning#margin} on it is unusual. */
    double of(long at, double raw, Tuning tuning) {
        double elapsed = started ? Math.max(0, (double) at - lastAt) : 0;
        double forgetting = Math.min(tuning.forgetting(), elapsed / MONTH);
        double recentForgetting = Math.min(tuning.recentForgetting(), elapsed / DAY);
        double grain = ROUNDING * Math.max(levels.magnitude(), Math.abs(raw));

        double novelty = tuning.levelGain() * inWidths(levels, raw, grain);
        levels.learn(raw, forgetting, tuning.growth());
        novelty = Math.max(novelty, tuning.recentGain() * inWidths(recent, raw, grain));
        recent.learn(raw, recentForgetting, tuning.growth());

        // the rest sees no more of a wild value than the range has taken in: averages would carry it on for long
        double value = levels.clamp(raw);

        shortAverage.learn(value, tuning.shortRate());
        novelty = Math.max(novelty, tuning.averageGain() * inWidths(averages, shortAverage.value(), grain));
        averages.learn(shortAverage.value(), forgetting, tuning.growth());

        if (started) {
            double step = Math.abs(value - last);
            double departure = value - longAverage.value();
            novelty = Math.max(
                    novelty, tuning.departureGain() * inDeviations(departures, departureSpread, departure, grain));
            departures.learn(departure, forgetting, tuning.growth());
            departureSpread.learn(departure, forgetting);
            novelty = Math.max(
                    novelty,
                    tuning.restlessnessGain()
                            * restlessness(step > grain ? step : 0, forgetting, recentForgetting, tuning));
        }
        longAverage.learn(value, tuning.longRate());

        if (day.knows(at)) {
            double residual = value - day.usual(at);
            novelty = Math.max(novelty, tuning.dayGain() * inDeviations(residuals, residualSpread, residual, grain));
            residuals.learn(residual, forgetting, tuning.growth());
            residualSpread.learn(residual, forgetting);
        }
        day.learn(at, value);

        started = true;
        lastAt = at;
        last = value;
        return novelty;
    }

    private double restlessness(double now, double forgetting, double recentForgetting, Tuning tuning) {
        largestStep = Math.max(largestStep * (1 - recentForgetting), now);
        steps.learn(now, tuning.shortRate());
        double size = steps.value() + STILL * largestStep;
        if (size == 0) {
            return 0;
        }
        // StrictMath: the same bits on every machine, since another processor may go on with this series
        double log = StrictMath.log(size);
        double novelty = inWidths(restlessness, log, 0);
        restlessness.learn(log, forgetting, tuning.growth());
        return novelty;
    }

    private static double inWidths(RememberedRange range, double value, double grain) {
        return ratio(range.beyond(value), range.width(), grain);
    }

    private static double inDeviations(RememberedRange range, Spread spread, double value, double grain) {
        return ratio(range.beyond(value), DEVIATIONS * spread.deviation(), grain);
    }

    private static double ratio(double beyond, double scale, double grain) {
        return beyond <= grain ? 0 : Math.min(beyond / scale, MOST);
    }

    void write(ByteBuffer to) {
        levels.write(to);
        recent.write(to);
        averages.write(to);
        departures.write(to);
        restlessness.write(to);
        residuals.write(to);
        departureSpread.write(to);
        residualSpread.write(to);
        shortAverage.write(to);
        longAverage.write(to);
        steps.write(to);
        day.write(to);
        to.putLong(lastAt).putDouble(last).putDouble(largestStep).put((byte) (started ? 1 : 0));
    }

    void read(ByteBuffer from) {
        levels.read(from);
        recent.read(from);
        averages.read(from);
        departures.read(from);
        restlessness.read(from);
        residuals.read(from);
        departureSpread.read(from);
        residualSpread.read(from);
        shortAverage.read(from);
        longAverage.read(from);
        steps.read(from);
        day.read(from);
        lastAt = from.getLong();
        last = from.getDouble();
        largestStep = from.getDouble();
        started = from.get() != 0;
    }
}
