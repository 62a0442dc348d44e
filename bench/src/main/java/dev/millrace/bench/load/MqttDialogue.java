package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Publishes with QoS 1, all of them the same prepared packet but for its id and the microseconds of its timestamp, which count
 * up; PUBACK counts as accepted, whatever the order.
 */
final class MqttDialogue implements Dialogue {

    /** How many digits the timestamp's fraction has. After a second's microseconds they begin anew. */
    static final int FRACTION_DIGITS = 6;

    private final byte[] publish;
    private final int idAt;
    private final int fractionAt;
    private final ByteBuffer out;

    /** When the publish of an id was to be sent; ids are 1 to the number of those that may be under way. */
    private final long[] intended;

    private final boolean[] underWay;
    private final int[] freeIds;
    private int free;

    /** The last bytes that came, a PUBACK but for those that are missing. */
    private int packet;

    private int packetBytes;

    /**
     * A connection that is let in.
     *
     * @param publish the packet
     * @param idAt where its id begins
     * @param fractionAt where the timestamp's fraction does
     * @param inFlight how many may be under way
     */
    MqttDialogue(byte[] publish, int idAt, int fractionAt, int inFlight) {
        this.publish = publish.clone();
        this.idAt = idAt;
        this.fractionAt = fractionAt;
        this.out = ByteBuffer.allocateDirect(inFlight * publish.length).flip();
        this.intended = new long[inFlight + 1];
        this.underWay = new boolean[inFlight + 1];
        this.freeIds = new int[inFlight];
        for (int id = inFlight; id > 0; id--) {
            freeIds[free++] = id;
        }
    }

    @Override
    public boolean hasRoom() {
        return free > 0;
    }

    @Override
    public int underWay() {
        return freeIds.length - free;
    }

    @Override
    public void request(long intended) {
        int id = freeIds[--free];
        this.intended[id] = intended;
        underWay[id] = true;
        publish[idAt] = (byte) (id >>> 8);
        publish[idAt + 1] = (byte) id;
        out.compact().put(publish).flip();
        countUp();
    }

    private void countUp() {
        int at = fractionAt + FRACTION_DIGITS - 1;
        while (at > fractionAt && publish[at] == '9') {
            publish[at--] = '0';
        }
        publish[at] = publish[at] == '9' ? (byte) '0' : (byte) (publish[at] + 1);
    }

    @Override
    public ByteBuffer unsent() {
        return out;
    }

    @Override
    public void take(ByteBuffer came, Answers answers) throws IOException {
        while (came.hasRemaining()) {
            packet = (packet << 8) | (came.get() & 0xFF);
            packetBytes++;
            if (packetBytes == 4) {
                acknowledged(answers);
                packetBytes = 0;
            }
        }
    }

    private void acknowledged(Answers answers) throws IOException {
        int id = packet & 0xFFFF;
        if (packet >>> 16 != ((MqttPacket.PUBACK << 8) | MqttPacket.PUBACK_LENGTH)
                || id >= underWay.length
                || !underWay[id]) {
            throw new IOException(String.format("%08x is no PUBACK that is waited for", packet));
        }
        underWay[id] = false;
        freeIds[free++] = id;
        answers.accepted(intended[id]);
    }
}
