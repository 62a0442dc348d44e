package dev.millrace.processor.cache;

/** The database cannot be asked now; handled where it is thrown. */
final class StoreAway extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;

    StoreAway(String reason) {
        super(reason);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
