package dev.millrace.processor.ownership;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls to the cluster's API, each bounded in time, whose outcome is a value. Nothing is tried twice here. One thread at a time
 * uses it.
 *
 * <p>It looks for no configuration of its own: no {@code ~/.kube/config}, which on a developer's machine may name production's
 * cluster, and no proxy.
 */
final class KubernetesApi implements AutoCloseable {

    /** What became of a call. */
    sealed interface Answer<T> {

        record Done<T>(T value) implements Answer<T> {}

        /** 404: there is no such object. */
        record Missing<T>() implements Answer<T> {}

        /** 409: there is one already, or it is another version than the one that was named. */
        record Conflict<T>() implements Answer<T> {}

        /**
         * It got no answer, or another one.
         *
         * @param reason for people, without values
         */
        record Failed<T>(String reason) implements Answer<T> {}
    }

    /** A call; null where there is no such object. */
    interface Call<T> {
        @Nullable
        T on(KubernetesClient client);
    }

    private final MembershipConfig.Pod pod;
    private final Duration timeout;
    private final ExecutorService calls = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kubernetes-api-", 0).factory());

    /** Made with the first call: what it reads, the cluster's certificate, may be missing, and that is a failed call. */
    private Optional<KubernetesClient> client = Optional.empty();

    /** @param timeout of each call */
    KubernetesApi(MembershipConfig.Pod pod, Duration timeout) {
        this.pod = pod;
        this.timeout = timeout;
    }

    /** Blocks the calling virtual thread. */
    <T> Answer<T> call(Call<T> call) {
        KubernetesClient usable;
        try {
            usable = client();
        } catch (KubernetesClientException e) {
            return new Answer.Failed<>("the Kubernetes API cannot be used (" + root(e) + ")");
        }
        return bounded(() -> answer(call, usable));
    }

    private <T> Answer<T> bounded(Callable<Answer<T>> call) {
        Future<Answer<T>> answer = calls.submit(call);
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            // the client's own limit ends with an answer's head; one whose rest does not come would keep its connection
            answer.cancel(true);
            forgetClient();
            return new Answer.Failed<>("the Kubernetes API did not answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            return new Answer.Failed<>("the Kubernetes API cannot be used (" + root(e) + ")");
        } catch (InterruptedException _) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            return new Answer.Failed<>("interrupted");
        }
    }

    private static <T> Answer<T> answer(Call<T> call, KubernetesClient client) {
        try {
            T value = call.on(client);
            return value == null ? new Answer.Missing<>() : new Answer.Done<>(value);
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case 404 -> new Answer.Missing<>();
                case 409 -> new Answer.Conflict<>();
                default ->
                    new Answer.Failed<>(
                            e.getCode() > 0
                                    ? "the Kubernetes API answered " + e.getCode()
                                    : "the Kubernetes API cannot be reached (" + root(e) + ")");
            };
        }
    }

    private static String root(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = root.getCause(); cause != null; cause = root.getCause()) {
            root = cause;
        }
        return root.getClass().getSimpleName();
    }

    /** Not within a call's time: the first loads a thousand classes. */
    private KubernetesClient client() {
        KubernetesClient made = client.orElseGet(this::create);
        client = Optional.of(made);
        return made;
    }

    private KubernetesClient create() {
        // ends first, and ends the connection with it, where not so much as an answer's head comes
        int millis = Math.toIntExact(timeout.toMillis() * 9 / 10);
        var config = new ConfigBuilder(Config.empty())
                .withMasterUrl(pod.api().toString())
                .withNamespace(pod.namespace())
                .withConnectionTimeout(millis)
                .withRequestTimeout(millis)
                .withRequestRetryBackoffLimit(0)
                // a connection of HTTP/2 whose other end is gone without a word is kept, and each request on it times
                // out, for many
                // minutes; with HTTP/1.1 the connection is closed with the request that timed out
                .withHttp2Disable(true);
        if ("https".equals(pod.api().getScheme())) {
            Path token = pod.serviceAccount().resolve("token");
            config.withCaCertFile(pod.serviceAccount().resolve("ca.crt").toString())
                    // for each request: the kubelet writes a new one before the old one expires
                    .withOauthTokenProvider(() -> read(token));
        }
        return new KubernetesClientBuilder().withConfig(config.build()).build();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void forgetClient() {
        client.ifPresent(KubernetesClient::close);
        client = Optional.empty();
    }

    @Override
    public void close() {
        calls.shutdownNow();
        forgetClient();
    }
}
