package dev.millrace.gateway.mqtt.packet;

/** The versions of MQTT that are spoken here. */
public enum ProtocolVersion {
    /** MQTT 3.1.1 (OASIS, 2014; ISO/IEC 20922), protocol level 4. */
    V3_1_1,
    /** MQTT 5.0 (OASIS, 2019), protocol level 5. */
    V5;

    /** Whether answers bear reason codes and properties. */
    public boolean hasReasonCodes() {
        return this == V5;
    }
}
