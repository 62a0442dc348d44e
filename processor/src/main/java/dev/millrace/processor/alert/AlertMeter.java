package dev.millrace.processor.alert;

/** Counts what happens to alerts. Thread-safe. */
public interface AlertMeter {

    /** Alerts that a destination has. */
    void sent(AlertDestination.Kind kind, AlertEvent event, int alerts);

    /** Alerts that were over before they could be told. */
    void suppressed(AlertDestination.Kind kind, AlertEvent event, int alerts);

    /** An attempt that came to nothing. */
    void failed(AlertDestination.Kind kind, AlertEvent event);

    /** Alerts that are given up. */
    void dead(AlertDestination.Kind kind, AlertEvent event, int alerts);

    /** How many alerts wait for destinations of a kind, and since when the oldest of them does; 0: none do. */
    void waiting(AlertDestination.Kind kind, long alerts, double oldestSeconds);
}
