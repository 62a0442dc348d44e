package dev.millrace.local.kinesis.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A message of {@code application/vnd.amazon.eventstream}: a prelude (length of all, length of the headers, their CRC-32), the
 * headers, the payload, and the CRC-32 of everything before it. All headers here are texts.
 *
 * @see <a href="https://smithy.io/2.0/aws/amazon-eventstream.html">Amazon Event Stream Specification</a>
 */
final class EventMessage {

    private static final int PRELUDE_BYTES = 3 * Integer.BYTES;
    private static final int TEXT = 7;

    private EventMessage() {}

    static byte[] encode(Map<String, String> headers, byte[] payload) {
        byte[] head = encode(headers);
        ByteBuffer message = ByteBuffer.allocate(PRELUDE_BYTES + head.length + payload.length + Integer.BYTES);
        message.putInt(message.capacity()).putInt(head.length);
        message.putInt(crc(message));
        message.put(head).put(payload);
        message.putInt(crc(message));
        return message.array();
    }

    private static byte[] encode(Map<String, String> headers) {
        var out = new ByteArrayOutputStream();
        headers.forEach((name, value) -> {
            byte[] key = name.getBytes(StandardCharsets.UTF_8);
            byte[] text = value.getBytes(StandardCharsets.UTF_8);
            out.write(key.length);
            out.writeBytes(key);
            out.write(TEXT);
            out.write(text.length >>> 8);
            out.write(text.length);
            out.writeBytes(text);
        });
        return out.toByteArray();
    }

    /** Of all bytes that were put so far. */
    private static int crc(ByteBuffer message) {
        var crc = new CRC32();
        crc.update(message.duplicate().flip());
        return (int) crc.getValue();
    }
}
