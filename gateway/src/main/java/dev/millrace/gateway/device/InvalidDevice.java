package dev.millrace.gateway.device;

/** What was sent is no device. */
public final class InvalidDevice extends Exception {

    private static final long serialVersionUID = 1L;

    private final String field;

    /**
     * Of one field.
     *
     * @param message what is wrong with it, fit for the sender, without what was sent
     */
    InvalidDevice(String field, String message) {
        super(message, null, false, false);
        this.field = field;
    }

    /** The field that is wrong; empty where it is none of them. */
    public String field() {
        return field;
    }

    /** What is wrong. */
    public String detail() {
        return String.valueOf(getMessage());
    }
}
