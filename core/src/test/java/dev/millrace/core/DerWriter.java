package dev.millrace.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** As much of DER (X.690) as a certificate needs. */
final class DerWriter {

    private static final DateTimeFormatter UTC_TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));

    private DerWriter() {}

    static byte[] certificate(byte[] toBeSigned, byte[] signature) {
        return sequence(toBeSigned, ECDSA_WITH_SHA256, value(3, new byte[1], signature));
    }

    static byte[] toBeSigned(
            int serial,
            byte[] issuer,
            Instant notBefore,
            Instant notAfter,
            byte[] subject,
            byte[] publicKey,
            List<byte[]> extensions) {
        return sequence(
                value(0xa0, integer(2)),
                integer(serial),
                ECDSA_WITH_SHA256,
                issuer,
                sequence(time(notBefore), time(notAfter)),
                subject,
                publicKey,
                extensions.isEmpty() ? new byte[0] : value(0xa3, sequence(extensions.toArray(byte[][]::new))));
    }

    /** A name of one CN, or of none. */
    static byte[] name(String commonName) {
        return commonName.isEmpty()
                ? sequence()
                : sequence(value(0x31, sequence(oid(0x55, 4, 3), value(0x0c, commonName.getBytes(UTF_8)))));
    }

    /** That the holder is an authority. */
    static byte[] basicConstraints() {
        byte[] yes = value(1, new byte[] {(byte) 0xff});
        return sequence(oid(0x55, 0x1d, 0x13), yes, value(4, sequence(yes)));
    }

    static byte[] alternativeNames(String names) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String name : names.split(",", -1)) {
            String text = name.substring(name.indexOf(':') + 1);
            all.writeBytes(
                    switch (name.substring(0, name.indexOf(':'))) {
                        case "dns" -> value(0x82, text.getBytes(US_ASCII));
                        case "uri" -> value(0x86, text.getBytes(US_ASCII));
                        case "ip" -> value(0x87, InetAddress.ofLiteral(text).getAddress());
                        default -> throw new IllegalArgumentException(name);
                    });
        }
        return sequence(oid(0x55, 0x1d, 0x11), value(4, sequence(all.toByteArray())));
    }

    /** The key of PKCS #1 that is the last part of a key of PKCS #8. */
    static byte[] pkcs1(byte[] pkcs8) {
        int[] at = {0};
        content(pkcs8, at);
        skip(pkcs8, at);
        skip(pkcs8, at);
        int length = content(pkcs8, at);
        byte[] inner = new byte[length];
        System.arraycopy(pkcs8, at[0], inner, 0, length);
        return inner;
    }

    private static void skip(byte[] der, int[] at) {
        int length = content(der, at);
        at[0] += length;
    }

    /** Steps into a value; answers how long it is. */
    private static int content(byte[] der, int[] at) {
        int first = der[at[0] + 1] & 0xff;
        at[0] += 2;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = (length << 8) | (der[at[0]++] & 0xff);
        }
        return length;
    }

    private static byte[] time(Instant instant) {
        return value(0x17, UTC_TIME.format(instant).getBytes(US_ASCII));
    }

    private static byte[] integer(int number) {
        return value(2, BigInteger.valueOf(number).toByteArray());
    }

    private static byte[] oid(int... bytes) {
        byte[] content = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            content[i] = (byte) bytes[i];
        }
        return value(6, content);
    }

    private static byte[] sequence(byte[]... parts) {
        return value(0x30, parts);
    }

    private static byte[] value(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        int length = content.size();
        if (length < 0x80) {
            all.write(length);
        } else if (length < 0x100) {
            all.write(0x81);
            all.write(length);
        } else {
            all.write(0x82);
            all.write(length >> 8);
            all.write(length);
        }
        all.writeBytes(content.toByteArray());
        return all.toByteArray();
    }
}
