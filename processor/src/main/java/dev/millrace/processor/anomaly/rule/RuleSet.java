package dev.millrace.processor.anomaly.rule;

import java.util.List;

/** The rules that apply together, in the order of their file. */
public final class RuleSet {

    private final int version;
    private final Globs outOfService;
    private final List<Rule> rules;

    /**
     * @param version the version of the rule file, at least 1
     * @param outOfService sensors that no rule is for
     * @param rules no two with the same name
     */
    public RuleSet(int version, Globs outOfService, List<Rule> rules) {
        if (version < 1 || rules.stream().map(Rule::name).distinct().count() != rules.size()) {
            throw new IllegalArgumentException("a version must be at least 1, and no two rules may share a name");
        }
        this.version = version;
        this.outOfService = outOfService;
        this.rules = List.copyOf(rules);
    }

    public int version() {
        return version;
    }

    /** Whether rules are for a sensor at all: it is in service. */
    public boolean areFor(String sensorId) {
        return !outOfService.include(sensorId);
    }

    /** How many rules there are. */
    public int size() {
        return rules.size();
    }

    public List<Rule> rules() {
        return rules;
    }
}
