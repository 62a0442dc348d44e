package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.mqtt.packet.Packet;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.RecvByteBufAllocator;
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
 * The MQTT server: one verticle an event loop, all on one port, and on another where MQTT over WebSocket is wanted. Its
 * {@link MqttConnection}s take publishes to the same {@link Ingestor} as HTTP.
 */
public final class MqttDoor {

    /** What a read takes at most: of a connection that is not read, no more than this waits in our memory. */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(64, 512, 16 * 1024);

    /** How often what waits for room is tried, in milliseconds. */
    private static final long RETRY_INTERVAL = 10;

    private static final Duration MAX_LOOK_INTERVAL = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final MqttConfig config;
    private final MqttShared shared;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger port = new AtomicInteger();
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
            LongSupplier nanoTime) {
        this.vertx = vertx;
        this.config = config;
        this.shared = new MqttShared(
                config.limits(),
                clients,
                ingestor,
                new Reception(authenticator, failures),
                new Sessions(nanoTime),
                new InFlight(config.limits().maxInFlight()),
                rejections,
                metrics,
                receipt,
                random,
                nanoTime);
        metrics.connections(connections::get, waiting::get, shared.inFlight()::count);
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

    /** The port that it listens on. */
    public int port() {
        return port.get();
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

    /** The connections of one event loop. */
    private final class Instance extends VerticleBase implements MqttConnection.Neighbours {

        private final PacketFramer.Workplace workplace = new PacketFramer.Workplace();
        private final Set<MqttConnection> open = new HashSet<>();
        private final Set<MqttConnection> waitingHere = new LinkedHashSet<>();
        private final List<NetServer> servers = new ArrayList<>();
        private boolean retrying;

        @Override
        public Future<?> start() {
            vertx.setPeriodic(lookInterval().toMillis(), _ -> look());
            Future<?> plain = listen("MQTT_PORT", config.port(), false, port);
            return config.webSocketPort()
                    .<Future<?>>map(webSocket ->
                            plain.compose(_ -> listen("MQTT_WEBSOCKET_PORT", webSocket, true, webSocketPort)))
                    .orElse(plain);
        }

        private Future<?> listen(String variable, int wanted, boolean webSocket, AtomicInteger actual) {
            NetServer server = vertx.createNetServer(new NetServerOptions()
                            .setHost(config.host())
                            .setPort(wanted)
                            .setTcpNoDelay(true)
                            // the one way to notice that a client of MQTT 3.1.1 without a keep-alive is gone
                            .setTcpKeepAlive(true))
                    .connectHandler(socket -> connected(socket, webSocket));
            servers.add(server);
            return server.listen()
                    .onSuccess(listening -> actual.set(listening.actualPort()))
                    .recover(cause -> Future.failedFuture("port " + wanted + " cannot be opened (" + cause.getMessage()
                            + "); choose another with " + variable));
        }

        private void connected(NetSocket accepted, boolean webSocket) {
            NetSocketInternal socket = (NetSocketInternal) accepted;
            ChannelHandlerContext channel = socket.channelHandlerContext();
            if (connections.incrementAndGet() > config.limits().maxConnections()) {
                connections.decrementAndGet();
                shared.metrics().connectionRefused();
                closeNow(channel);
                return;
            }
            channel.channel().config().setRecvByteBufAllocator(READS);
            PacketFramer framer = new PacketFramer(
                    workplace,
                    config.limits().maxPacketBytes(),
                    shared.clients().bodies());
            channel.pipeline().addBefore("handler", "packets", framer);
            if (webSocket) {
                WebSocketFrames.addBefore(channel.pipeline(), "packets", config.limits());
            }
            ChannelHandlerContext end = channel.pipeline().context("packets");
            MqttConnection connection = new MqttConnection(shared, this, context, new ClientChannel(end), framer);
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
            if (open.remove(connection)) {
                connections.decrementAndGet();
            }
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
                vertx.setTimer(RETRY_INTERVAL, _ -> {
                    retrying = false;
                    retry();
                    retryLater();
                });
            }
        }

        /** Gives each that waits its turn, the one that has waited longest first; who waits again does so behind the others. */
        private void retry() {
            long now = shared.nanoTime().getAsLong();
            for (MqttConnection connection : List.copyOf(waitingHere)) {
                waitingHere.remove(connection);
                waiting.decrementAndGet();
                connection.retry(now);
                if (connection.isWaiting()) {
                    waits(connection);
                }
            }
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
