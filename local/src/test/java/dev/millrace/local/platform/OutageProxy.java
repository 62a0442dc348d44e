package dev.millrace.local.platform;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A server's address as one program sees it: there, or away for that program alone, while others go on using the server. */
final class OutageProxy implements AutoCloseable {

    private static final int BUFFER = 64 * 1024;

    private final int target;
    private final int port = FreePort.choose();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ServerSocket server;

    /** Opens a port before {@code target} on this machine. */
    OutageProxy(int target) throws IOException {
        this.target = target;
        comeBack();
    }

    int port() {
        return port;
    }

    /** Connections break, and new ones are refused. */
    void goAway() throws IOException {
        ServerSocket listening = server;
        server = null;
        if (listening != null) {
            listening.close();
        }
        cut();
    }

    /** After {@link #goAway}. */
    void comeBack() throws IOException {
        ServerSocket listening = new ServerSocket();
        listening.setReuseAddress(true);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        server = listening;
        Thread.ofVirtual().start(() -> accept(listening));
    }

    /** Connections break; new ones are welcome. */
    void cut() {
        open.forEach(OutageProxy::reset);
    }

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(listening, client));
            } catch (IOException e) {
                // away, or a client that is gone already
            }
        }
    }

    private void serve(ServerSocket listening, Socket client) {
        try (client;
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target)) {
            open.add(upstream);
            if (listening.isClosed()) {
                // accepted as it went away
                return;
            }
            Thread answers = Thread.ofVirtual().start(() -> pass(upstream, client));
            pass(client, upstream);
            answers.join();
            open.remove(upstream);
        } catch (IOException e) {
            // the server is away, and so is the connection
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
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
            reset(from);
            reset(to);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }

    @Override
    public void close() throws IOException {
        goAway();
    }
}
