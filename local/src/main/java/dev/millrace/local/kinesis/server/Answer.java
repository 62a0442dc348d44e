package dev.millrace.local.kinesis.server;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.local.kinesis.protocol.WireFormat;
import java.io.IOException;

/** The body of an answer, written in the format of the request; one that writes nothing is an empty body. */
@FunctionalInterface
interface Answer {

    Answer EMPTY = (_, _) -> {};

    void write(WireFormat format, JsonGenerator out) throws IOException;
}
