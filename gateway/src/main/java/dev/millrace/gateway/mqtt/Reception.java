package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.Reading;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Access;
import dev.millrace.gateway.auth.AccessTable;
import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.mqtt.MqttMetrics.Connect;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import dev.millrace.gateway.mqtt.packet.Will;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Who may connect: looks at CONNECTs, and at what was let in when keys have changed. */
final class Reception {

    private static final int MAX_CLIENT_ID = 256;

    /** The largest CONNACK to a client that has an id, and to one that is given one: who cannot be told the terms cannot keep them. */
    private static final int LARGEST_CONNACK = 30;

    private static final int LARGEST_CONNACK_WITH_ID = 72;

    /** What a CONNECT gets. */
    sealed interface Verdict {

        /**
         * It is let in.
         *
         * @param until when the client must be asked again who it is
         */
        record Welcome(Principal principal, Instant until, Credentials credentials) implements Verdict {}

        record Refused(ReasonCode reason, Connect counted) implements Verdict {}
    }

    private final Authenticator authenticator;
    private final AuthFailureLog failures;

    Reception(Authenticator authenticator, AuthFailureLog failures) {
        this.authenticator = authenticator;
        this.failures = failures;
    }

    /**
     * A password, where there is one, alone counts; else what the handshake has shown.
     *
     * @param shown a certificate, or nothing
     * @param address where it comes from, for the log
     */
    Verdict receive(Packet.Connect connect, Credentials shown, String address) {
        if (connect.enhancedAuthentication()) {
            return refused(ReasonCode.BAD_AUTHENTICATION_METHOD);
        }
        if (connect.maximumPacketSize() < (connect.clientId().isEmpty() ? LARGEST_CONNACK_WITH_ID : LARGEST_CONNACK)) {
            return refused(ReasonCode.PACKET_TOO_LARGE);
        }
        if (connect.will().isPresent() && connect.will().get().payload().length > Reading.MAX_BYTES) {
            return refused(ReasonCode.PACKET_TOO_LARGE);
        }
        boolean nameless =
                connect.clientId().isEmpty() && connect.version() == ProtocolVersion.V3_1_1 && !connect.cleanStart();
        if (nameless || connect.clientId().length() > MAX_CLIENT_ID) {
            return refused(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
        }
        Credentials credentials =
                connect.password().map(Credentials::ofPassword).orElse(shown);
        return switch (authenticator.authenticate(credentials)) {
            case Authentication.Authenticated(Principal principal, Instant until) -> {
                if (!mayPublish(principal)) {
                    failures.record(AuthFailure.ROLE, Optional.of(principal.name()), address);
                    yield new Verdict.Refused(ReasonCode.NOT_AUTHORIZED, Connect.UNAUTHORIZED);
                }
                yield will(connect, new Verdict.Welcome(principal, until, credentials));
            }
            case Authentication.Refused(Authentication.Reason reason, Optional<String> claimed) -> {
                failures.record(reason.failure(), claimed, address);
                yield new Verdict.Refused(told(reason), Connect.UNAUTHORIZED);
            }
        };
    }

    /** MQTT 5 can say what is wrong with a will at once; of MQTT 3.1.1 it is seen when it is published. */
    private static Verdict will(Packet.Connect connect, Verdict.Welcome welcome) {
        if (connect.version().hasReasonCodes() && connect.will().isPresent()) {
            Will will = connect.will().get();
            Optional<String> sensor = Topic.sensorId(will.topic());
            if (sensor.isEmpty()) {
                return refused(ReasonCode.TOPIC_NAME_INVALID);
            }
            if (!welcome.principal().scope().allows(sensor.get())) {
                return new Verdict.Refused(ReasonCode.NOT_AUTHORIZED, Connect.UNAUTHORIZED);
            }
        }
        return welcome;
    }

    private static ReasonCode told(Authentication.Reason reason) {
        return switch (reason.verdict()) {
            case UNAUTHENTICATED ->
                reason == Authentication.Reason.MISSING
                        ? ReasonCode.NOT_AUTHORIZED
                        : ReasonCode.BAD_USER_NAME_OR_PASSWORD;
            case FORBIDDEN -> ReasonCode.NOT_AUTHORIZED;
            case TRY_LATER -> ReasonCode.SERVER_UNAVAILABLE;
        };
    }

    private static Verdict refused(ReasonCode reason) {
        return new Verdict.Refused(reason, Connect.INVALID);
    }

    /** Changes when credentials may have come to mean something else. */
    long revision() {
        return authenticator.revision();
    }

    /**
     * Who credentials of a client that was let in are now.
     *
     * @param address where it comes from, for the log
     */
    Verdict again(Credentials credentials, String address) {
        switch (authenticator.authenticate(credentials)) {
            case Authentication.Authenticated(Principal principal, Instant until) -> {
                if (mayPublish(principal)) {
                    return new Verdict.Welcome(principal, until, credentials);
                }
                failures.record(AuthFailure.ROLE, Optional.of(principal.name()), address);
                return new Verdict.Refused(ReasonCode.NOT_AUTHORIZED, Connect.UNAUTHORIZED);
            }
            case Authentication.Refused(Authentication.Reason reason, Optional<String> claimed) -> {
                failures.record(reason.failure(), claimed, address);
                return new Verdict.Refused(
                        reason.verdict() == Authentication.Verdict.TRY_LATER
                                ? ReasonCode.SERVER_UNAVAILABLE
                                : ReasonCode.NOT_AUTHORIZED,
                        Connect.UNAUTHORIZED);
            }
        }
    }

    /** Whether a principal may do what {@code POST /sensors} does. */
    private static boolean mayPublish(Principal principal) {
        return switch (AccessTable.of(Route.INGEST)) {
            case Access.Open() -> true;
            case Access.Only(Set<Role> roles) -> roles.contains(principal.role());
        };
    }
}
