package dev.millrace.processor.ownership;

import dev.millrace.processor.ownership.KubernetesApi.Answer;
import dev.millrace.processor.store.Loaded;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The leases in a cluster: objects of {@code coordination.k8s.io/v1} in the pod's namespace, one a pod, named after it.
 *
 * <p>A renewal is one PUT of what the last answer held, under its resource version. Where that does not hold any more, the lease is
 * read, and made again or taken over. Only the pod's process before is taken over from: a process that has held the lease and finds
 * a newer one in its place (the pod lives on in a partition, and was replaced under its name) leaves it alone until that is silent
 * for the duration of a lease, or the two would take it from each other for ever.
 *
 * <p>Each call to the API is bounded by a sixth of the duration of a lease, at least 500 ms and at most 3 s, and each method by
 * three of these.
 */
public final class KubernetesLeases implements Leases, AutoCloseable {

    private static final Duration MIN_CALL = Duration.ofMillis(500);
    private static final Duration MAX_CALL = Duration.ofSeconds(3);

    /** A method begins no other call after two of them might have timed out. */
    private static final int TIMEOUTS_A_METHOD = 2;

    private final KubernetesLease.Owner owner;
    private final KubernetesApi api;
    private final InstantSource clock;
    private final LongSupplier nanos;

    /** The longest that a method goes on to begin calls, ns. */
    private final long patience;

    /** The own lease as the API last answered it; empty: not known to be there. */
    private Optional<KubernetesLease> held = Optional.empty();

    private Instant renewed = Instant.EPOCH;

    /** Whether this process has held the lease, and was not asked to delete it since. */
    private boolean holds;

    private Optional<Newer> newer = Optional.empty();

    /** A newer process of the same pod's name, and since when (monotonic, ns) nothing new was seen of it. */
    private record Newer(String holder, String version, long since) {}

    /**
     * The leases of one stream's processes.
     *
     * @param holder this process, never the same again
     * @param nanos a monotonic clock
     */
    public KubernetesLeases(
            MembershipConfig.Pod pod,
            Duration leaseDuration,
            String stream,
            String holder,
            InstantSource clock,
            LongSupplier nanos) {
        this(pod, leaseDuration, stream, holder, clock, nanos, callTimeout(leaseDuration));
    }

    KubernetesLeases(
            MembershipConfig.Pod pod,
            Duration leaseDuration,
            String stream,
            String holder,
            InstantSource clock,
            LongSupplier nanos,
            Duration timeout) {
        this.owner = new KubernetesLease.Owner(pod, stream, holder, leaseDuration);
        this.clock = clock;
        this.nanos = nanos;
        this.patience = timeout.multipliedBy(TIMEOUTS_A_METHOD).toNanos();
        this.api = new KubernetesApi(pod, timeout);
    }

    static Duration callTimeout(Duration lease) {
        Duration sixth = lease.dividedBy(6);
        if (sixth.compareTo(MIN_CALL) < 0) {
            return MIN_CALL;
        }
        return sixth.compareTo(MAX_CALL) > 0 ? MAX_CALL : sixth;
    }

    @Override
    public Loaded<List<Lease>> list() {
        // no resourceVersion: the API answers what is, not what a cache remembers
        Answer<List<Lease>> answer = api.call(client -> client
                .leases()
                .inNamespace(owner.pod().namespace())
                .withLabel(KubernetesLease.STREAM, KubernetesLease.digest(owner.stream()))
                .list()
                .getItems()
                .stream()
                .flatMap(document -> new KubernetesLease(document).asMember().stream())
                .toList());
        return switch (answer) {
            case Answer.Done<List<Lease>>(List<Lease> leases) -> new Loaded.Found<>(leases);
            case Answer.Missing<List<Lease>> _, Answer.Conflict<List<Lease>> _ -> strange();
            case Answer.Failed<List<Lease>>(String reason) -> new Loaded.Unavailable<>(reason);
        };
    }

    @Override
    public Loaded<Boolean> renew(boolean draining) {
        long begin = nanos.getAsLong();
        boolean mustRead = newer.isPresent();
        while (nanos.getAsLong() - begin <= patience) {
            if (mustRead) {
                switch (read()) {
                    case Answer.Done<KubernetesLease>(KubernetesLease found) -> held = Optional.of(found);
                    case Answer.Missing<KubernetesLease> _ -> held = Optional.empty();
                    case Answer.Conflict<KubernetesLease> _ -> {
                        return strange();
                    }
                    case Answer.Failed<KubernetesLease>(String reason) -> {
                        return new Loaded.Unavailable<>(reason);
                    }
                }
                if (held.isPresent() && isNewers(held.get())) {
                    return new Loaded.Unavailable<>("a newer process of this pod's name holds the lease");
                }
            }
            switch (write(draining)) {
                case Answer.Done<KubernetesLease>(KubernetesLease written) -> {
                    held = Optional.of(written);
                    holds = true;
                    newer = Optional.empty();
                    return new Loaded.Found<>(true);
                }
                case Answer.Missing<KubernetesLease> _ -> {
                    held = Optional.empty(); // somebody has deleted it
                    mustRead = false;
                }
                case Answer.Conflict<KubernetesLease> _ -> mustRead = true;
                case Answer.Failed<KubernetesLease>(String reason) -> {
                    return new Loaded.Unavailable<>(reason);
                }
            }
        }
        return new Loaded.Unavailable<>("the lease changed faster than it could be renewed");
    }

    @Override
    public Loaded<Boolean> delete() {
        long begin = nanos.getAsLong();
        while (nanos.getAsLong() - begin <= patience) {
            switch (read()) {
                case Answer.Done<KubernetesLease>(KubernetesLease found) -> {
                    if (!found.holder().equals(owner.holder())) {
                        return new Loaded.Found<>(false);
                    }
                    switch (remove(found)) {
                        case Answer.Done<Boolean> _, Answer.Missing<Boolean> _ -> {
                            held = Optional.empty();
                            holds = false;
                            return new Loaded.Found<>(true);
                        }
                        case Answer.Conflict<Boolean> _ -> {
                            // written on meanwhile: perhaps it is another's by now
                        }
                        case Answer.Failed<Boolean>(String reason) -> {
                            return new Loaded.Unavailable<>(reason);
                        }
                    }
                }
                case Answer.Missing<KubernetesLease> _ -> {
                    return new Loaded.Found<>(false);
                }
                case Answer.Conflict<KubernetesLease> _ -> {
                    return strange();
                }
                case Answer.Failed<KubernetesLease>(String reason) -> {
                    return new Loaded.Unavailable<>(reason);
                }
            }
        }
        return new Loaded.Unavailable<>("the lease changed faster than it could be deleted");
    }

    /** Ends its connections. No method may be under way, or be called after it. */
    @Override
    public void close() {
        api.close();
    }

    private static <T> Loaded<T> strange() {
        return new Loaded.Unavailable<>("the Kubernetes API does not know Leases");
    }

    /** Whether a newer process of this pod's name holds the lease, and has shown itself within the duration of a lease. */
    private boolean isNewers(KubernetesLease found) {
        if (!holds || found.holder().isEmpty() || found.holder().equals(owner.holder())) {
            return false;
        }
        long now = nanos.getAsLong();
        Newer seen = newer.filter(before -> before.holder().equals(found.holder())
                        && before.version().equals(found.version()))
                .orElseGet(() -> new Newer(found.holder(), found.version(), now));
        newer = Optional.of(seen);
        return now - seen.since() < owner.duration().toNanos();
    }

    private Answer<KubernetesLease> read() {
        return api.call(client -> {
            var found = lease(client).get();
            return found == null ? null : new KubernetesLease(found);
        });
    }

    private Answer<KubernetesLease> write(boolean draining) {
        renewed = nextRenewal();
        return held.map(last -> update(last.held(owner, draining, renewed)))
                .orElseGet(() -> create(KubernetesLease.of(owner, draining, renewed)));
    }

    private Answer<KubernetesLease> create(KubernetesLease lease) {
        return api.call(client ->
                new KubernetesLease(client.leases().resource(lease.document()).create()));
    }

    /** Under the resource version that it was read with. */
    private Answer<KubernetesLease> update(KubernetesLease lease) {
        return api.call(client ->
                new KubernetesLease(client.leases().resource(lease.document()).update()));
    }

    private Answer<Boolean> remove(KubernetesLease lease) {
        return api.call(client -> {
            lease(client).lockResourceVersion(lease.resourceVersion()).delete();
            return true;
        });
    }

    private Resource<io.fabric8.kubernetes.api.model.coordination.v1.Lease> lease(KubernetesClient client) {
        return client.leases().inNamespace(owner.pod().namespace()).withName(owner.leaseName());
    }

    /** Never the same twice, whatever the clock does: it is the lease's version. */
    private Instant nextRenewal() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return now.isAfter(renewed) ? now : renewed.plus(1, ChronoUnit.MICROS);
    }
}
