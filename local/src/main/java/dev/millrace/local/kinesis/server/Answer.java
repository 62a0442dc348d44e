package dev.millrace.local.kinesis.server;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.local.kinesis.protocol.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The body of an answer, written in the format of the request; one that writes nothing is an empty body. */
@FunctionalInterface
interface Answer {

    Answer EMPTY = (_, _) -> {};

    void write(WireFormat format, JsonGenerator out) throws IOException;

    /** The bytes of the body. */
    default byte[] encode(WireFormat format) {
        var out = new ByteArrayOutputStream();
        try (JsonGenerator generator = format.generator(out)) {
            write(format, generator);
        } catch (IOException e) {
            // nothing is written but memory
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
