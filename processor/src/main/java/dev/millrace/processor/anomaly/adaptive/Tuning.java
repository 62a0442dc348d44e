package dev.millrace.processor.anomaly.adaptive;

import java.time.Duration;

/**
 * The numbers of the detector. All series have the same, {@link #SHIPPED}; other values exist only to measure what each is worth
 * (docs/detection.md). A gain is how much a channel's surprise counts; 0 switches the channel off.
 *
 * @param margin how far beyond a remembered range is unusual, in its widths (the scale of {@code departureGain} and
 *     {@code dayGain} is six standard deviations instead)
 * @param forgetting the part of its width that a remembered range loses with each value, but no more than all in a month
 * @param recentForgetting the same for the recent range, but no more than all in a day
 * @param levelGain of the value
 * @param recentGain of the value against the recent range
 * @param averageGain of the short average
 * @param departureGain of the value less its long average
 * @param restlessnessGain of the logarithm of the short average of the step from value to value
 * @param dayGain of the value less what is usual at this hour of the day
 * @param shortRate the part of the difference by which a short average follows a value
 * @param longRate likewise for the long average
 * @param warmUp that many values at the beginning are learnt from and never unusual
 * @param quietValues after an unusual value so many are not, unless one fires again
 * @param quietFor likewise so long; the longer of the two counts
 * @param fireAgain while it is quiet, only more than this many times the last unusual surprise is unusual
 * @param growth the most by which one value widens a remembered range, in widths
 */
public record Tuning(
        double margin,
        double forgetting,
        double recentForgetting,
        double levelGain,
        double recentGain,
        double averageGain,
        double departureGain,
        double restlessnessGain,
        double dayGain,
        double shortRate,
        double longRate,
        int warmUp,
        int quietValues,
        Duration quietFor,
        double fireAgain,
        double growth) {

    /** What the processor runs, for every series. */
    public static final Tuning SHIPPED =
            new Tuning(0.04, 2e-5, 3e-4, 1, 0.25, 1, 1, 1, 0.2, 0.1, 0.01, 150, 24, Duration.ofHours(1), 4, 2);

    public Tuning {
        positive("margin", margin);
        positive("growth", growth);
        part("forgetting", forgetting);
        part("recentForgetting", recentForgetting);
        part("shortRate", shortRate);
        part("longRate", longRate);
        gain("levelGain", levelGain);
        gain("recentGain", recentGain);
        gain("averageGain", averageGain);
        gain("departureGain", departureGain);
        gain("restlessnessGain", restlessnessGain);
        gain("dayGain", dayGain);
        if (warmUp < 0 || quietValues < 0 || quietFor.isNegative()) {
            throw new IllegalArgumentException("warmUp, quietValues and quietFor must not be negative");
        }
        if (!(fireAgain >= 1 && fireAgain < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("fireAgain must be at least 1");
        }
    }

    private static void positive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be positive");
        }
    }

    private static void part(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must be in [0, 1]");
        }
    }

    private static void gain(String name, double value) {
        if (!(value >= 0 && value <= 100)) {
            throw new IllegalArgumentException(name + " must be in [0, 100]");
        }
    }
}
