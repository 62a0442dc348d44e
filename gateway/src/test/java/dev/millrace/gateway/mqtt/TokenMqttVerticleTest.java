package dev.millrace.gateway.mqtt;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.AuthenticatorByForm;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.auth.jwt.JwtAuthenticator;
import dev.millrace.gateway.auth.jwt.TestIssuer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who gets in by a token, and for how long. */
class TokenMqttVerticleTest extends MqttDoorFixture {

    private final TestIssuer issuer = new TestIssuer();

    @Override
    Authenticator authenticator() {
        return new AuthenticatorByForm(
                List.of(new AuthenticatorByForm.Branch(JwtAuthenticator::takes, issuer.authenticator())),
                TestKeys.authenticator(entry("press", Role.DEVICE, "a")));
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    private static Connect with(Version version, String id, String password) {
        return new Connect(version).clientId(id).user("anything").password(password);
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionEndsWithItsTokenAndOthersStay(Version version) throws Exception {
        issuer.look();
        RawMqtt service = dial(version).enter(with(version, "s", issuer.token("admin")));
        RawMqtt press = dial(version).enter(with(version, "p", key("press").text()));
        service.publish(Publish.reading("any", 1));
        service.expect("PUBACK 1");

        issuer.pass(300 + 60);

        service.expectClosed(0x87);
        press.publish(Publish.reading("a", 1));
        press.expect("PUBACK 1");
        assertEquals(1, ended(MqttMetrics.End.UNAUTHORIZED));
    }

    @ParameterizedTest
    @EnumSource
    void theAnswerSaysWhetherAnotherTokenWouldHelp(Version version) throws Exception {
        boolean v3 = version == Version.V3;
        assertEquals(
                v3 ? "CONNACK 0x03" : "CONNACK 0x88",
                dial(version).connect(with(version, "c", issuer.token("admin"))).brief());
        issuer.look();
        assertEquals(
                v3 ? "CONNACK 0x05" : "CONNACK 0x87",
                dial(version)
                        .connect(with(version, "c", issuer.token("reader")))
                        .brief());
        assertEquals(
                v3 ? "CONNACK 0x05" : "CONNACK 0x87",
                dial(version)
                        .connect(with(version, "c", issuer.token("gardener")))
                        .brief());
        String late = issuer.token("admin");
        issuer.pass(1_000);
        assertEquals(
                v3 ? "CONNACK 0x04" : "CONNACK 0x86",
                dial(version).connect(with(version, "c", late)).brief());
    }
}
