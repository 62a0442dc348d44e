package dev.millrace.gateway.http.encoding;

/** No coding at all. */
record IdentityDecoder(Output output) implements ContentDecoder {

    @Override
    public Progress write(byte[] bytes, int offset, int length) {
        return output.decoded(bytes, offset, length) ? Progress.MORE : Progress.STOPPED;
    }

    @Override
    public boolean isComplete() {
        return true;
    }

    @Override
    public void close() {}
}
