package dev.millrace.gateway.auth;

import dev.millrace.core.reading.Names;
import dev.millrace.core.reading.Reading;
import dev.millrace.gateway.ingest.SensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Sensors by their ids and by what their ids begin with. Asking costs a hash and a binary search, however many there are. */
public final class SensorPatterns implements SensorScope {

    private final Set<String> ids;

    /** Sorted, and none begins with another: only the last that is not greater than an id can be its beginning. */
    private final String[] prefixes;

    private SensorPatterns(Set<String> ids, String[] prefixes) {
        this.ids = ids;
        this.prefixes = prefixes;
    }

    /** The sensors of patterns that {@link #isPattern} accepts. */
    public static SensorPatterns of(List<String> patterns) {
        Set<String> ids = new HashSet<>();
        List<String> prefixes = new ArrayList<>();
        for (String pattern : patterns) {
            if (pattern.endsWith("*")) {
                prefixes.add(pattern.substring(0, pattern.length() - 1));
            } else {
                ids.add(pattern);
            }
        }
        prefixes.sort(String::compareTo);
        List<String> shortest = new ArrayList<>();
        for (String prefix : prefixes) {
            if (shortest.isEmpty() || !prefix.startsWith(shortest.getLast())) {
                shortest.add(prefix);
            }
        }
        return new SensorPatterns(Set.copyOf(ids), shortest.toArray(String[]::new));
    }

    /** Whether the text is a sensor's id, or the beginning of one, at times an empty one, and a {@code *}. */
    public static boolean isPattern(String text) {
        if (!text.endsWith("*")) {
            return Names.isSensorId(text);
        }
        String prefix = text.substring(0, text.length() - 1);
        return prefix.isEmpty() || (Names.isSensorId(prefix) && prefix.length() < Reading.MAX_SENSOR_ID_LENGTH);
    }

    @Override
    public boolean allows(String sensorId) {
        if (ids.contains(sensorId)) {
            return true;
        }
        int found = Arrays.binarySearch(prefixes, sensorId);
        int last = found >= 0 ? found : -found - 2;
        return last >= 0 && sensorId.startsWith(prefixes[last]);
    }
}
