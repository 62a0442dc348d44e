package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/** Devices over MQTT 3.1.1, each with a connection, a sensor and publishes of one reading with QoS 1. */
final class MqttPublishes implements Protocol {

    /** Longer than a device waits while the other side has its turn. */
    private static final int KEEP_ALIVE_SECONDS = 300;

    private static final int MAX_CONNECT_MILLIS = 15_000;

    private static final String FRACTION = "0".repeat(MqttDialogue.FRACTION_DIGITS);

    private final MqttLogin login;
    private final int inFlight;
    private int connections;

    /**
     * None yet.
     *
     * @param inFlight how many publishes of a connection may be unacknowledged
     */
    MqttPublishes(MqttLogin login, int inFlight) {
        this.login = login;
        this.inFlight = inFlight;
    }

    @Override
    public Dialogue open(SocketChannel channel) throws IOException {
        int number = connections++;
        channel.write(ByteBuffer.wrap(login.connect("load-" + number, KEEP_ALIVE_SECONDS)));
        channel.socket().setSoTimeout(MAX_CONNECT_MILLIS);
        byte[] answer = channel.socket().getInputStream().readNBytes(MqttPacket.connack().length);
        if (!Arrays.equals(answer, MqttPacket.connack())) {
            throw new IOException("CONNECT is answered by " + HexFormat.of().formatHex(answer));
        }
        String payload = payload(number);
        byte[] publish = MqttPacket.publish("sensors/" + sensor(number), 1, payload);
        int payloadAt = publish.length - payload.length();
        return new MqttDialogue(publish, payloadAt - 2, payloadAt + payload.indexOf(FRACTION + "Z"), inFlight);
    }

    /** The sensor of the connection of that number. */
    static String sensor(int number) {
        return String.format(Locale.ROOT, "press-%03d", number);
    }

    /** Its sensor is the topic's. */
    static String payload(int number) {
        return String.format(
                Locale.ROOT,
                "{\"temperature\":%.2f,\"timestamp\":\"2025-12-04T12:00:00.%sZ\"}",
                60 + number * 0.01,
                FRACTION);
    }
}
