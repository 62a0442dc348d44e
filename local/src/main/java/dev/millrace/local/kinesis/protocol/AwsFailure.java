package dev.millrace.local.kinesis.protocol;

/** A call that ends with an error of the API. Not a fault of the emulator, so it has no stack trace. */
public final class AwsFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final AwsError error;
    private final String description;

    AwsFailure(AwsError error, String description) {
        super(description, null, false, false);
        this.error = error;
        this.description = description;
    }

    public AwsError error() {
        return error;
    }

    /** The message that the client reads. */
    public String description() {
        return description;
    }
}
