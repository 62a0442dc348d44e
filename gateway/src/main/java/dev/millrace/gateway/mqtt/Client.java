package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.Will;
import java.util.Optional;

/**
 * Who is connected, as its CONNECT said and was accepted.
 *
 * @param id what it calls itself, or was called
 * @param credentials what it showed; looked at again when keys change
 * @param keepAliveSeconds how often at least it sends something, 0: it need not
 * @param problemInformation whether answers may say why in words
 * @param maximumPacketSize the largest packet that it takes, in bytes
 */
record Client(
        ProtocolVersion version,
        String id,
        Credentials credentials,
        int keepAliveSeconds,
        boolean problemInformation,
        long maximumPacketSize,
        Optional<Will> will) {

    static Client of(Packet.Connect connect, String id, Credentials credentials, int keepAliveSeconds) {
        return new Client(
                connect.version(),
                id,
                credentials,
                keepAliveSeconds,
                connect.problemInformation(),
                connect.maximumPacketSize(),
                connect.will());
    }
}
