package dev.millrace.processor.ownership;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The document that a lease is in the API: {@code coordination.k8s.io/v1}, as a kubelet's or a leader's, so that people and their
 * tools know how to read it.
 */
record KubernetesLease(io.fabric8.kubernetes.api.model.coordination.v1.Lease document) {

    /** Selects the leases of one stream's processes. A stream's name may be longer than a label's value, its digest is not. */
    static final String STREAM = "millrace.dev/stream";

    static final String STREAM_NAME = "millrace.dev/stream-name";

    static final String DRAINING = "millrace.dev/draining";

    /**
     * Whose lease it is.
     *
     * @param holder the process
     */
    record Owner(MembershipConfig.Pod pod, String stream, String holder, Duration duration) {

        String leaseName() {
            return "millrace-processor-" + pod.name();
        }
    }

    /** A new lease. */
    static KubernetesLease of(Owner owner, boolean draining, Instant now) {
        return new KubernetesLease(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(owner.leaseName())
                        .withNamespace(owner.pod().namespace())
                        .endMetadata()
                        .withNewSpec()
                        .withLeaseTransitions(0)
                        .endSpec()
                        .build())
                .acquired(owner, now)
                .renewed(owner, draining, now);
    }

    /**
     * This lease, held by the owner: renewed where it was, else taken over from the pod's process before. What others have written
     * on it stays.
     */
    KubernetesLease held(Owner owner, boolean draining, Instant now) {
        return holder().equals(owner.holder())
                ? renewed(owner, draining, now)
                : acquired(owner, now).renewed(owner, draining, now);
    }

    private KubernetesLease acquired(Owner owner, Instant now) {
        Optional<LeaseSpec> spec = Optional.ofNullable(document.getSpec());
        int transitions = spec.map(LeaseSpec::getLeaseTransitions).orElse(0);
        boolean changesHands = !holder().isEmpty();
        return new KubernetesLease(new LeaseBuilder(document)
                .editOrNewSpec()
                .withHolderIdentity(owner.holder())
                .withAcquireTime(now.atZone(ZoneOffset.UTC))
                .withLeaseTransitions(changesHands ? transitions + 1 : transitions)
                .endSpec()
                .build());
    }

    private KubernetesLease renewed(Owner owner, boolean draining, Instant now) {
        var metadata = new LeaseBuilder(document)
                .editOrNewMetadata()
                .addToLabels(Map.of(
                        "app.kubernetes.io/name",
                        "processor",
                        "app.kubernetes.io/component",
                        "membership",
                        "app.kubernetes.io/part-of",
                        "millrace",
                        STREAM,
                        digest(owner.stream())))
                .addToAnnotations(STREAM_NAME, owner.stream())
                .removeFromAnnotations(DRAINING);
        if (draining) {
            metadata.addToAnnotations(DRAINING, "true");
        }
        reference(owner.pod()).ifPresent(reference -> metadata.withOwnerReferences(List.of(reference)));
        return new KubernetesLease(metadata.endMetadata()
                .editOrNewSpec()
                .withLeaseDurationSeconds(
                        Math.toIntExact(owner.duration().plusMillis(999).toSeconds()))
                .withRenewTime(now.atZone(ZoneOffset.UTC))
                .endSpec()
                .build());
    }

    /** With it, the cluster deletes the lease when the pod is deleted, however the process ended. */
    private static Optional<OwnerReference> reference(MembershipConfig.Pod pod) {
        return pod.uid().map(uid -> new OwnerReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.name())
                .withUid(uid)
                .build());
    }

    /** The process that holds it; empty where nobody does. */
    String holder() {
        return Optional.ofNullable(document.getSpec())
                .map(LeaseSpec::getHolderIdentity)
                .orElse("");
    }

    /**
     * Its holder's clock at the last renewal. Not the resource's version: that changes too when somebody else writes on the lease,
     * which would be a sign of life of a process that is dead.
     */
    String version() {
        return Optional.ofNullable(document.getSpec())
                .map(LeaseSpec::getRenewTime)
                .map(Object::toString)
                .orElse("");
    }

    String resourceVersion() {
        return document.getMetadata().getResourceVersion();
    }

    /** As the other processes see it; empty where nobody holds it. */
    Optional<Lease> asMember() {
        ObjectMeta metadata = document.getMetadata();
        boolean draining = Optional.ofNullable(metadata.getAnnotations())
                .map(annotations -> annotations.get(DRAINING))
                .filter("true"::equals)
                .isPresent();
        return holder().isEmpty()
                ? Optional.empty()
                : Optional.of(new Lease(metadata.getName(), holder(), draining, version()));
    }

    /** A label's value for a text of any length: the first half of its SHA-256, in hexadecimal. */
    static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
