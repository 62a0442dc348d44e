package dev.millrace.local.platform;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A port of this machine that stands for another one. What becomes of the bytes between them is its user's. */
final class Relay implements AutoCloseable {

    private final int target;
    private final Supplier<Serving> servings;
    private final int port = FreePort.choose();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ServerSocket server;

    /** Serves one connection, on a thread of its own. */
    interface Serving {

        /** Returns when both are done with; they are closed then. An exception ends both, too. */
        void serve(Socket client, Socket upstream) throws IOException, InterruptedException;
    }

    /**
     * Listens.
     *
     * @param servings asked for one for each connection, in the order in which they are accepted
     */
    Relay(int target, Supplier<Serving> servings) throws IOException {
        this.target = target;
        this.servings = servings;
        listen();
    }

    int port() {
        return port;
    }

    /** After {@link #refuse}. */
    void listen() throws IOException {
        ServerSocket listening = new ServerSocket();
        listening.setReuseAddress(true);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        server = listening;
        Thread.ofVirtual().start(() -> accept(listening));
    }

    /** New connections are refused. */
    void refuse() throws IOException {
        ServerSocket listening = server;
        server = null;
        if (listening != null) {
            listening.close();
        }
    }

    /** All connections end in a reset. */
    void resetAll() {
        open.forEach(Relay::reset);
    }

    /** Another connection to the server, which ends with the others. */
    Socket connect() throws IOException {
        Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(upstream);
        return upstream;
    }

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                open.add(client);
                Serving serving = servings.get();
                Thread.ofVirtual().start(() -> serve(listening, client, serving));
            } catch (IOException e) {
                // it refuses, or the client is gone already
            }
        }
    }

    private void serve(ServerSocket listening, Socket client, Serving serving) {
        try (client;
                Socket upstream = connect()) {
            // else it was accepted as the others ended
            if (!listening.isClosed()) {
                client.setTcpNoDelay(true);
                upstream.setTcpNoDelay(true);
                serving.serve(client, upstream);
            }
            open.remove(upstream);
        } catch (IOException e) {
            // the server is away, and so is the connection
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }

    @Override
    public void close() throws IOException {
        refuse();
        resetAll();
    }
}
