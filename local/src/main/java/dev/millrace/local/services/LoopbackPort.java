package dev.millrace.local.services;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A TCP port of the loopback interface, with the variable that sets it.
 *
 * @param variable the environment variable to change when the port is taken
 * @param number 0 to 65535; 0 lets the system choose and is always free
 */
public record LoopbackPort(String variable, int number) {

    private static final int CONNECT_TIMEOUT_MILLIS = 500;

    public LoopbackPort {
        if (number < 0 || number > 65_535) {
            throw new IllegalArgumentException("a port must be from 0 to 65535");
        }
    }

    /** Why a server cannot open this port now; empty if it can. */
    public Optional<String> problem() {
        if (number == 0) {
            return Optional.empty();
        }
        // Connecting comes first: macOS lets a socket bind to 127.0.0.1 beside another one on all addresses.
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(loopback(), number), CONNECT_TIMEOUT_MILLIS);
            return Optional.of("Port " + number + " is taken; choose another with " + variable);
        } catch (IOException e) {
            // nobody answers there: the port may be free
        }
        try (var socket = new ServerSocket()) {
            // as servers do, so that connections in TIME_WAIT do not count
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(loopback(), number));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    "Port " + number + " cannot be opened (" + e.getMessage() + "); choose another with " + variable);
        }
    }

    /** What is wrong with these ports, those that two variables share included; empty if each can be opened. */
    public static List<String> problems(List<LoopbackPort> ports) {
        List<String> problems = new ArrayList<>();
        Map<Integer, String> variables = new HashMap<>();
        for (LoopbackPort port : ports) {
            String other = port.number == 0 ? null : variables.put(port.number, port.variable);
            if (other == null) {
                port.problem().ifPresent(problems::add);
            } else {
                problems.add(other + " and " + port.variable + " are both " + port.number + "; change one of them");
            }
        }
        return List.copyOf(problems);
    }

    /** Throws with every problem of these ports in one message, if there is one. */
    public static void requireFree(List<LoopbackPort> ports) throws StartFailure {
        List<String> problems = problems(ports);
        if (!problems.isEmpty()) {
            throw new StartFailure(String.join("\n", problems));
        }
    }

    /** This port's number, or for 0 one that was free a moment ago, for servers that cannot tell what they chose. */
    int orFree() throws IOException {
        if (number != 0) {
            return number;
        }
        return FreePort.choose();
    }

    /** 127.0.0.1 and never ::1: the embedded servers listen on IPv4 alone. */
    static InetAddress loopback() {
        try {
            return InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
        } catch (IOException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
