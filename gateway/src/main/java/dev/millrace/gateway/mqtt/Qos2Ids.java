package dev.millrace.gateway.mqtt;

/**
 * The packet identifiers of QoS 2 that are in use (MQTT 5, 4.3.3): a publish that comes again under one is the same one. What a
 * session keeps beyond its connection are those that got their PUBREC. Confined to one event loop at a time.
 */
final class Qos2Ids {

    private final PacketIds onTheirWay = new PacketIds();
    private final PacketIds received = new PacketIds();
    private final PacketIds inherited = new PacketIds();

    /** Whether a publish of this identifier is on its way to the stream. */
    boolean isOnItsWay(int packetId) {
        return onTheirWay.contains(packetId);
    }

    /**
     * Whether a publish is one that got its PUBREC, and no PUBREL has come. Of an identifier from an earlier connection that is
     * so only where the publish says that it comes again: a device that has lost its memory begins to count anew, and its
     * reading must not get lost; one too many is none (design, section 4).
     *
     * @param repeated what the publish says of itself (DUP)
     */
    boolean isReceived(int packetId, boolean repeated) {
        if (received.contains(packetId)) {
            return true;
        }
        if (!repeated) {
            inherited.remove(packetId);
        }
        return inherited.contains(packetId);
    }

    /** A publish is on its way. */
    void begin(int packetId) {
        onTheirWay.add(packetId);
    }

    /** It has its PUBREC; one that refused it frees the identifier. */
    void answered(int packetId, boolean refused) {
        onTheirWay.remove(packetId);
        if (!refused) {
            received.add(packetId);
            // never in both
            inherited.remove(packetId);
        }
    }

    /** A PUBREL has come; answers whether the identifier was in use. */
    boolean release(int packetId) {
        return received.remove(packetId) || inherited.remove(packetId);
    }

    /** How many of this connection wait for their PUBREL: quotas begin anew with each (4.9). */
    int receivedCount() {
        return received.size();
    }

    /** How many a session would keep. */
    int keptCount() {
        return received.size() + inherited.size();
    }

    /** The connection is gone: what was on its way under an identifier will come again. */
    void connectionEnded() {
        onTheirWay.clear();
        inherited.addAll(received);
        received.clear();
    }
}
