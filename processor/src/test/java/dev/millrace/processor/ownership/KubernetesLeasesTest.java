package dev.millrace.processor.ownership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.ownership.MockLeaseApi.Mode;
import dev.millrace.processor.store.Loaded;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The leases against a mock of the API, a promise a test; long because each tells what it finds there, in the API's own words. */
@Timeout(120)
class KubernetesLeasesTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456Z");
    private static final Duration LEASE = Duration.ofSeconds(15);

    /** For what is to be answered, however slow the machine is. */
    private static final Duration PATIENT = Duration.ofSeconds(60);

    /** For what is not answered. */
    private static final Duration SHORT = Duration.ofMillis(200);

    private static final String NAME = "millrace-processor-p-0";

    private final AtomicLong nanos = new AtomicLong();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private MockLeaseApi api() throws IOException {
        return opened(new MockLeaseApi(false));
    }

    private <T extends AutoCloseable> T opened(T it) {
        open.add(it);
        return it;
    }

    private KubernetesLeases leases(MockLeaseApi api, String pod, String holder, String stream) {
        return leases(api.address(), Path.of("/nowhere"), pod, holder, stream);
    }

    private KubernetesLeases leases(URI api, Path serviceAccount, String pod, String holder, String stream) {
        return leases(api, serviceAccount, pod, holder, stream, PATIENT);
    }

    private KubernetesLeases leases(
            URI api, Path serviceAccount, String pod, String holder, String stream, Duration timeout) {
        return opened(new KubernetesLeases(
                new MembershipConfig.Pod(
                        api, serviceAccount, MockLeaseApi.NAMESPACE, pod, Optional.of("uid-of-" + pod)),
                LEASE,
                stream,
                holder,
                () -> NOON,
                nanos::get,
                timeout));
    }

    private KubernetesLeases leases(MockLeaseApi api, String pod, String holder) {
        return leases(api, pod, holder, "stream");
    }

    private static List<Lease> listed(Leases leases) {
        return assertInstanceOf(Loaded.Found.class, leases.list()) instanceof Loaded.Found<?>(List<?> all)
                ? all.stream().map(Lease.class::cast).toList()
                : List.of();
    }

    private static Lease only(Leases leases) {
        List<Lease> all = listed(leases);
        assertEquals(1, all.size(), all::toString);
        return all.getFirst();
    }

    private static void assertDone(Loaded<Boolean> outcome) {
        assertEquals(new Loaded.Found<>(true), outcome);
    }

    private static String reason(Loaded<?> outcome) {
        return assertInstanceOf(Loaded.Unavailable.class, outcome).reason();
    }

    private static void assertReason(String expected, Loaded<?> outcome) {
        String reason = reason(outcome);
        assertTrue(reason.contains(expected), reason);
    }

    private static void edit(MockLeaseApi api, Consumer<LeaseBuilder> change) {
        api.lease(
                NAME,
                lease -> lease.edit(document -> {
                    LeaseBuilder builder = new LeaseBuilder(document);
                    change.accept(builder);
                    return builder.build();
                }));
    }

    @Test
    void itsLeaseSaysWhoseItIs() throws Exception {
        MockLeaseApi api = api();

        assertDone(leases(api, "p-0", "host/1").renew(false));

        var lease = api.lease(NAME, Resource::get);
        assertEquals("host/1", lease.getSpec().getHolderIdentity());
        assertEquals(15, lease.getSpec().getLeaseDurationSeconds());
        assertEquals(0, lease.getSpec().getLeaseTransitions());
        assertEquals(NOON.atZone(ZoneOffset.UTC), lease.getSpec().getAcquireTime());
        assertEquals(NOON.atZone(ZoneOffset.UTC), lease.getSpec().getRenewTime());
        assertEquals("processor", lease.getMetadata().getLabels().get("app.kubernetes.io/name"));
        assertEquals("stream", lease.getMetadata().getAnnotations().get("millrace.dev/stream-name"));
        assertEquals(
                List.of(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName("p-0")
                        .withUid("uid-of-p-0")
                        .build()),
                lease.getMetadata().getOwnerReferences());
    }

    @Test
    void aRenewalIsOneRequestAndChangesTheVersionEvenWhileTheClockStands() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));
        Lease first = only(leases);
        api.takeRequests();

        assertDone(leases.renew(false));

        List<String> requests = api.takeRequests();
        assertEquals(1, requests.size(), requests::toString);
        assertTrue(requests.getFirst().startsWith("PUT "), requests::toString);
        Lease second = only(leases);
        assertEquals("host/1", second.holder());
        assertNotEquals(first.version(), second.version());
        assertEquals(second, only(leases));
        List<String> reads = api.takeRequests();
        assertFalse(reads.getFirst().contains("resourceVersion"), "answers what is: " + reads);
    }

    @Test
    void whatOthersWriteOnALeaseIsNoSignOfLifeAndStays() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));
        Lease before = only(leases);

        edit(api, lease -> lease.editMetadata()
                .addToAnnotations("note", "of a person")
                .endMetadata());
        assertEquals(before, only(leases));

        assertDone(leases.renew(false));
        assertNotEquals(before.version(), only(leases).version());
        assertEquals(
                "of a person",
                api.lease(NAME, Resource::get).getMetadata().getAnnotations().get("note"));
    }

    @Test
    void aLeaseThatChangesBetweenReadingAndWritingIsReadAgain() throws Exception {
        MockLeaseApi api = api();
        assertDone(leases(api, "p-0", "host/1").renew(false));
        KubernetesLeases next = leases(api, "p-0", "host/2");
        api.annotatesBeforeNextPut("note", "late");

        assertDone(next.renew(false));

        assertEquals("host/2", only(next).holder());
        assertEquals(
                "late",
                api.lease(NAME, Resource::get).getMetadata().getAnnotations().get("note"));
    }

    @Test
    void onlyTheProcessesOfTheSameStreamAreListed() throws Exception {
        MockLeaseApi api = api();
        String longest = "s".repeat(128);
        KubernetesLeases one = leases(api, "p-0", "host/1", longest);
        KubernetesLeases two = leases(api, "p-1", "host/2", longest);
        assertDone(one.renew(false));
        assertDone(two.renew(false));
        assertDone(leases(api, "p-2", "host/3", "s".repeat(127)).renew(false));

        assertEquals(
                List.of("host/1", "host/2"),
                listed(one).stream().map(Lease::holder).sorted().toList());
        assertEquals(2, listed(two).size());
    }

    @Test
    void drainingIsSeen() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));
        assertFalse(only(leases).draining());

        assertDone(leases.renew(true));

        assertTrue(only(leases).draining());
    }

    @Test
    void aLeaseThatWasDeletedIsMadeAgain() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));
        api.lease(NAME, Resource::delete);
        assertEquals(List.of(), listed(leases));

        assertDone(leases.renew(false));

        assertEquals("host/1", only(leases).holder());
    }

    @Test
    void aLeaseThatNobodyHoldsIsNobodysSignOfLife() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));

        edit(api, lease -> lease.editSpec().withHolderIdentity(null).endSpec());

        assertEquals(List.of(), listed(leases));
        assertDone(leases.renew(false));
        assertEquals("host/1", only(leases).holder());
    }

    @Test
    void aPodsNextProcessTakesItsLeaseOver() throws Exception {
        MockLeaseApi api = api();
        assertDone(leases(api, "p-0", "host/1").renew(true));

        KubernetesLeases next = leases(api, "p-0", "host/2");
        assertDone(next.renew(false));

        Lease lease = only(next);
        assertEquals("host/2", lease.holder());
        assertFalse(lease.draining());
        assertEquals(1, api.lease(NAME, Resource::get).getSpec().getLeaseTransitions());
        assertDone(next.renew(false));
        assertEquals(1, api.lease(NAME, Resource::get).getSpec().getLeaseTransitions());
    }

    @Test
    void aProcessThatWasReplacedDoesNotTakeItsLeaseBackWhileTheNewOneLives() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases replaced = leases(api, "p-0", "host/1");
        KubernetesLeases next = leases(api, "p-0", "host/2");
        assertDone(replaced.renew(false));
        assertDone(next.renew(false));

        for (int i = 0; i < 4; i++) {
            assertReason("newer process", replaced.renew(false));
            nanos.addAndGet(LEASE.toNanos() - 1);
            assertReason("newer process", replaced.renew(false));
            assertDone(next.renew(false));
        }
        assertEquals("host/2", only(replaced).holder());
        assertEquals(new Loaded.Found<>(false), replaced.delete());
        assertReason("newer process", replaced.renew(false));

        nanos.addAndGet(LEASE.toNanos());
        assertDone(replaced.renew(false));
        assertEquals("host/1", only(replaced).holder());
    }

    @Test
    void deletesItsOwnLeaseAndNoOther() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases replaced = leases(api, "p-0", "host/1");
        KubernetesLeases next = leases(api, "p-0", "host/2");
        assertDone(replaced.renew(false));
        assertDone(next.renew(false));

        assertEquals(new Loaded.Found<>(false), replaced.delete());
        assertEquals("host/2", only(next).holder());

        String version = api.lease(NAME, Resource::get).getMetadata().getResourceVersion();
        api.takeRequests();
        assertDone(next.delete());
        assertNull(api.lease(NAME, Resource::get));
        // the mock ignores it; the API refuses with 409 when somebody has taken it over meanwhile
        String delete = api.takeRequests().stream()
                .filter(request -> request.startsWith("DELETE "))
                .findFirst()
                .orElseThrow();
        assertTrue(delete.contains("\"resourceVersion\":\"" + version + "\""), delete);
        assertEquals(new Loaded.Found<>(false), next.delete());
    }

    @Test
    void goesOnWhenTheApiIsBack() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = leases(api, "p-0", "host/1");
        assertDone(leases.renew(false));

        api.goAway();
        assertReason("cannot be reached", leases.renew(false));
        assertReason("cannot be reached", leases.list());
        assertReason("cannot be reached", leases.delete());

        api.comeBack();
        assertDone(leases.renew(false));
        assertEquals("host/1", only(leases).holder());
    }

    private static void awaitDone(Supplier<Loaded<Boolean>> call) {
        while (!call.get().equals(new Loaded.Found<>(true))) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    private KubernetesLeases impatient(MockLeaseApi api) {
        return leases(api.address(), Path.of("/nowhere"), "p-0", "host/1", "stream", SHORT);
    }

    @Test
    void doesNotWaitForAnApiThatIsSilent() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = impatient(api);
        awaitDone(() -> leases.renew(false));

        api.becomes(Mode.SILENT);
        reason(leases.renew(false));
        reason(leases.list());
        reason(leases.delete());

        api.becomes(Mode.ANSWERS);
        awaitDone(() -> leases.renew(false));
    }

    @Test
    void aRenewalWhoseAnswerWasLostStandsInNobodysWay() throws Exception {
        MockLeaseApi api = api();
        KubernetesLeases leases = impatient(api);
        api.becomes(Mode.LOSES_ANSWERS);
        while (api.takeRequests().isEmpty()) {
            reason(leases.renew(false));
        }
        api.becomes(Mode.ANSWERS);

        awaitDone(() -> leases.renew(false));
        api.becomes(Mode.LOSES_ANSWERS);
        reason(leases.renew(false));
        api.becomes(Mode.ANSWERS);

        awaitDone(() -> leases.renew(false));
        assertEquals(0, api.lease(NAME, Resource::get).getSpec().getLeaseTransitions());
    }

    @Test
    void aCallTakesASixthOfALeaseAtMost() {
        assertEquals(Duration.ofMillis(2_500), KubernetesLeases.callTimeout(Duration.ofSeconds(15)));
        assertEquals(Duration.ofMillis(500), KubernetesLeases.callTimeout(Duration.ofSeconds(2)));
        assertEquals(Duration.ofSeconds(3), KubernetesLeases.callTimeout(Duration.ofMinutes(5)));
    }

    @Test
    void saysWhatTheApiRefuses() throws Exception {
        MockLeaseApi api = api();
        api.becomes(Mode.FORBIDS);

        assertReason("403", leases(api, "p-0", "host/1").renew(false));
    }

    @Test
    void doesNotWaitForTheRestOfAnAnswer() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerHeadsOnly(server));
            URI address = URI.create("http://localhost:" + server.getLocalPort());

            reason(leases(address, Path.of("/nowhere"), "p-0", "host/1", "stream", SHORT)
                    .list());
        }
    }

    private void answerHeadsOnly(ServerSocket server) {
        try {
            while (true) {
                Socket connection = server.accept();
                open.add(connection);
                connection
                        .getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
                                .getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // closed
        }
    }

    @Test
    void showsTheServiceAccountsCurrentTokenToTheClusterOnly(@TempDir Path account) throws Exception {
        MockLeaseApi api = opened(new MockLeaseApi(true));
        Files.copy(api.certificate(), account.resolve("ca.crt"));
        Path token = account.resolve("token");
        Files.writeString(token, "first\n");
        KubernetesLeases leases = leases(api.address(), account, "p-0", "host/1", "stream");

        assertDone(leases.renew(false));
        assertTrue(api.takeRequests().getFirst().contains(" Bearer first "));
        Files.writeString(token, "second\n");
        assertDone(leases.renew(false));
        assertTrue(api.takeRequests().getFirst().contains(" Bearer second "));

        MockLeaseApi stranger = opened(new MockLeaseApi(true));
        assertReason(
                "cannot be reached",
                leases(stranger.address(), account, "p-0", "host/1", "stream").renew(false));
        assertEquals(List.of(), stranger.takeRequests());
    }

    @Test
    void aMissingServiceAccountIsAReasonAndEndsNothing(@TempDir Path account) throws Exception {
        MockLeaseApi api = opened(new MockLeaseApi(true));
        KubernetesLeases leases = leases(api.address(), account, "p-0", "host/1", "stream");

        assertReason("cannot be used", leases.renew(false));
        Files.copy(api.certificate(), account.resolve("ca.crt"));
        assertReason("cannot be used", leases.renew(false));
        Files.writeString(account.resolve("token"), "token");

        assertDone(leases.renew(false));
    }
}
