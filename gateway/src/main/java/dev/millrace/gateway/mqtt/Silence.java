package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.mqtt.MqttMetrics.End;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How long a connected client says nothing, is within one packet, or does not read its answers. Confined to its event loop. */
final class Silence {

    private final long packetTimeout;
    private long lastPacketAt;
    private long packetSince;
    private long unreadSince;

    /** @param now nanoseconds of the clock whose time the others are told */
    Silence(MqttLimits limits, long now) {
        this.packetTimeout = limits.packetTimeout().toNanos();
        this.lastPacketAt = now;
    }

    /** A packet has come, or what comes is read again: what the client sent while nobody read was in time. */
    void broken(long now) {
        lastPacketAt = now;
    }

    /** The client begins or ceases to read what it is sent. */
    void readingChanged(long now) {
        unreadSince = now;
    }

    /**
     * Why the connection is to end, if it is.
     *
     * @param reads whether the client reads what it is sent
     * @param withinPacket whether a packet has begun and not ended, and the client is who one waits for
     * @param held whether we do not read
     */
    Optional<End> look(long now, int keepAliveSeconds, boolean reads, boolean withinPacket, boolean held) {
        if (!reads) {
            return now - unreadSince > packetTimeout ? Optional.of(End.UNREAD) : Optional.empty();
        }
        if (!withinPacket || lastPacketAt - packetSince > 0) {
            packetSince = now;
        } else if (now - packetSince > packetTimeout) {
            return Optional.of(End.SLOW_PACKET);
        }
        long keepAlive = TimeUnit.SECONDS.toNanos(keepAliveSeconds);
        // who is within a packet cannot say anything else; that it ends is looked at above
        boolean silent = !withinPacket && !held && now - lastPacketAt > keepAlive + keepAlive / 2;
        return keepAlive > 0 && silent ? Optional.of(End.KEEP_ALIVE) : Optional.empty();
    }
}
