package dev.millrace.processor.anomaly.rule;

import java.util.List;

/** The rules that apply together, in the order of their file. */
public final class RuleSet {

    private final int version;
    private final List<Rule> rules;

    /**
     * @param version the version of the rule file, at least 1
     * @param rules no two with the same name
     */
    public RuleSet(int version, List<Rule> rules) {
        if (version < 1 || rules.stream().map(Rule::name).distinct().count() != rules.size()) {
            throw new IllegalArgumentException("a version must be at least 1, and no two rules may share a name");
        }
        this.version = version;
        this.rules = List.copyOf(rules);
    }

    public int version() {
        return version;
    }

    /** How many rules there are. */
    public int size() {
        return rules.size();
    }

    public List<Rule> rules() {
        return rules;
    }
}
