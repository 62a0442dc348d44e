package dev.millrace.processor.anomaly.rule;

import java.util.List;

/** The rules that apply together. */
public final class RuleSet {

    private final int version;
    private final List<Rule> rules;

    public RuleSet(int version, List<Rule> rules) {
        this.version = version;
        this.rules = List.copyOf(rules);
    }

    public int version() {
        return version;
    }

    /** In the order of the file. */
    public List<Rule> rules() {
        return rules;
    }

    /** How many rules there are. */
    public int size() {
        return rules.size();
    }
}
