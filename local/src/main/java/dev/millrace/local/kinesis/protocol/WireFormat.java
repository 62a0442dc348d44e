package dev.millrace.local.kinesis.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * The two encodings of the Kinesis API. They differ in blobs and timestamps: AWS JSON 1.1 has base64 text and seconds
 * with a fraction, AWS CBOR 1.1 byte strings and whole milliseconds under tag 1 (which RFC 8949 gives to seconds; the
 * AWS SDKs read and write milliseconds).
 */
public enum WireFormat {
    JSON("application/x-amz-json-1.1"),
    CBOR("application/x-amz-cbor-1.1");

    private static final JsonFactory JSON_FACTORY = new JsonFactory();
    private static final CBORFactory CBOR_FACTORY = new CBORFactory();

    private static final int TAG_TIMESTAMP = 1;

    /** Year 9999 in milliseconds: a timestamp beyond is a mistake, and Instant arithmetic stays far from overflow. */
    private static final double MAX_MILLIS = 253_402_300_799_999.0;

    private final String mediaType;

    WireFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /** The format of a {@code Content-Type} header, whose parameters do not count. */
    public static Optional<WireFormat> ofContentType(String contentType) {
        int semicolon = contentType.indexOf(';');
        String bare = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (bare) {
            case "application/x-amz-json-1.1" -> Optional.of(JSON);
            case "application/x-amz-cbor-1.1" -> Optional.of(CBOR);
            default -> Optional.empty();
        };
    }

    private JsonFactory factory() {
        return this == JSON ? JSON_FACTORY : CBOR_FACTORY;
    }

    JsonParser parser(byte[] body) throws IOException {
        return factory().createParser(body);
    }

    public JsonGenerator generator(OutputStream out) throws IOException {
        return factory().createGenerator(out);
    }

    /** The blob that the parser stands on. */
    byte[] readBlob(JsonParser parser, String name) throws IOException {
        JsonToken wanted = this == JSON ? JsonToken.VALUE_STRING : JsonToken.VALUE_EMBEDDED_OBJECT;
        if (parser.currentToken() != wanted) {
            throw AwsError.SERIALIZATION.because(name + " is not a blob");
        }
        return parser.getBinaryValue();
    }

    /** The timestamp that the parser stands on. */
    Instant readTimestamp(JsonParser parser, String name) throws IOException {
        if (!parser.currentToken().isNumeric()) {
            throw AwsError.SERIALIZATION.because(name + " is not a timestamp");
        }
        double millis = this == JSON ? parser.getDoubleValue() * 1_000 : parser.getDoubleValue();
        if (!(Math.abs(millis) <= MAX_MILLIS)) {
            throw AwsError.SERIALIZATION.because(name + " is out of range");
        }
        return Instant.ofEpochMilli(Math.round(millis));
    }

    public void writeTimestamp(JsonGenerator out, long epochMillis) throws IOException {
        if (out instanceof CBORGenerator cbor) {
            cbor.writeTag(TAG_TIMESTAMP);
            cbor.writeNumber(epochMillis);
        } else {
            out.writeNumber(BigDecimal.valueOf(epochMillis, 3));
        }
    }
}
