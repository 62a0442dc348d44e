package dev.millrace.gateway.query;

/** What is stored cannot be reached now. */
public final class StoreUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StoreUnavailable(Throwable cause) {
        super(cause);
    }
}
