package dev.millrace.core.lifecycle;

import io.vertx.core.Future;

/** A part of the platform that runs as a process, or beside others in one. */
public interface Service {

    /**
     * Starts it. The future completes when its servers listen; it may then still wait for what it depends on, and tells so
     * on {@code /health/ready}. It fails on what waiting cannot mend, such as a port that is taken.
     */
    Future<Void> start();

    /** Completes when it is ready for the first time; fails when it is stopped before. */
    Future<Void> ready();

    /** How it stops. Answers the same plan always; it may run at any time after {@link #start} was called. */
    ShutdownPlan shutdownPlan();
}
