package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/**
 * Texts that a client gets and gives back without understanding them: shard iterators and NextTokens. They are masked
 * and carry a checksum, so that a client that makes its own, or keeps one over a restart of the emulator, is refused.
 * It is no cryptography; there is nothing to protect.
 */
final class OpaqueTokens {

    private static final int CHECK_BYTES = Integer.BYTES;

    private final long secret;

    OpaqueTokens(RandomGenerator random) {
        this.secret = random.nextLong();
    }

    String seal(long... values) {
        ByteBuffer plain = ByteBuffer.allocate(CHECK_BYTES + values.length * Long.BYTES);
        plain.position(CHECK_BYTES);
        for (long value : values) {
            plain.putLong(value);
        }
        int check = check(plain.array());
        plain.putInt(0, check);
        return Base64.getEncoder().encodeToString(mask(plain.array(), check));
    }

    /**
     * The values of a sealed token.
     *
     * @param count how many it must have
     * @throws dev.millrace.local.kinesis.protocol.AwsFailure InvalidArgumentException if it is not one
     */
    long[] open(String token, int count, String name) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(token);
        } catch (IllegalArgumentException _) {
            throw AwsError.INVALID_ARGUMENT.because("Invalid " + name + ".");
        }
        if (bytes.length != CHECK_BYTES + count * Long.BYTES) {
            throw AwsError.INVALID_ARGUMENT.because("Invalid " + name + ".");
        }
        int check = ByteBuffer.wrap(bytes).getInt();
        ByteBuffer plain = ByteBuffer.wrap(mask(bytes, check));
        if (check(plain.array()) != check) {
            throw AwsError.INVALID_ARGUMENT.because("Invalid " + name + ".");
        }
        plain.position(CHECK_BYTES);
        long[] values = new long[count];
        plain.asLongBuffer().get(values);
        return values;
    }

    /** Masks all but the checksum, which is the mask's seed beside the secret; twice is as before. */
    private byte[] mask(byte[] bytes, int check) {
        var stream = new SplittableRandom(secret ^ check);
        for (int i = CHECK_BYTES; i < bytes.length; i++) {
            bytes[i] ^= (byte) stream.nextInt();
        }
        return bytes;
    }

    private int check(byte[] bytes) {
        var crc = new CRC32();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, secret));
        crc.update(bytes, CHECK_BYTES, bytes.length - CHECK_BYTES);
        return (int) crc.getValue();
    }
}
