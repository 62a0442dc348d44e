package dev.millrace.gateway.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authentication.Reason;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.limit.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceDirectoryTest {

    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
    private static final Random RANDOM = new Random(1);
    private static final ApiKey KEY = ApiKey.generate("press-4", RANDOM);
    private static final ApiKey NEXT = ApiKey.generate("press-4", RANDOM);
    private static final String FINGERPRINT = "0a".repeat(32);

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final DeviceDirectory directory = new DeviceDirectory(Duration.ofHours(1), now::get, nanos::get);

    private void put(boolean enabled, Optional<List<String>> certificates, KnownDevice.Key... keys) {
        directory.put(List.of(new KnownDevice(
                "press-4",
                List.of("press-4", "axis-*"),
                enabled,
                Optional.of(new Rate(5, 0)),
                certificates,
                List.of(keys))));
    }

    private static KnownDevice.Key key(ApiKey key, Instant expiresAt) {
        return new KnownDevice.Key(ApiKey.sha256(key.text()), START, expiresAt);
    }

    private void current() {
        directory.isCurrent(Set.of("press-4"));
    }

    private Authentication shows(String token) {
        return directory.authenticate(new Credentials.Bearer(token));
    }

    private Reason refusal(String token) {
        return assertInstanceOf(Authentication.Refused.class, shows(token)).reason();
    }

    @Test
    void aKeyShowsWhoseItIsAndWhatTheyMay() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        current();

        Authentication.Authenticated shown = assertInstanceOf(Authentication.Authenticated.class, shows(KEY.text()));
        Principal principal = shown.principal();
        assertEquals("press-4", principal.name());
        assertEquals(Role.DEVICE, principal.role());
        assertEquals(Optional.of(new Rate(5, 0)), principal.rate());
        assertTrue(principal.scope().allows("press-4"));
        assertTrue(principal.scope().allows("axis-1"));
        assertFalse(principal.scope().allows("press-40"));
        assertEquals(Instant.MAX, shown.until());
    }

    @Test
    void twoKeysAreGoodAtATimeAndOneOfThemUntilItExpires() {
        put(true, Optional.empty(), key(KEY, START.plusSeconds(10)), key(NEXT, Instant.MAX));
        current();

        assertEquals(
                START.plusSeconds(10),
                assertInstanceOf(Authentication.Authenticated.class, shows(KEY.text()))
                        .until());
        assertInstanceOf(Authentication.Authenticated.class, shows(NEXT.text()));
        now.set(START.plusSeconds(10));
        assertEquals(Reason.EXPIRED, refusal(KEY.text()));
        assertInstanceOf(Authentication.Authenticated.class, shows(NEXT.text()));
        assertEquals(Duration.ofSeconds(10), directory.oldestKeyAge());
    }

    @Test
    void whoIsDisabledIsToldSoOnlyWithTheRightKey() {
        put(false, Optional.empty(), key(KEY, Instant.MAX));
        current();

        assertEquals(Reason.DISABLED, refusal(KEY.text()));
        assertEquals(Reason.UNKNOWN_KEY, refusal(NEXT.text()));
    }

    @Test
    void aKeyOfAnotherDeviceIsNobodysWhateverItSays() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        directory.put(List.of(
                new KnownDevice("press-5", List.of("press-5"), true, Optional.empty(), Optional.empty(), List.of())));
        directory.isCurrent(Set.of("press-4", "press-5"));

        String secret = KEY.text().substring(KEY.text().length() - ApiKey.SECRET_LENGTH);
        assertEquals(Reason.UNKNOWN_KEY, refusal("mr_press-5_" + secret));
        Authentication.Refused refused = (Authentication.Refused) shows("mr_press-5_" + secret);
        assertEquals(Optional.of("press-5"), refused.claimed(), "for the log");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mr_",
                "mr__",
                "mr_press-4",
                "press-4",
                "mr__AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "mr_-press_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "mr_pr~ss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "mr_press-4-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "mr_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            })
    void whatIsNoDevicesKeyIsNobodysAndClaimsNothing(String token) {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        current();

        Authentication.Refused refused = (Authentication.Refused) shows(token);
        assertEquals(Reason.UNKNOWN_KEY, refused.reason());
        assertEquals(Optional.empty(), refused.claimed());
    }

    @Test
    void nobodyCanTellBeforeEverythingWasRead() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));

        assertEquals(Reason.REGISTRY_AWAY, refusal(KEY.text()));
        current();
        assertInstanceOf(Authentication.Authenticated.class, shows(KEY.text()));
    }

    @Test
    void whileChangesMayBeMissedWhoIsKnownIsLetInAndNobodyIsRefusedForGood() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        current();
        directory.isAgeing();
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        directory.isAgeing();

        assertInstanceOf(Authentication.Authenticated.class, shows(KEY.text()));
        assertEquals(Reason.REGISTRY_AWAY, refusal(NEXT.text()), "it may have been given to it meanwhile");
        assertEquals(
                Reason.REGISTRY_AWAY, refusal(ApiKey.generate("new", RANDOM).text()));
        assertEquals(Duration.ofHours(1), directory.age());

        long revision = directory.revision();
        nanos.incrementAndGet();
        assertEquals(Reason.REGISTRY_AWAY, refusal(KEY.text()), "what is known is too old");
        assertNotEquals(revision, directory.revision(), "connections ask again");

        current();
        assertInstanceOf(Authentication.Authenticated.class, shows(KEY.text()));
        assertEquals(Reason.UNKNOWN_KEY, refusal(NEXT.text()));
        assertEquals(Duration.ZERO, directory.age());
    }

    @Test
    void whoeverIsNotThereWhenEverythingIsReadAgainIsForgotten() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        current();
        long revision = directory.revision();

        directory.isCurrent(Set.of());

        assertEquals(Reason.UNKNOWN_KEY, refusal(KEY.text()));
        assertNotEquals(revision, directory.revision());
        assertEquals(0, directory.size());
    }

    @Test
    void aCertificateIsGoodInItsTimeAndWhereTheDeviceMayShowIt() {
        Credentials.Certificate certificate =
                new Credentials.Certificate("press-4", FINGERPRINT, START.minusSeconds(10), START.plusSeconds(10));
        put(true, Optional.empty());
        current();
        Authentication.Authenticated shown =
                assertInstanceOf(Authentication.Authenticated.class, directory.authenticate(certificate));
        assertEquals("press-4", shown.principal().name());
        assertEquals(START.plusSeconds(10), shown.until());
        now.set(START.plusSeconds(11));
        assertEquals(Reason.EXPIRED, refusal(certificate));
        now.set(START.minusSeconds(11));
        assertEquals(Reason.EXPIRED, refusal(certificate));
        now.set(START);

        put(true, Optional.of(List.of("0b".repeat(32))));
        assertEquals(Reason.UNKNOWN_CERTIFICATE, refusal(certificate), "it must show another");
        put(true, Optional.of(List.of("0b".repeat(32), FINGERPRINT)));
        assertInstanceOf(Authentication.Authenticated.class, directory.authenticate(certificate));
        put(true, Optional.of(List.of()));
        assertEquals(Reason.UNKNOWN_CERTIFICATE, refusal(certificate), "it must show none");
        put(false, Optional.empty());
        assertEquals(Reason.DISABLED, refusal(certificate));
    }

    @ParameterizedTest
    @ValueSource(strings = {"press-5", "", "../x", "press 4", "press-4\u0000", "PRESS-4", "press-4,CN=press-4"})
    void aCertificateOfAnotherNameIsNobodys(String name) {
        put(true, Optional.empty());
        current();

        assertEquals(
                Reason.UNKNOWN_CERTIFICATE,
                refusal(new Credentials.Certificate(name, FINGERPRINT, Instant.MIN, Instant.MAX)));
    }

    @Test
    void whenADeviceWasSeenIsKeptUntilItIsWrittenDown() {
        put(true, Optional.empty(), key(KEY, Instant.MAX));
        current();
        assertEquals(List.of(), directory.unsaved(10, 0));
        shows(KEY.text());
        put(true, Optional.empty(), key(KEY, Instant.MAX));

        KnownDevice device = directory.unsaved(10, 0).getFirst();
        assertEquals(START.toEpochMilli(), device.unsavedSeen(0));
        device.saved(START.toEpochMilli());
        now.set(START.plusSeconds(60));
        shows(KEY.text());
        assertEquals(List.of(), directory.unsaved(10, 60_000));
        assertEquals(List.of(device), directory.unsaved(10, 59_999));
    }

    private Reason refusal(Credentials.Certificate certificate) {
        return assertInstanceOf(Authentication.Refused.class, directory.authenticate(certificate))
                .reason();
    }
}
