package dev.millrace.processor.rules;

import dev.millrace.processor.anomaly.rule.RuleSet;

/** Rules, with the text that they were read from. */
record RuleText(String text, RuleSet rules) {}
