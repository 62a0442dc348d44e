package dev.millrace.processor.yaml;

import dev.millrace.processor.yaml.Yaml.Place;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a file: the first of it, for a file of nothing but problems is told as well by twenty of them. */
public final class Problems {

    private static final int MAX = 20;

    private final List<Problem> found = new ArrayList<>();

    public void note(Place place, String reason) {
        if (!areEnough()) {
            found.add(new Problem(place.line(), place.column(), reason));
        }
    }

    public boolean areEnough() {
        return found.size() == MAX;
    }

    public int count() {
        return found.size();
    }

    public List<Problem> found() {
        return List.copyOf(found);
    }
}
