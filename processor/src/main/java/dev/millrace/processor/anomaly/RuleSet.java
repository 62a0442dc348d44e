package dev.millrace.processor.anomaly;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules that apply together, found by measurement. */
public final class RuleSet {

    private final int version;
    private final Map<String, List<Rule>> byMetric = new HashMap<>();

    /**
     * @param version the version of the rule file, at least 1
     * @param rules no two with the same name
     */
    public RuleSet(int version, List<Rule> rules) {
        this.version = version;
        for (Rule rule : rules) {
            byMetric.computeIfAbsent(rule.metric(), _ -> new ArrayList<>()).add(rule);
        }
    }

    public int version() {
        return version;
    }

    /** The rules of a measurement in the order of the file. */
    public List<Rule> of(String metric) {
        return byMetric.getOrDefault(metric, List.of());
    }

    /** How many rules there are. */
    public int size() {
        return byMetric.values().stream().mapToInt(List::size).sum();
    }
}
