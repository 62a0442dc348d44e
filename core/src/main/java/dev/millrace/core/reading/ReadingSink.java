package dev.millrace.core.reading;

/**
 * Is given the items of a body in their order, each as soon as it has been decoded. What it was given stands only if the body
 * as a whole does.
 */
public interface ReadingSink {

    /**
     * An item is a reading.
     *
     * @param index its place in the body, from 0
     */
    void accept(int index, Reading reading);

    /** An item is none. */
    void reject(Rejection rejection);
}
