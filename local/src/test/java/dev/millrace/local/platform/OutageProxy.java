package dev.millrace.local.platform;

import java.io.IOException;
import java.net.Socket;

/** A server's address as one program sees it: there, or away for that program alone, while others go on using the server. */
final class OutageProxy implements AutoCloseable {

    private static final int BUFFER = 64 * 1024;

    private final Relay relay;

    /** Opens a port before {@code target} on this machine. */
    OutageProxy(int target) throws IOException {
        relay = new Relay(target, () -> OutageProxy::serve);
    }

    int port() {
        return relay.port();
    }

    /** Connections break, and new ones are refused. */
    void goAway() throws IOException {
        relay.refuse();
        cut();
    }

    /** After {@link #goAway}. */
    void comeBack() throws IOException {
        relay.listen();
    }

    /** Connections break; new ones are welcome. */
    void cut() {
        relay.resetAll();
    }

    private static void serve(Socket client, Socket upstream) throws InterruptedException {
        Thread answers = Thread.ofVirtual().start(() -> pass(upstream, client));
        pass(client, upstream);
        answers.join();
    }

    private static void pass(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try {
            for (int n = from.getInputStream().read(buffer);
                    n >= 0;
                    n = from.getInputStream().read(buffer)) {
                to.getOutputStream().write(buffer, 0, n);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            Relay.reset(from);
            Relay.reset(to);
        }
    }

    @Override
    public void close() throws IOException {
        relay.close();
    }
}
