package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.limit.AddressRateLimit;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.mqtt.MqttMetrics.Connect;
import dev.millrace.gateway.mqtt.MqttMetrics.End;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.PacketEncoder;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import dev.millrace.gateway.mqtt.packet.Will;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from its first byte to its last.
 *
 * <pre>
 *   Opened ── CONNECT ──▶ Claiming ── session free ──▶ Connected ──▶ Closing ──▶ (closed)
 *      └──────────────────── refused, too slow, broken ─────────────────▲
 * </pre>
 *
 * Closing: what was to be sent is sent, and what the client still sends is thrown away for a moment, because a socket that is
 * closed with unread bytes is reset, and the reset may overtake the last answer. Confined to its event loop.
 *
 * <p>Long because every way from one state to the next is here, so that each can be held against the others.
 */
final class MqttConnection implements Publishes.Line, Sessions.Owner {

    /** How long a client may take to close after it was told to. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    /** Where the connection stands. */
    private sealed interface State {

        /** Nothing but a CONNECT may come. */
        record Opened() implements State {}

        /** It waits for the session, which an older connection has. */
        record Claiming(Client client) implements State {}

        /** It publishes. */
        record Connected(Client client, Sessions.Session session, Publishes publishes) implements State {}

        /** It is over. */
        record Closing() implements State {}
    }

    /** What a connection asks of those that share its event loop. */
    interface Neighbours {

        /** A publish of it waits; it is to be asked to {@link MqttConnection#retry} soon. */
        void waits(MqttConnection connection);

        void closed(MqttConnection connection);
    }

    private final MqttShared shared;
    private final Neighbours neighbours;
    private final Context vertxContext;
    private final ClientChannel channel;
    private final String address;
    private final PacketFramer framer;
    private final Credentials shown;
    private final long patience;
    private final BodyBudget.Share willBytes;
    private final Silence silence;
    private final Standing standing;
    private State state = new State.Opened();
    private long openedAt;
    private long lastReceipt;
    private long sessionExpiry;
    private boolean paused;
    private boolean draining;
    private long drainingSince;
    private long starvedSince;

    /** @param shown who its client is, by the certificate that it showed */
    MqttConnection(
            MqttShared shared,
            Neighbours neighbours,
            Context vertxContext,
            ClientChannel channel,
            PacketFramer framer,
            Credentials shown) {
        this.shared = shared;
        this.shown = shown;
        this.neighbours = neighbours;
        this.standing = new Standing(shared);
        this.vertxContext = vertxContext;
        this.channel = channel;
        this.address = channel.address();
        this.framer = framer;
        this.willBytes = shared.clients().bodies().new Share();
        long whole = shared.limits().stallTimeout().toNanos();
        this.patience = whole - shared.random().nextLong(whole / 4 + 1);
        this.openedAt = shared.nanoTime().getAsLong();
        this.silence = new Silence(shared.limits(), openedAt);
    }

    /** A packet has come. */
    void handle(Packet packet) {
        silence.broken(shared.nanoTime().getAsLong());
        try {
            dispatch(packet);
        } catch (RuntimeException e) {
            // the client must not wait for an answer that will not come
            LOG.error("A packet failed unexpectedly: {}", packet, e);
            end(End.DEFECT, ReasonCode.UNSPECIFIED_ERROR);
        }
    }

    private void dispatch(Packet packet) {
        switch (state) {
            case State.Opened _ -> first(packet);
            case State.Connected connected -> {
                if (standing.mayHaveChanged()) {
                    // who may publish no more does not publish this either
                    authenticateAgain(connected.client, connected.publishes);
                    if (state instanceof State.Closing) {
                        return;
                    }
                }
                standing.isHeard();
                next(connected, packet);
                if (connected.client.will().isPresent()) {
                    // after the packet: behind what a reading in it got
                    lastReceipt = shared.receipt().next();
                }
            }
            case State.Claiming _, State.Closing _ -> {
                if (packet instanceof Packet.Broken(ReasonCode reason)) {
                    end(End.PROTOCOL, reason);
                }
            }
        }
    }

    private void first(Packet packet) {
        switch (packet) {
            case Packet.Connect connect -> connect(connect);
            case Packet.Broken(ReasonCode reason)
            when reason == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION ->
                // in the words of 3.1.1, which every client understands (3.1.2.2)
                refuse(ProtocolVersion.V3_1_1, reason, Connect.INVALID);
            case Packet.Broken(ReasonCode reason) -> end(End.PROTOCOL, reason);
            default -> end(End.PROTOCOL, ReasonCode.PROTOCOL_ERROR);
        }
    }

    private void connect(Packet.Connect connect) {
        if (draining) {
            refuse(connect.version(), ReasonCode.SERVER_SHUTTING_DOWN, Connect.SHUTTING_DOWN);
            return;
        }
        Optional<AddressRateLimit> rate = shared.clients().rate();
        if (rate.isPresent()
                && rate.get().take(channel.addressKey(), shared.nanoTime().getAsLong()) > 0) {
            refuse(connect.version(), ReasonCode.CONNECTION_RATE_EXCEEDED, Connect.RATE_LIMITED);
            return;
        }
        standing.isAsked();
        switch (shared.reception().receive(connect, shown, address)) {
            case Reception.Verdict.Refused(ReasonCode reason, Connect counted) ->
                refuse(connect.version(), reason, counted);
            case Reception.Verdict.Welcome welcome -> {
                if (willBytes.resize(
                        connect.will().map(will -> will.payload().length).orElse(0))) {
                    standing.become(welcome);
                    claim(connect, welcome);
                } else {
                    refuse(connect.version(), ReasonCode.QUOTA_EXCEEDED, Connect.NO_ROOM);
                }
            }
        }
    }

    private void refuse(ProtocolVersion version, ReasonCode reason, Connect counted) {
        shared.metrics().connect(counted);
        PacketEncoder.refuse(out(), version, reason);
        close(End.REFUSED);
    }

    private void claim(Packet.Connect connect, Reception.Verdict.Welcome welcome) {
        Acceptance accepted = Acceptance.of(connect, welcome.credentials(), shared.limits(), shared.random());
        state = new State.Claiming(accepted.client());
        sessionExpiry = accepted.sessionExpirySeconds();
        framer.speak(connect.version(), shared.clients().bodies());
        framer.whenStarved(this::starved);
        updateReading();
        Sessions.Key key =
                new Sessions.Key(standing.principal().name(), accepted.client().id());
        Future<Sessions.Session> session = shared.sessions().claim(key, connect.cleanStart(), this);
        if (session.succeeded()) {
            connected(accepted, session.result());
        } else {
            session.onSuccess(claimed -> vertxContext.runOnContext(_ -> connected(accepted, claimed)));
        }
    }

    private void connected(Acceptance accepted, Sessions.Session session) {
        if (!(state instanceof State.Claiming)) {
            // it ended in the meantime
            shared.sessions().release(session, sessionExpiry, Optional.empty());
            return;
        }
        Client client = accepted.client();
        Publishes publishes = new Publishes(
                shared,
                client,
                standing.principal(),
                session.ids(),
                channel.addressKey(),
                Duration.ofNanos(patience),
                this);
        state = new State.Connected(client, session, publishes);
        lastReceipt = shared.receipt().next();
        silence.broken(shared.nanoTime().getAsLong());
        shared.metrics().connect(Connect.ACCEPTED);
        PacketEncoder.accept(out(), client.version(), session.present(), accepted.terms());
        if (draining) {
            drain();
        } else {
            updateReading();
        }
    }

    private void next(State.Connected connected, Packet packet) {
        switch (packet) {
            case Packet.Publish publish -> connected.publishes.publish(publish);
            case Packet.OversizePublish publish -> connected.publishes.oversize(publish);
            case Packet.PubRel(int packetId) -> connected.publishes.release(packetId);
            case Packet.PingReq() -> PacketEncoder.pong(out());
            case Packet.Subscribe(int packetId, int topics) -> {
                if (takes(connected.client, topics)) {
                    PacketEncoder.refuseSubscriptions(out(), connected.client.version(), packetId, topics);
                }
            }
            case Packet.Unsubscribe(int packetId, int topics) -> {
                if (takes(connected.client, topics)) {
                    PacketEncoder.noSubscriptions(out(), connected.client.version(), packetId, topics);
                }
            }
            case Packet.Disconnect disconnect -> disconnected(disconnect);
            case Packet.Broken(ReasonCode reason) -> end(End.PROTOCOL, reason);
            case Packet.Connect _ -> end(End.PROTOCOL, ReasonCode.PROTOCOL_ERROR);
        }
    }

    /** Whether an answer about so many topics is no larger than the client wants; else the connection ends (MQTT 5, 3.1.2.11.4). */
    private boolean takes(Client client, int topics) {
        boolean fits = topics + 10L <= client.maximumPacketSize();
        if (!fits) {
            end(End.PROTOCOL, ReasonCode.PACKET_TOO_LARGE);
        }
        return fits;
    }

    private void disconnected(Packet.Disconnect disconnect) {
        if (disconnect.sessionExpirySeconds().isPresent()) {
            long asked = disconnect.sessionExpirySeconds().getAsLong();
            if (sessionExpiry == 0 && asked > 0) {
                end(End.PROTOCOL, ReasonCode.PROTOCOL_ERROR);
                return;
            }
            sessionExpiry = Math.min(asked, shared.limits().maxSessionExpiry().toSeconds());
        }
        leave(End.CLIENT, disconnect.withWill());
        channel.close();
    }

    @Override
    public void end(End reason, ReasonCode told) {
        boolean mqtt5 =
                switch (state) {
                    case State.Opened _, State.Closing _ -> false;
                    case State.Claiming(Client client) -> client.version() == ProtocolVersion.V5;
                    case State.Connected connected -> connected.client.version() == ProtocolVersion.V5;
                };
        // in Claiming no CONNACK has been sent, before which nothing else may be
        if (mqtt5 && state instanceof State.Connected) {
            PacketEncoder.disconnect(out(), told);
        }
        close(reason);
    }

    @Override
    public void takeOver() {
        vertxContext.runOnContext(_ -> end(End.TAKEN_OVER, ReasonCode.SESSION_TAKEN_OVER));
    }

    /** Sends what is to be sent, and gives the client a moment to read it. */
    private void close(End reason) {
        if (state instanceof State.Closing) {
            return;
        }
        leave(reason, reason != End.DRAINED && reason != End.UNAUTHORIZED);
        openedAt = shared.nanoTime().getAsLong();
        framer.discard();
        channel.end();
    }

    /** The connection is over: its session and its will are others' matters from now on. */
    private void leave(End reason, boolean withWill) {
        State before = state;
        if (before instanceof State.Closing) {
            return;
        }
        state = new State.Closing();
        shared.metrics().ended(reason);
        if (before instanceof State.Connected(Client client, Sessions.Session session, Publishes publishes)) {
            publishes.abandon();
            if (client.will().isPresent() && withWill) {
                leaveWill(session, client, client.will().get());
            } else {
                willBytes.resize(0);
                shared.sessions().release(session, sessionExpiry, Optional.empty());
            }
        } else {
            willBytes.resize(0);
        }
    }

    private void leaveWill(Sessions.Session session, Client client, Will will) {
        LastWill last = new LastWill(shared, client, will, willBytes, lastReceipt, address);
        if (will.delaySeconds() == 0) {
            last.publish();
            shared.sessions().release(session, sessionExpiry, Optional.empty());
        } else {
            long dueAt = shared.nanoTime().getAsLong() + TimeUnit.SECONDS.toNanos(will.delaySeconds());
            shared.sessions().release(session, sessionExpiry, Optional.of(new Sessions.DelayedWill(dueAt, last)));
        }
    }

    /** The channel is closed. */
    void closed() {
        leave(End.LOST, true);
        channel.release();
        neighbours.closed(this);
    }

    /** The process stops: nothing more is read, what is on its way is answered, and then the connection ends. */
    void drain() {
        if (!draining) {
            draining = true;
            drainingSince = shared.nanoTime().getAsLong();
        }
        switch (state) {
            case State.Connected connected -> {
                updateReading();
                if (connected.publishes.isIdle()) {
                    end(End.DRAINED, ReasonCode.SERVER_SHUTTING_DOWN);
                }
            }
            case State.Opened _, State.Claiming _, State.Closing _ -> {
                // its CONNECT is refused, it comes to Connected, or it is over
            }
        }
    }

    @Override
    public void flowChanged() {
        if (!(state instanceof State.Connected connected)) {
            return;
        }
        if (draining && connected.publishes.isIdle()) {
            end(End.DRAINED, ReasonCode.SERVER_SHUTTING_DOWN);
            return;
        }
        if (connected.publishes.isWaiting() && !draining) {
            neighbours.waits(this);
        }
        updateReading();
    }

    /** There is no room for what it sends. */
    private void starved() {
        starvedSince = shared.nanoTime().getAsLong();
        neighbours.waits(this);
    }

    /** Whether it waits for room: a publish, or a packet that is not complete. */
    boolean isWaiting() {
        return state instanceof State.Connected connected
                && !draining
                && (connected.publishes.isWaiting() || framer.isStarved());
    }

    /** Tries again what waits for room. */
    void retry(long now) {
        if (!(state instanceof State.Connected connected) || draining) {
            return;
        }
        connected.publishes.retry(now);
        if (framer.isStarved()) {
            framer.findRoom();
            if (framer.isStarved() && now - starvedSince > patience) {
                end(End.NO_ROOM, ReasonCode.QUOTA_EXCEEDED);
            }
        }
    }

    /** The channel takes more to write, or no more. */
    void writabilityChanged() {
        silence.readingChanged(shared.nanoTime().getAsLong());
        updateReading();
    }

    private void updateReading() {
        boolean mayRead =
                switch (state) {
                    case State.Opened _, State.Closing _ -> true;
                    case State.Claiming _ -> false;
                    case State.Connected connected ->
                        !draining && connected.publishes.mayRead() && channel.isWritable();
                };
        if (mayRead == !paused) {
            return;
        }
        paused = !mayRead;
        if (paused) {
            framer.pause();
        } else {
            silence.broken(shared.nanoTime().getAsLong());
            framer.resume();
        }
    }

    /** Looks whether something takes too long. To be called about once a second. */
    void look(long now) {
        switch (state) {
            case State.Opened _ -> {
                if (now - openedAt > shared.limits().connectTimeout().toNanos()) {
                    close(End.NO_CONNECT);
                } else if (draining && now - drainingSince > LINGER.toNanos()) {
                    close(End.DRAINED);
                }
            }
            case State.Closing _ -> {
                if (now - openedAt > LINGER.toNanos()) {
                    channel.close();
                }
            }
            case State.Claiming _ -> {
                // the older connection's end is a matter of moments
            }
            case State.Connected(Client client, Sessions.Session _, Publishes publishes) -> {
                if (standing.isDue(now)) {
                    authenticateAgain(client, publishes);
                }
                lookAtSilence(client, now);
            }
        }
    }

    private void lookAtSilence(Client client, long now) {
        boolean held = paused || framer.isStarved();
        silence.look(now, client.keepAliveSeconds(), channel.isWritable(), framer.isWithinPacket(), held)
                .ifPresent(reason -> {
                    if (reason == End.UNREAD) {
                        // it would not read that either
                        leave(reason, true);
                        channel.close();
                    } else {
                        end(
                                reason,
                                reason == End.KEEP_ALIVE
                                        ? ReasonCode.KEEP_ALIVE_TIMEOUT
                                        : ReasonCode.UNSPECIFIED_ERROR);
                    }
                });
    }

    /** Keys have changed: the client goes on as who it is now, or not at all. */
    private void authenticateAgain(Client client, Publishes publishes) {
        standing.isAsked();
        switch (shared.reception().again(client.credentials(), address)) {
            case Reception.Verdict.Welcome welcome -> {
                standing.become(welcome);
                publishes.become(standing.principal());
            }
            case Reception.Verdict.Refused(ReasonCode reason, Connect _) -> end(End.UNAUTHORIZED, reason);
        }
    }

    @Override
    public ByteBuf out() {
        return channel.out();
    }
}
