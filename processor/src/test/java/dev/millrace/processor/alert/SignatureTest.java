package dev.millrace.processor.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class SignatureTest {

    /** As {@code printf '1795176000.{"a":1}' | openssl dgst -sha256 -hmac s3cret-s3cret-s3cret} has it. */
    @Test
    void isTheHmacOfTimeAndBody() {
        assertEquals(
                "t=1795176000,v1=36641f6bc51db607908729f866f519c56cd277f4432a3a3aa8cf8df6d979617f",
                Signature.of("s3cret-s3cret-s3cret", 1_795_176_000, "{\"a\":1}".getBytes(UTF_8)));
    }

    @Test
    void changesWithTimeBodyAndSecret() {
        String signature = Signature.of("secret", 1, "a".getBytes(UTF_8));

        assertNotEquals(
                signature.substring(4),
                Signature.of("secret", 2, "a".getBytes(UTF_8)).substring(4));
        assertNotEquals(signature, Signature.of("secret", 1, "b".getBytes(UTF_8)));
        assertNotEquals(signature, Signature.of("other", 1, "a".getBytes(UTF_8)));
    }
}
