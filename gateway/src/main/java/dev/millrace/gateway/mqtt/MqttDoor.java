package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.limit.ConnectionLimit;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.tls.Arrivals;
import dev.millrace.gateway.tls.Tls;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The MQTT server: one verticle an event loop, all on one port, and on others where TLS and MQTT over WebSocket are wanted. Its
 * {@link MqttConnection}s take publishes to the same {@link Ingestor} as HTTP.
 */
public final class MqttDoor {

    /** What a read takes at most: of a connection that is not read, no more than this and one packet wait in our memory. */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(64, 512, 4 * 1024);

    /** How soon what waits for room is tried, and how long it takes at most while nobody finds any, in milliseconds. */
    private static final long MIN_RETRY_INTERVAL = 10;

    private static final long MAX_RETRY_INTERVAL = 320;

    /** From which number of bytes on a connection counts as one that does not read its answers, and below which it does again. */
    private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(8 * 1024, 16 * 1024);

    /** Which part of the memory for what is being read those get who have not connected. */
    private static final int STRANGERS_SHARE = 8;

    private static final Duration MAX_LOOK_INTERVAL = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final MqttConfig config;
    private final MqttShared shared;
    private final Optional<Tls> tls;
    private final ConnectionLimit connections;
    private final Optional<Arrivals> arrivals;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger port = new AtomicInteger();
    private final AtomicInteger tlsPort = new AtomicInteger();
    private final AtomicInteger webSocketPort = new AtomicInteger();
    private volatile Optional<String> deployment = Optional.empty();
    private volatile Duration drainTimeout = Duration.ofSeconds(10);

    /**
     * A server that does not listen yet.
     *
     * @param clients the limits that hold for all doors together
     * @param receipt the clock of readings without a timestamp
     * @param rejections where publishes are kept that were no readings
     * @param random one that cannot be foretold
     * @param tls must be there where the configuration has a port for it
     * @param nanoTime a monotonic clock
     */
    public MqttDoor(
            Vertx vertx,
            MqttConfig config,
            Ingestor ingestor,
            ClientLimits clients,
            Authenticator authenticator,
            AuthFailureLog failures,
            ReceiptClock receipt,
            Rejections rejections,
            MqttMetrics metrics,
            RandomGenerator random,
            Optional<Tls> tls,
            LongSupplier nanoTime) {
        this.vertx = vertx;
        this.config = config;
        this.tls = tls;
        this.connections = new ConnectionLimit(config.limits().maxConnections());
        this.arrivals = tls.map(given -> given.arrivals(connections, metrics::connectionRefused));
        this.shared = new MqttShared(
                config.limits(),
                clients,
                new BodyBudget(clients.bodies().total() / STRANGERS_SHARE),
                ingestor,
                new Reception(authenticator, failures),
                new Sessions(nanoTime),
                new AtomicInteger(),
                rejections,
                metrics,
                receipt,
                random,
                nanoTime);
        metrics.connections(connections::open, waiting::get, shared.inFlight()::get);
        metrics.strangersBytes(shared.strangers()::used);
    }

    /** Listens on {@code instances} event loops; fails where a port is taken. */
    public Future<Void> open(int instances) {
        return vertx.deployVerticle(Instance::new, new DeploymentOptions().setInstances(instances))
                .onSuccess(id -> {
                    deployment = Optional.of(id);
                    vertx.setPeriodic(
                            lookInterval().toMillis(), _ -> shared.sessions().look());
                })
                .mapEmpty();
    }

    /** So that a limit is overrun by a quarter at most. */
    private Duration lookInterval() {
        Duration shortest =
                config.limits().packetTimeout().compareTo(config.limits().connectTimeout()) < 0
                        ? config.limits().packetTimeout()
                        : config.limits().connectTimeout();
        Duration quarter = shortest.dividedBy(4);
        return quarter.compareTo(MAX_LOOK_INTERVAL) < 0 ? quarter : MAX_LOOK_INTERVAL;
    }

    /** The port that it listens on without TLS and WebSocket; 0 where there is none. */
    public int port() {
        return port.get();
    }

    /** The port of TLS; 0 where there is none. */
    public int tlsPort() {
        return tlsPort.get();
    }

    /** The port of MQTT over WebSocket; 0 where there is none. */
    public int webSocketPort() {
        return webSocketPort.get();
    }

    /** Takes no new connection, and closes each that there is when its publishes on their way have been answered. */
    public Future<Void> drain(Duration timeout) {
        drainTimeout = timeout;
        return deployment.map(vertx::undeploy).orElseGet(Future::succeededFuture);
    }

    /** What is spoken on a port below MQTT. */
    private enum Port {
        PLAIN,
        TLS,
        WEB_SOCKET
    }

    /** The connections of one event loop. */
    private final class Instance extends VerticleBase implements MqttConnection.Neighbours {

        private final PacketFramer.Workplace workplace = new PacketFramer.Workplace();
        private final Set<MqttConnection> open = new HashSet<>();
        private final Set<MqttConnection> waitingHere = new LinkedHashSet<>();
        private final List<NetServer> servers = new ArrayList<>();
        private boolean retrying;
        private long retryInterval = MIN_RETRY_INTERVAL;

        @Override
        public Future<?> start() {
            vertx.setPeriodic(lookInterval().toMillis(), _ -> look());
            return listen("MQTT_PORT", config.port(), Port.PLAIN, port)
                    .compose(_ -> listen("MQTTS_PORT", config.tlsPort(), Port.TLS, tlsPort))
                    .compose(
                            _ -> listen("MQTT_WEBSOCKET_PORT", config.webSocketPort(), Port.WEB_SOCKET, webSocketPort));
        }

        private Future<?> listen(String variable, Optional<Integer> wanted, Port kind, AtomicInteger actual) {
            return wanted.<Future<?>>map(number -> listen(variable, number, kind, actual))
                    .orElseGet(Future::succeededFuture);
        }

        private Future<?> listen(String variable, int wanted, Port kind, AtomicInteger actual) {
            NetServerOptions options = new NetServerOptions()
                    .setHost(config.host())
                    .setPort(wanted)
                    .setTcpNoDelay(true)
                    // the one way to notice that a client of MQTT 3.1.1 without a keep-alive is gone
                    .setTcpKeepAlive(true);
            if (kind == Port.TLS) {
                tls.orElseThrow().secure(options, arrivals.orElseThrow());
            }
            NetServer server = vertx.createNetServer(options).connectHandler(socket -> connected(socket, kind));
            servers.add(server);
            return server.listen()
                    .onSuccess(listening -> {
                        actual.set(listening.actualPort());
                        if (kind == Port.TLS) {
                            tls.orElseThrow().attach(server::updateSSLOptions);
                        }
                    })
                    .recover(cause -> Future.failedFuture("port " + wanted + " cannot be opened (" + cause.getMessage()
                            + "); choose another with " + variable));
        }

        private void connected(NetSocket accepted, Port kind) {
            NetSocketInternal socket = (NetSocketInternal) accepted;
            ChannelHandlerContext channel = socket.channelHandlerContext();
            Credentials shown = Credentials.NONE;
            if (kind == Port.TLS) {
                // it counts since it was accepted
                arrivals.orElseThrow().arrived(channel.channel());
                shown = tls.orElseThrow().shown(channel.channel());
            } else if (!connections.enter(channel.channel())) {
                shared.metrics().connectionRefused();
                closeNow(channel);
                return;
            }
            channel.channel().config().setRecvByteBufAllocator(READS);
            channel.channel().config().setWriteBufferWaterMark(UNREAD);
            PacketFramer framer = new PacketFramer(workplace, config.limits().maxPacketBytes(), shared.strangers());
            channel.pipeline().addBefore("handler", "packets", framer);
            if (kind == Port.WEB_SOCKET) {
                WebSocketHandshake.addBefore(channel.pipeline(), "packets");
            }
            ChannelHandlerContext end = channel.pipeline().context("packets");
            MqttConnection connection =
                    new MqttConnection(shared, this, context, new ClientChannel(end), framer, shown);
            framer.whenWritabilityChanges(connection::writabilityChanged);
            open.add(connection);
            socket.messageHandler(message -> connection.handle((Packet) message));
            socket.closeHandler(_ -> connection.closed());
            // without a handler a reset would be an error in the log; a device may vanish as it likes, and it is
            // counted
            socket.exceptionHandler(_ -> {});
            socket.shutdownHandler(_ -> connection.drain());
        }

        @Override
        public void closed(MqttConnection connection) {
            open.remove(connection);
        }

        @Override
        public void waits(MqttConnection connection) {
            if (waitingHere.add(connection)) {
                waiting.incrementAndGet();
                retryLater();
            }
        }

        private void retryLater() {
            if (!retrying && !waitingHere.isEmpty()) {
                retrying = true;
                vertx.setTimer(retryInterval, _ -> {
                    retrying = false;
                    // each try costs a look at every reading: while nobody finds room, they are rarer
                    retryInterval = retry() ? MIN_RETRY_INTERVAL : Math.min(2 * retryInterval, MAX_RETRY_INTERVAL);
                    retryLater();
                });
            }
        }

        /**
         * Gives each that waits its turn, the one that has waited longest first; who waits again does so behind the others. Answers
         * whether any found room.
         */
        private boolean retry() {
            boolean foundRoom = false;
            long now = shared.nanoTime().getAsLong();
            for (MqttConnection connection : List.copyOf(waitingHere)) {
                waitingHere.remove(connection);
                waiting.decrementAndGet();
                connection.retry(now);
                if (connection.isWaiting()) {
                    waits(connection);
                } else {
                    foundRoom = true;
                }
            }
            return foundRoom || waitingHere.isEmpty();
        }

        private void look() {
            long now = shared.nanoTime().getAsLong();
            // a copy: who is closed leaves
            List.copyOf(open).forEach(connection -> connection.look(now));
        }

        @Override
        public Future<?> stop() {
            return Future.all(servers.stream()
                    .map(server -> server.shutdown(drainTimeout.toMillis(), TimeUnit.MILLISECONDS))
                    .toList());
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    private static void closeNow(ChannelHandlerContext channel) {
        channel.close();
    }
}
