package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.Terms;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * A client that is let in, and on which terms.
 *
 * @param terms what a CONNACK of MQTT 5 tells of them
 * @param sessionExpirySeconds how long its session outlives the connection
 */
record Acceptance(Client client, Terms terms, long sessionExpirySeconds) {

    private static final int CLIENT_ID_BYTES = 12;

    /** @param random for the id of a client that has none */
    static Acceptance of(Packet.Connect connect, Credentials credentials, MqttLimits limits, RandomGenerator random) {
        Optional<String> assigned = connect.clientId().isEmpty() ? Optional.of(newClientId(random)) : Optional.empty();
        int asked = connect.keepAliveSeconds();
        int keepAlive =
                keepAlive(connect.version(), asked, (int) limits.maxKeepAlive().toSeconds());
        long expiry = Math.min(
                connect.sessionExpirySeconds(), limits.maxSessionExpiry().toSeconds());
        Terms terms = new Terms(
                limits.receiveMaximum(),
                limits.maxPacketBytes(),
                limits.topicAliasMaximum(),
                assigned,
                expiry == connect.sessionExpirySeconds() ? OptionalLong.empty() : OptionalLong.of(expiry),
                keepAlive == asked ? OptionalInt.empty() : OptionalInt.of(keepAlive));
        Client client = Client.of(connect, assigned.orElse(connect.clientId()), credentials, keepAlive);
        return new Acceptance(client, terms, expiry);
    }

    private static String newClientId(RandomGenerator random) {
        byte[] bytes = new byte[CLIENT_ID_BYTES];
        random.nextBytes(bytes);
        return "millrace-" + HexFormat.of().formatHex(bytes);
    }

    /** A client of MQTT 3.1.1 cannot be told another keep-alive than its own. */
    private static int keepAlive(ProtocolVersion version, int asked, int longest) {
        return version == ProtocolVersion.V5 && (asked == 0 || asked > longest) ? longest : asked;
    }
}
