package dev.millrace.gateway.http.encoding;

/** Where content decoders come from. */
@FunctionalInterface
public interface ContentDecoders {

    ContentDecoder create(ContentEncoding encoding, ContentDecoder.Output output);

    /** Decoders for one event loop. They share their buffers, which are made when the first compressed body comes. */
    static ContentDecoders forOneEventLoop() {
        StepBuffers buffers = new StepBuffers();
        return (encoding, output) -> switch (encoding) {
            case IDENTITY -> new IdentityDecoder(output);
            case GZIP -> new GzipDecoder(output, buffers);
            case ZSTD -> new ZstdDecoder(output, buffers);
        };
    }
}
