package dev.millrace.core.connect;

import io.vertx.core.net.NetClientOptions;
import java.time.Duration;

/** The sockets of pooled connections. */
final class Sockets {

    private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(10);

    private Sockets() {}

    /**
     * Options of a socket that ends when the network or the peer's host goes away without a word: TCP_USER_TIMEOUT (RFC
     * 5482, Linux alone) for one with bytes under way that nobody acknowledges, keepalive probes for one at rest. Neither
     * ends a connection that is only idle. A peer whose system acknowledges while its program is silent is not covered: for
     * requests callers have timeouts of their own.
     */
    static NetClientOptions keptAlive() {
        return new NetClientOptions().setTcpKeepAlive(true).setTcpUserTimeout((int) UNACKNOWLEDGED.toMillis());
    }
}
