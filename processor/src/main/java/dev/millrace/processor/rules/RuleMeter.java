package dev.millrace.processor.rules;

/** What the keeping of rules counts. Thread-safe. */
public interface RuleMeter {

    /** A text was refused as a whole, and the rules before it stay. */
    void rulesRefused();

    /** The newest rules that this process knows of are those. */
    void rulesAre(int version);
}
