package dev.millrace.processor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port of 127.0.0.1 for a server that is stopped and started again. It lies below those that systems give to outgoing
 * connections, or a client that tries it meanwhile could be given it as its own and hold it.
 */
public final class FreePort {

    private FreePort() {}

    /** A port that nobody listened on a moment ago. */
    public static int choose() {
        while (true) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(),
                        ThreadLocalRandom.current().nextInt(10_000, 20_000)));
                return socket.getLocalPort();
            } catch (BindException e) {
                // taken: another one
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
