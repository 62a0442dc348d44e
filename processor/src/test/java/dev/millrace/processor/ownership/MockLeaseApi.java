package dev.millrace.processor.ownership;

import dev.millrace.processor.FreePort;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/** fabric8's CRUD mock of the cluster's API, which can be away, silent, or swallow its answers. */
final class MockLeaseApi implements AutoCloseable {

    static final String NAMESPACE = "iot-test";

    /** Tells every request; held here, or its level would be collected with it. */
    private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());

    /** What it does with a request. */
    enum Mode {
        ANSWERS,
        /** The request is lost. */
        SILENT,
        /** The request is obeyed, its answer is lost. */
        LOSES_ANSWERS,
        /** As where the service account has no rights. */
        FORBIDS
    }

    private final boolean https;
    private final int port = FreePort.choose();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<String>> mergeBeforeNextPut = new AtomicReference<>(Optional.empty());
    private final Dispatcher dispatcher = new Faults(new KubernetesCrudDispatcher());
    private volatile Mode mode = Mode.ANSWERS;
    private KubernetesMockServer server;

    MockLeaseApi(boolean https) throws IOException {
        LOG.setLevel(Level.WARNING);
        this.https = https;
        server = start();
    }

    private KubernetesMockServer start() {
        var mock = new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), dispatcher, https);
        mock.init(InetAddress.getLoopbackAddress(), port);
        return mock;
    }

    /** Requests and answers, in between. */
    private final class Faults extends Dispatcher {

        private final Dispatcher cluster;

        Faults(Dispatcher cluster) {
            this.cluster = cluster;
        }

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            requests.add(request.method() + " " + request.getPath() + " " + authorization(request) + " "
                    + new String(request.getBody().getBytes(), StandardCharsets.UTF_8));
            if (request.method().name().equals("PUT")) {
                mergeBeforeNextPut.getAndSet(Optional.empty()).ifPresent(patch -> merge(request, patch));
            }
            return switch (mode) {
                case ANSWERS -> cluster.dispatch(request);
                case SILENT -> never();
                case LOSES_ANSWERS -> {
                    cluster.dispatch(request);
                    yield never();
                }
                case FORBIDS -> new MockResponse().setResponseCode(403).setBody("{\"kind\":\"Status\",\"code\":403}");
            };
        }

        private void merge(RecordedRequest update, String patch) {
            cluster.dispatch(new RecordedRequest(
                    update.getHttpVersion(),
                    HttpMethod.PATCH,
                    update.getPath(),
                    Headers.builder()
                            .add("Content-Type", "application/merge-patch+json")
                            .build(),
                    new Buffer(patch.getBytes(StandardCharsets.UTF_8))));
        }

        private static MockResponse never() {
            return new MockResponse().setBody("{}").setBodyDelay(1, TimeUnit.HOURS);
        }

        private static String authorization(RecordedRequest request) {
            return String.valueOf(request.getHeader("Authorization"));
        }
    }

    /** From now on. */
    void becomes(Mode next) {
        mode = next;
    }

    /** Nobody listens any more. */
    void goAway() {
        server.destroy();
    }

    /** It is there again, and remembers. */
    void comeBack() {
        server = start();
    }

    /** Somebody writes on a lease just before it is updated. */
    void annotatesBeforeNextPut(String key, String value) {
        mergeBeforeNextPut.set(Optional.of("{\"metadata\":{\"annotations\":{\"" + key + "\":\"" + value + "\"}}}"));
    }

    /** What was asked since the last time: method, path, credentials, body. */
    List<String> takeRequests() {
        List<String> taken = List.copyOf(requests);
        requests.clear();
        return taken;
    }

    URI address() {
        return URI.create((https ? "https" : "http") + "://localhost:" + port);
    }

    /** The certificate by which it is known. */
    Path certificate() {
        return Path.of(server.getSelfSignedCertificate().certificatePath());
    }

    /** A lease as it is stored, for people who change it by hand. */
    <T> T lease(String name, Function<Resource<Lease>, T> use) {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(server.createClient().getConfiguration())
                .build()) {
            return use.apply(client.leases().inNamespace(NAMESPACE).withName(name));
        }
    }

    @Override
    public void close() {
        server.destroy();
    }
}
