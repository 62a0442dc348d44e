package dev.millrace.bench.load;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A keep-alive connection with at most one request under way. Confined to the generator's thread. */
final class LoadConnection implements AutoCloseable {

    /** More than any answer to a request of the benchmarks has. */
    private static final int MAX_ANSWER_BYTES = 16 * 1024;

    /** What {@link #proceed} answers while the answer is not complete. */
    static final int INCOMPLETE = 0;

    private static final byte[] CONTENT_LENGTH = {
        '\n', 'c', 'o', 'n', 't', 'e', 'n', 't', '-', 'l', 'e', 'n', 'g', 't', 'h', ':', ' '
    };

    private final SocketChannel channel;
    private final SelectionKey key;
    private final byte[] answer = new byte[MAX_ANSWER_BYTES];
    private final ByteBuffer answerBuffer = ByteBuffer.wrap(answer);
    private ByteBuffer unsent = ByteBuffer.allocate(0);

    /** When the request under way was to be sent, nanoseconds. */
    long intended;

    /** Since when there is none, nanoseconds. */
    long idleSince = System.nanoTime();

    LoadConnection(Selector selector, SocketAddress server) throws IOException {
        channel = SocketChannel.open(server);
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Sends a request, now or as soon as the socket takes it. */
    void send(ByteBuffer request) throws IOException {
        unsent = request.duplicate();
        write();
    }

    private void write() throws IOException {
        channel.write(unsent);
        key.interestOps(unsent.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    /**
     * Goes on with what the socket is ready for.
     *
     * @return the answer's status when it has been read whole, else {@link #INCOMPLETE}
     * @throws IOException if the connection is broken or the answer is none that this client understands
     */
    int proceed(ByteBuffer shared) throws IOException {
        if (key.isWritable()) {
            write();
        }
        if (!key.isReadable()) {
            return INCOMPLETE;
        }
        shared.clear();
        if (channel.read(shared) < 0) {
            throw new IOException("the server closed the connection");
        }
        answerBuffer.put(shared.flip());
        int end = headEnd();
        if (end < 0 || answerBuffer.position() < end + contentLength(end)) {
            return INCOMPLETE;
        }
        int status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
        answerBuffer.clear();
        return status;
    }

    /** Where the head ends, or -1. */
    private int headEnd() {
        for (int i = 3; i < answerBuffer.position(); i++) {
            if (answer[i] == '\n' && answer[i - 2] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private int contentLength(int headEnd) throws IOException {
        for (int i = 0; i < headEnd - CONTENT_LENGTH.length; i++) {
            if (answer[i] == '\n' && isContentLength(i)) {
                int value = 0;
                for (int at = i + CONTENT_LENGTH.length; answer[at] != '\r'; at++) {
                    value = value * 10 + (answer[at] - '0');
                }
                return value;
            }
        }
        throw new IOException("an answer without content-length");
    }

    private boolean isContentLength(int at) {
        for (int i = 1; i < CONTENT_LENGTH.length; i++) {
            if ((answer[at + i] | 0x20) != (CONTENT_LENGTH[i] | 0x20)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        key.cancel();
        channel.close();
    }
}
