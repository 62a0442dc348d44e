package dev.millrace.local.services;

import java.util.Map;

/** A server of the local platform that runs. */
public interface LocalService extends AutoCloseable {

    /** What people call it, such as {@code PostgreSQL 18}. */
    String name();

    /** Who uses it. */
    enum Program {
        GATEWAY,
        PROCESSOR
    }

    /** The environment variables with which both programs find it, by name. */
    Map<String, String> settings();

    /** Those that only one of them is told. */
    default Map<String, String> settings(Program program) {
        return Map.of();
    }

    /** The command that a person types to look into it. */
    String howToReach();

    /** Stops it, waits until it has stopped, and removes its files. Never throws; what fails is logged. */
    @Override
    void close();

    /** Starts a service and returns when it answers. */
    @FunctionalInterface
    interface Starter {
        LocalService start() throws StartFailure;
    }
}
