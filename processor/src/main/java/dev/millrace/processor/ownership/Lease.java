package dev.millrace.processor.ownership;

/**
 * A process's sign of life, as others see it.
 *
 * @param name the same for all processes of one pod, one after the other
 * @param holder the process, never the same again: a pod's next process is another
 * @param draining whether it is about to stop and takes no more shards
 * @param version changes with each renewal; that it has changed is all that is known of it
 */
public record Lease(String name, String holder, boolean draining, String version) {}
