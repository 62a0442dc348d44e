package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.anomaly.rule.RuleFile.Problem;
import dev.millrace.processor.anomaly.rule.Yaml.Place;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a file: the first of it, for a file of nothing but problems is told as well by twenty of them. */
final class Problems {

    private static final int MAX = 20;

    private final List<Problem> found = new ArrayList<>();

    void note(Place place, String reason) {
        if (!areEnough()) {
            found.add(new Problem(place.line(), place.column(), reason));
        }
    }

    boolean areEnough() {
        return found.size() == MAX;
    }

    int count() {
        return found.size();
    }

    List<Problem> found() {
        return List.copyOf(found);
    }
}
