package dev.millrace.local.platform;

import dev.millrace.local.port.FreePort;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A cluster's API for processors on this machine: fabric8's CRUD mock over TCP, which keeps its objects while it is away. It
 * collects no garbage: the lease of a pod that was killed stays.
 */
final class LeaseApiServer implements AutoCloseable {

    static final String NAMESPACE = "iot-test";

    /** Tells every request; held here, or its level would be collected with it. */
    private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());

    private final int port = FreePort.choose();
    private final Dispatcher dispatcher = new Gate(new KubernetesCrudDispatcher());
    private volatile boolean silent;
    private MockWebServer web;
    private KubernetesMockServer server;

    LeaseApiServer() throws IOException {
        LOG.setLevel(Level.WARNING);
        web = new MockWebServer();
        server = listen(web);
    }

    private KubernetesMockServer listen(MockWebServer web) {
        var mock = new KubernetesMockServer(new Context(), web, new HashMap<>(), dispatcher, false);
        mock.init(InetAddress.getLoopbackAddress(), port);
        return mock;
    }

    /** While it is silent, requests are lost. */
    private final class Gate extends Dispatcher {

        private final Dispatcher cluster;

        Gate(Dispatcher cluster) {
            this.cluster = cluster;
        }

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            web.reset(); // it keeps every request for whoever may ask
            return silent
                    ? new MockResponse().setBody("{}").setBodyDelay(1, TimeUnit.HOURS)
                    : cluster.dispatch(request);
        }
    }

    /** The variables with which a processor uses it, as the one of that pod. */
    Map<String, String> environment(String pod, String leaseDuration) {
        return Map.of(
                "MEMBERSHIP",
                "kubernetes",
                "KUBERNETES_API_URL",
                "http://127.0.0.1:" + port,
                "POD_NAMESPACE",
                NAMESPACE,
                "POD_NAME",
                pod,
                "POD_UID",
                "uid-of-" + pod,
                "LEASE_DURATION",
                leaseDuration);
    }

    /** Connections stay open, and nobody answers. */
    void becomeSilent() {
        silent = true;
    }

    /** After {@link #becomeSilent}. */
    void answerAgain() {
        silent = false;
    }

    /** Connections break, and new ones are refused. */
    void goAway() {
        server.destroy();
    }

    /** After {@link #goAway}. */
    void comeBack() {
        web = new MockWebServer();
        server = listen(web);
    }

    /** All leases that there are, expired ones too. */
    List<Lease> leases() {
        return with(client -> client.leases().inNamespace(NAMESPACE).list().getItems());
    }

    /** Deletes the lease of a pod, as the cluster does when the pod is gone. */
    void deleteLease(String pod) {
        with(client -> client.leases()
                .inNamespace(NAMESPACE)
                .withName("millrace-processor-" + pod)
                .delete());
    }

    private <T> T with(Function<KubernetesClient, T> use) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .withHttp2Disable(true)
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            return use.apply(client);
        }
    }

    @Override
    public void close() {
        server.destroy();
    }
}
