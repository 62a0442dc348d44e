package dev.millrace.bench.load;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads MQTT by the letter of the specification rather than with the generator's own packets, one after the other, and acknowledges as it is told. */
final class StubBroker implements AutoCloseable {

    /** A publish, as it came. */
    record Publish(String clientId, String topic, int id, String payload) {}

    /** What is sent for the publish of that number, from 0; may take its time. */
    interface Acknowledgements {
        /** Whole packets or pieces of them; empty: nothing. Each piece is sent on its own. */
        List<byte[]> of(int number, Publish publish);
    }

    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int connectCode;
    private final Acknowledgements acknowledgements;
    private final List<Publish> publishes = new ArrayList<>();
    private final List<String> logins = new ArrayList<>();

    /**
     * Listens.
     *
     * @param connectCode what CONNACK says
     */
    StubBroker(int connectCode, Acknowledgements acknowledgements) throws IOException {
        this.connectCode = connectCode;
        this.acknowledgements = acknowledgements;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    /** What has come. */
    synchronized List<Publish> publishes() {
        return List.copyOf(publishes);
    }

    /** Who has: client id, user name, password. */
    synchronized List<String> logins() {
        return List.copyOf(logins);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException _) {
            // closed: the test is over
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(client.getInputStream());
            String clientId = connect(in, client.getOutputStream());
            while (true) {
                switch (in.readUnsignedByte()) {
                    case 0x32 -> publish(clientId, in, client.getOutputStream());
                    case 0xC0 -> pong(in, client.getOutputStream());
                    default -> throw new IOException("neither PUBLISH with QoS 1 nor PINGREQ");
                }
            }
        } catch (IOException _) {
            // the client has gone
        }
    }

    private String connect(DataInputStream in, OutputStream out) throws IOException {
        int type = in.readUnsignedByte();
        int length = remainingLength(in);
        String protocol = in.readUTF();
        int level = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int keepAlive = in.readUnsignedShort();
        String clientId = in.readUTF();
        String userName = in.readUTF();
        String password = in.readUTF();
        int read = 2 + 4 + 1 + 1 + 2 + 6 + clientId.length() + userName.length() + password.length();
        boolean good = type == 0x10 && length == read && protocol.equals("MQTT") && level == 4 && flags == 0xC2;
        if (!good || keepAlive == 0) {
            throw new IOException("no CONNECT of MQTT 3.1.1");
        }
        synchronized (this) {
            logins.add(clientId + " " + userName + " " + password);
        }
        out.write(new byte[] {0x20, 2, 0, (byte) connectCode});
        return clientId;
    }

    private void publish(String clientId, DataInputStream in, OutputStream out) throws IOException {
        int length = remainingLength(in);
        String topic = in.readUTF();
        int id = in.readUnsignedShort();
        String payload = new String(in.readNBytes(length - 4 - topic.length()), StandardCharsets.US_ASCII);
        for (byte[] piece : take(new Publish(clientId, topic, id, payload))) {
            out.write(piece);
            out.flush();
        }
    }

    private static void pong(DataInputStream in, OutputStream out) throws IOException {
        if (in.readUnsignedByte() != 0) {
            throw new IOException("PINGREQ has no body");
        }
        out.write(new byte[] {(byte) 0xD0, 0});
    }

    private synchronized List<byte[]> take(Publish publish) {
        publishes.add(publish);
        return acknowledgements.of(publishes.size() - 1, publish);
    }

    private static int remainingLength(DataInputStream in) throws IOException {
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            int next = in.readUnsignedByte();
            length |= (next & 0x7F) << shift;
            if (next < 0x80) {
                return length;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
