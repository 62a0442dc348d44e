package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.rule.ConditionKind;

/**
 * By what a state machine is found again under other rules: the rule's name and what it looks at. The limits may change meanwhile,
 * the shape of what is remembered may not.
 */
record Key(String rule, ConditionKind kind, int shape) {}
