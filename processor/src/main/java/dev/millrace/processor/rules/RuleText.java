package dev.millrace.processor.rules;

import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;

/** Rules, with the text that they were read from. */
public record RuleText(String text, RuleSet rules) {

    /** Those that are shipped. */
    public static RuleText shipped() {
        return new RuleText(RuleFile.shippedText(), RuleFile.shipped());
    }
}
