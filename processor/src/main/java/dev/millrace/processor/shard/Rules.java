package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.rule.RuleSet;
import java.util.Optional;

/** The rules that this process knows of. Thread-safe. */
public interface Rules {

    /** Those of the highest version; empty until that was asked of the database. */
    Optional<RuleSet> newest();
}
