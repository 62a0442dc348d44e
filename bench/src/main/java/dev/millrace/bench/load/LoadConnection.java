package dev.millrace.bench.load;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A connection of a {@link LoadGenerator}, confined to its thread. */
final class LoadConnection implements AutoCloseable {

    private final SocketChannel channel;
    private final SelectionKey key;
    private final Dialogue dialogue;

    /** Since when it has had room for another request, nanoseconds. */
    long roomSince = System.nanoTime();

    /** Whether there are requests that were not offered to the socket. */
    private boolean unflushed;

    LoadConnection(Selector selector, SocketAddress server, Protocol protocol) throws IOException {
        channel = SocketChannel.open(server);
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            dialogue = protocol.open(channel);
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    Dialogue dialogue() {
        return dialogue;
    }

    /**
     * Makes a request, to be sent by {@link #flush}.
     *
     * @return whether it is the first since then
     */
    boolean request(long intended) {
        dialogue.request(intended);
        boolean first = !unflushed;
        unflushed = true;
        return first;
    }

    /** Sends what is unsent, now or as soon as the socket takes it. */
    void flush() throws IOException {
        unflushed = false;
        ByteBuffer unsent = dialogue.unsent();
        channel.write(unsent);
        key.interestOps(unsent.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    /**
     * Goes on with what the socket is ready for.
     *
     * @throws IOException if the connection is broken
     */
    void proceed(ByteBuffer shared, Dialogue.Answers answers) throws IOException {
        if (key.isWritable()) {
            flush();
        }
        if (key.isReadable()) {
            shared.clear();
            if (channel.read(shared) < 0) {
                throw new IOException("the server closed the connection");
            }
            dialogue.take(shared.flip(), answers);
        }
    }

    @Override
    public void close() throws IOException {
        key.cancel();
        channel.close();
    }
}
