package dev.millrace.bench.load;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;

/** Prepared HTTP/1.1 requests, sent in turn, whatever the connection. */
final class HttpRequests implements Protocol {

    private final List<ByteBuffer> requests;
    private int next;

    /** @param requests whole ones */
    HttpRequests(List<byte[]> requests) {
        this.requests = requests.stream().map(HttpRequests::direct).toList();
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @Override
    public Dialogue open(SocketChannel channel) {
        return new HttpDialogue(this::next);
    }

    private ByteBuffer next() {
        next = next + 1 == requests.size() ? 0 : next + 1;
        return requests.get(next).duplicate();
    }
}
