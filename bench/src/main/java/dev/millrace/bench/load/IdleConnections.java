package dev.millrace.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Devices over MQTT 3.1.1 that are connected and mostly silent, many of them, on one thread. Whatever is asked of them is asked
 * of all, and there is one answer to it. Not thread-safe.
 */
final class IdleConnections implements AutoCloseable {

    /** How many CONNECTs may be under way: more would wait in the server's queue of connections that it has not taken. */
    private static final int OPENING = 128;

    /** Longer than everything that is measured. */
    private static final int KEEP_ALIVE_SECONDS = 600;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int READ_BYTES = 64;
    private static final int PUBLISH_ID = 1;

    private final InetSocketAddress server;
    private final MqttLogin login;
    private final Selector selector;
    private final ByteBuffer came = ByteBuffer.allocateDirect(READ_BYTES);
    private final List<Device> devices = new ArrayList<>();
    private int answered;
    private Optional<String> flaw = Optional.empty();

    private static final class Device {
        final SocketChannel channel;
        final int number;
        byte[] expected = {};
        int matched;

        Device(SocketChannel channel, int number) {
            this.channel = channel;
            this.number = number;
        }

        void send(byte[] packet, byte[] answer) throws IOException {
            expected = answer;
            matched = 0;
            if (channel.write(ByteBuffer.wrap(packet)) != packet.length) {
                throw new IOException("the socket does not take a packet");
            }
        }
    }

    IdleConnections(InetSocketAddress server, MqttLogin login) throws IOException {
        this.server = server;
        this.login = login;
        this.selector = Selector.open();
    }

    /** Connects so many, until each has its CONNACK, and answers how many have. */
    int open(int count) throws IOException {
        answered = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (answered < count && flaw.isEmpty() && System.nanoTime() - deadline < 0) {
            while (devices.size() < count && devices.size() - answered < OPENING && flaw.isEmpty()) {
                start();
            }
            selector.select(this::proceed, 1);
        }
        return answered;
    }

    private void start() {
        try {
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Device device = new Device(channel, devices.size());
            devices.add(device);
            channel.register(selector, SelectionKey.OP_CONNECT, device);
            channel.connect(server);
        } catch (IOException e) {
            flaw = Optional.of("connection " + devices.size() + ": " + e.getMessage());
        }
    }

    /** Sends PINGREQ on all, and answers how many got their PINGRESP. */
    int ping() throws IOException {
        return ask(_ -> MqttPacket.pingreq(), MqttPacket.pingresp());
    }

    /** Publishes a reading on each, of the sensor of its number, and answers how many got their PUBACK. */
    int publish() throws IOException {
        return ask(
                number -> MqttPacket.publish(
                        "sensors/" + MqttPublishes.sensor(number), PUBLISH_ID, MqttPublishes.payload(number)),
                MqttPacket.puback(PUBLISH_ID));
    }

    private int ask(IntFunction<byte[]> packet, byte[] answer) throws IOException {
        answered = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int sent = 0;
        while (answered < devices.size() && flaw.isEmpty() && System.nanoTime() - deadline < 0) {
            for (; sent < devices.size() && sent - answered < OPENING; sent++) {
                devices.get(sent).send(packet.apply(sent), answer);
            }
            selector.select(this::proceed, 1);
        }
        return answered;
    }

    /** Why there are fewer than asked for, where the system said so. */
    Optional<String> flaw() {
        return flaw;
    }

    private void proceed(SelectionKey key) {
        Device device = (Device) key.attachment();
        try {
            if (key.isConnectable()) {
                device.channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                device.send(login.connect("idle-" + device.number, KEEP_ALIVE_SECONDS), MqttPacket.connack());
            } else {
                read(device);
            }
        } catch (IOException e) {
            key.cancel();
            flaw = Optional.of("connection " + device.number + ": " + e.getMessage());
        }
    }

    private void read(Device device) throws IOException {
        came.clear();
        if (device.channel.read(came) < 0) {
            throw new IOException("the server closed the connection");
        }
        came.flip();
        while (came.hasRemaining()) {
            if (device.matched == device.expected.length || came.get() != device.expected[device.matched]) {
                throw new IOException("another answer than was expected");
            }
            device.matched++;
        }
        if (device.matched == device.expected.length) {
            answered++;
        }
    }

    @Override
    public void close() {
        try {
            for (Device device : devices) {
                device.channel.close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
