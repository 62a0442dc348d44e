package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.limit.AddressRateLimit;
import dev.millrace.gateway.mqtt.MqttMetrics.Connect;
import dev.millrace.gateway.mqtt.MqttMetrics.End;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.PacketEncoder;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

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
 */
final class MqttConnection implements Publishes.Line, Sessions.Owner {

    /** How long a client may take to close after it was told to. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Principal NOBODY = new Principal("nobody", Role.DEVICE, _ -> false);

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
    private final PacketFramer framer;
    private final long patience;
    private State state = new State.Opened();
    private Principal principal = NOBODY;
    private long authRevision;
    private long openedAt;
    private long lastPacketAt;
    private long packetSince;
    private long unreadSince;
    private long lastReceipt;
    private long sessionExpiry;
    private boolean paused;
    private boolean draining;

    MqttConnection(
            MqttShared shared,
            Neighbours neighbours,
            Context vertxContext,
            ClientChannel channel,
            PacketFramer framer) {
        this.shared = shared;
        this.neighbours = neighbours;
        this.vertxContext = vertxContext;
        this.channel = channel;
        this.framer = framer;
        long whole = shared.limits().stallTimeout().toNanos();
        this.patience = whole - shared.random().nextLong(whole / 4 + 1);
        this.openedAt = shared.nanoTime().getAsLong();
        this.lastPacketAt = openedAt;
    }

    /** A packet has come. */
    void handle(Packet packet) {
        lastPacketAt = shared.nanoTime().getAsLong();
        switch (state) {
            case State.Opened _ -> first(packet);
            case State.Connected connected -> {
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
        authRevision = shared.reception().revision();
        switch (shared.reception().receive(connect, channel.address())) {
            case Reception.Verdict.Refused(ReasonCode reason, Connect counted) ->
                refuse(connect.version(), reason, counted);
            case Reception.Verdict.Welcome welcome -> {
                principal = welcome.principal();
                claim(connect, welcome);
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
        framer.speak(connect.version());
        updateReading();
        Sessions.Key key = new Sessions.Key(principal.name(), accepted.client().id());
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
                shared, client, principal, session.ids(), channel.addressKey(), Duration.ofNanos(patience), this);
        state = new State.Connected(client, session, publishes);
        lastReceipt = shared.receipt().next();
        lastPacketAt = shared.nanoTime().getAsLong();
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
            case Packet.Subscribe(int packetId, int topics) ->
                PacketEncoder.refuseSubscriptions(out(), connected.client.version(), packetId, topics);
            case Packet.Unsubscribe(int packetId, int topics) ->
                PacketEncoder.noSubscriptions(out(), connected.client.version(), packetId, topics);
            case Packet.Disconnect disconnect -> disconnected(disconnect);
            case Packet.Broken(ReasonCode reason) ->
                end(reason == ReasonCode.QUOTA_EXCEEDED ? End.NO_ROOM : End.PROTOCOL, reason);
            case Packet.Connect _ -> end(End.PROTOCOL, ReasonCode.PROTOCOL_ERROR);
        }
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
        leave(reason, reason != End.DRAINED);
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
            Optional<LastWill> will = withWill
                    ? client.will().map(left -> new LastWill(shared, client.id(), principal, left, lastReceipt))
                    : Optional.empty();
            long delay = client.will().map(left -> left.delaySeconds()).orElse(0L);
            if (delay == 0) {
                will.ifPresent(LastWill::publish);
                shared.sessions().release(session, sessionExpiry, Optional.empty());
            } else {
                long dueAt = shared.nanoTime().getAsLong() + TimeUnit.SECONDS.toNanos(delay);
                shared.sessions()
                        .release(
                                session,
                                sessionExpiry,
                                will.map(left -> new Sessions.DelayedWill(dueAt, left::publish)));
            }
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
        draining = true;
        switch (state) {
            case State.Opened _ -> close(End.DRAINED);
            case State.Connected connected -> {
                updateReading();
                if (connected.publishes.isIdle()) {
                    end(End.DRAINED, ReasonCode.SERVER_SHUTTING_DOWN);
                }
            }
            case State.Claiming _, State.Closing _ -> {
                // it comes to Connected, or is over
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

    /** Whether a publish waits for room. */
    boolean isWaiting() {
        return state instanceof State.Connected connected && connected.publishes.isWaiting();
    }

    /** Tries again what waits for room. */
    void retry(long now) {
        if (state instanceof State.Connected connected && !draining) {
            connected.publishes.retry(now);
        }
    }

    /** The channel takes more to write, or no more. */
    void writabilityChanged() {
        unreadSince = shared.nanoTime().getAsLong();
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
            // what it sent while nobody read was in time
            lastPacketAt = shared.nanoTime().getAsLong();
            framer.resume();
        }
    }

    /** Looks whether something takes too long. To be called about once a second. */
    void look(long now) {
        switch (state) {
            case State.Opened _ -> {
                if (now - openedAt > shared.limits().connectTimeout().toNanos()) {
                    close(End.NO_CONNECT);
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
                if (authRevision != shared.reception().revision()) {
                    authenticateAgain(client, publishes);
                }
                lookAtSilence(client, now);
            }
        }
    }

    private void lookAtSilence(Client client, long now) {
        if (!channel.isWritable()) {
            if (now - unreadSince > shared.limits().packetTimeout().toNanos()) {
                leave(End.UNREAD, true);
                channel.close();
            }
            return;
        }
        if (!framer.isWithinPacket() || lastPacketAt - packetSince > 0) {
            packetSince = now;
        } else if (now - packetSince > shared.limits().packetTimeout().toNanos()) {
            end(End.SLOW_PACKET, ReasonCode.UNSPECIFIED_ERROR);
            return;
        }
        long keepAlive = TimeUnit.SECONDS.toNanos(client.keepAliveSeconds());
        if (keepAlive > 0 && !paused && now - lastPacketAt > keepAlive + keepAlive / 2) {
            end(End.KEEP_ALIVE, ReasonCode.KEEP_ALIVE_TIMEOUT);
        }
    }

    /** Keys have changed: the client goes on as who it is now, or not at all. */
    private void authenticateAgain(Client client, Publishes publishes) {
        authRevision = shared.reception().revision();
        Optional<Principal> now = shared.reception().again(client.credentials());
        if (now.isPresent()) {
            principal = now.get();
            publishes.become(principal);
        } else {
            end(End.UNAUTHORIZED, ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Override
    public ByteBuf out() {
        return channel.out();
    }
}
