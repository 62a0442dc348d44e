package dev.millrace.processor.anomaly;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The anomalies that one batch opens, and those of earlier batches that it closes. */
public final class Detection {

    private record OpenKey(SeriesId series, String rule) {}

    /**
     * The end of an anomaly that an earlier batch opened.
     *
     * @param closedAt microseconds since 1970
     */
    public record Closing(SeriesId series, String rule, long closedAt) {}

    private final List<Anomaly> opened = new ArrayList<>();
    private final Map<OpenKey, Integer> stillOpen = new HashMap<>();
    private final List<Closing> closings = new ArrayList<>();

    void open(Rule rule, SeriesId series, long at, double value) {
        stillOpen.put(new OpenKey(series, rule.name()), opened.size());
        opened.add(new Anomaly(series, rule.name(), rule.severity(), at, OptionalLong.empty(), value));
    }

    void close(String rule, SeriesId series, long at) {
        Integer index = stillOpen.remove(new OpenKey(series, rule));
        if (index == null) {
            closings.add(new Closing(series, rule, at));
        } else {
            Anomaly open = opened.get(index);
            opened.set(
                    index,
                    new Anomaly(
                            series, open.rule(), open.severity(), open.openedAt(), OptionalLong.of(at), open.value()));
        }
    }

    /** In the order of opening; some may be closed already. */
    public List<Anomaly> opened() {
        return List.copyOf(opened);
    }

    /** At most one for each series and rule. */
    public List<Closing> closings() {
        return List.copyOf(closings);
    }
}
