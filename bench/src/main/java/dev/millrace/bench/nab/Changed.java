package dev.millrace.bench.nab;

import dev.millrace.processor.anomaly.adaptive.Tuning;
import java.time.Duration;

/** The shipped tuning with some numbers changed. */
final class Changed {

    private double margin = Tuning.SHIPPED.margin();
    private double forgetting = Tuning.SHIPPED.forgetting();
    private double levelGain = Tuning.SHIPPED.levelGain();
    private double recentGain = Tuning.SHIPPED.recentGain();
    private double averageGain = Tuning.SHIPPED.averageGain();
    private double departureGain = Tuning.SHIPPED.departureGain();
    private double restlessnessGain = Tuning.SHIPPED.restlessnessGain();
    private double dayGain = Tuning.SHIPPED.dayGain();
    private double shortRate = Tuning.SHIPPED.shortRate();
    private double longRate = Tuning.SHIPPED.longRate();
    private int warmUp = Tuning.SHIPPED.warmUp();
    private int quietValues = Tuning.SHIPPED.quietValues();
    private Duration quietFor = Tuning.SHIPPED.quietFor();
    private double fireAgain = Tuning.SHIPPED.fireAgain();
    private double growth = Tuning.SHIPPED.growth();

    Tuning tuning() {
        return new Tuning(
                margin,
                forgetting,
                Tuning.SHIPPED.recentForgetting(),
                levelGain,
                recentGain,
                averageGain,
                departureGain,
                restlessnessGain,
                dayGain,
                shortRate,
                longRate,
                warmUp,
                quietValues,
                quietFor,
                fireAgain,
                growth);
    }

    Changed margin(double next) {
        margin = next;
        return this;
    }

    Changed forgetting(double next) {
        forgetting = next;
        return this;
    }

    Changed levelGain(double next) {
        levelGain = next;
        return this;
    }

    Changed recentGain(double next) {
        recentGain = next;
        return this;
    }

    Changed averageGain(double next) {
        averageGain = next;
        return this;
    }

    Changed departureGain(double next) {
        departureGain = next;
        return this;
    }

    Changed restlessnessGain(double next) {
        restlessnessGain = next;
        return this;
    }

    Changed dayGain(double next) {
        dayGain = next;
        return this;
    }

    Changed shortRate(double next) {
        shortRate = next;
        return this;
    }

    Changed longRate(double next) {
        longRate = next;
        return this;
    }

    Changed warmUp(int next) {
        warmUp = next;
        return this;
    }

    Changed quietValues(int next) {
        quietValues = next;
        return this;
    }

    Changed quietFor(Duration next) {
        quietFor = next;
        return this;
    }

    Changed fireAgain(double next) {
        fireAgain = next;
        return this;
    }

    Changed growth(double next) {
        growth = next;
        return this;
    }
}
