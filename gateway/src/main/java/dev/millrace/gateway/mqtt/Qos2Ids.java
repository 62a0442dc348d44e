package dev.millrace.gateway.mqtt;

import java.util.BitSet;

/**
 * The packet identifiers of QoS 2 that are in use (MQTT 5, 4.3.3): a publish that comes again under one is the same one. What a
 * session keeps beyond its connection are those that got their PUBREC. Confined to one event loop at a time.
 */
final class Qos2Ids {

    private final BitSet onTheirWay = new BitSet(0);
    private final BitSet received = new BitSet(0);
    private int receivedCount;

    /** Whether a publish of this identifier is on its way to the stream. */
    boolean isOnItsWay(int packetId) {
        return onTheirWay.get(packetId);
    }

    /** Whether a publish of this identifier got its PUBREC, and no PUBREL has come. */
    boolean isReceived(int packetId) {
        return received.get(packetId);
    }

    /** A publish is on its way. */
    void begin(int packetId) {
        onTheirWay.set(packetId);
    }

    /** It has its PUBREC; one that refused it frees the identifier. */
    void answered(int packetId, boolean refused) {
        onTheirWay.clear(packetId);
        if (!refused && !received.get(packetId)) {
            received.set(packetId);
            receivedCount++;
        }
    }

    /** A PUBREL has come; answers whether the identifier was in use. */
    boolean release(int packetId) {
        if (!received.get(packetId)) {
            return false;
        }
        received.clear(packetId);
        receivedCount--;
        return true;
    }

    /** How many wait for their PUBREL. */
    int receivedCount() {
        return receivedCount;
    }

    /** The connection is gone: what was on its way under an identifier will come again. */
    void connectionEnded() {
        onTheirWay.clear();
    }
}
