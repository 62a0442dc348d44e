package dev.millrace.gateway.mqtt;

/** What a client of the tests speaks. */
enum Version {
    V3(4),
    V5(5);

    /** The protocol level in CONNECT. */
    final int level;

    Version(int level) {
        this.level = level;
    }
}
