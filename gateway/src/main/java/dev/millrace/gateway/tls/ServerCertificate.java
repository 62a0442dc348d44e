package dev.millrace.gateway.tls;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.KeyFile.Reload;
import dev.millrace.gateway.tls.TlsMaterial.Parsed;
import dev.millrace.gateway.tls.TlsMaterial.Problem;
import io.vertx.core.Future;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that all doors show, and the authorities whose certificates they believe. {@link #reload} takes what the files
 * have become: for connections from then on, all of it in one step, or, where it has a problem, none of it. Thread-safe.
 */
final class ServerCertificate {

    private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);

    private final TlsFiles files;
    private final GatewayMetrics metrics;
    private final InstantSource clock;
    private final List<Function<ServerSSLOptions, Future<Boolean>>> servers = new CopyOnWriteArrayList<>();
    private volatile TlsMaterial material;
    private volatile boolean stale;
    private String seen;
    private Optional<String> suspected = Optional.empty();
    /** What was seen last, where the clock alone is against it. */
    private Optional<TlsMaterial> awaited = Optional.empty();

    ServerCertificate(TlsConfig config, GatewayMetrics metrics, InstantSource clock) {
        this.files = config.files();
        this.material = config.material();
        this.seen = config.version();
        this.metrics = metrics;
        this.clock = clock;
        metrics.certificate(
                () -> material.notAfter().getEpochSecond() - clock.instant().getEpochSecond(), () -> stale);
        material.problemAt(clock.instant()).ifPresent(problem -> LOG.warn("{}; clients will not believe it", problem));
    }

    /** What a server is opened with. */
    ServerSSLOptions options() {
        TlsMaterial now = material;
        ServerSSLOptions options = new ServerSSLOptions()
                .setKeyCertOptions(KeyCertOptions.wrap(now.keys()))
                .setEnabledSecureTransportProtocols(SslContexts.PROTOCOLS);
        now.clientTrust().ifPresent(trust -> options.setTrustOptions(TrustOptions.wrap(trust))
                // whoever has none may show a key instead
                .setClientAuth(ClientAuth.REQUEST));
        return options;
    }

    /** A server that was opened with {@link #options}, and is to be told of others. */
    void attach(Function<ServerSSLOptions, Future<Boolean>> update) {
        servers.add(update);
    }

    /**
     * Looks whether the files have another content than at the last look, and takes it over; blocks. Connections that there are
     * keep what they began with. A content with a problem is given a second look before anything is said: while one file has been
     * written and the other has not, they do not fit. One that is right but for the time is taken when its time has come.
     */
    synchronized Reload reload() {
        Optional<TlsFiles.Loaded> other = files.loadUnless(seen);
        if (other.isEmpty()) {
            suspected = Optional.empty();
            return reloadAwaited();
        }
        TlsFiles.Loaded loaded = other.get();
        List<Problem> problems =
                switch (loaded.parsed()) {
                    case Parsed.Valid(TlsMaterial read) ->
                        read.problemAt(clock.instant()).map(List::of).orElse(List.of());
                    case Parsed.Refused(List<Problem> found) -> found;
                };
        if (problems.isEmpty() && loaded.parsed() instanceof Parsed.Valid(TlsMaterial read)) {
            adopt(loaded.version(), read);
            return Reload.ADOPTED;
        }
        if (!suspected.equals(Optional.of(loaded.version()))) {
            suspected = Optional.of(loaded.version());
            return Reload.UNCHANGED;
        }
        seen = loaded.version();
        awaited = loaded.parsed() instanceof Parsed.Valid(TlsMaterial read) ? Optional.of(read) : Optional.empty();
        stale = true;
        metrics.certificateReloaded(Reload.REFUSED);
        LOG.warn(
                "The TLS files have changed and are refused, those from before stay in force: {}",
                problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        return Reload.REFUSED;
    }

    private Reload reloadAwaited() {
        Optional<TlsMaterial> ripe =
                awaited.filter(read -> read.problemAt(clock.instant()).isEmpty());
        ripe.ifPresent(read -> adopt(seen, read));
        return ripe.isPresent() ? Reload.ADOPTED : Reload.UNCHANGED;
    }

    private void adopt(String version, TlsMaterial adopted) {
        material = adopted;
        seen = version;
        suspected = Optional.empty();
        awaited = Optional.empty();
        stale = false;
        metrics.certificateReloaded(Reload.ADOPTED);
        ServerSSLOptions options = options();
        servers.forEach(update -> update.apply(options)
                .onFailure(cause -> LOG.error("A server did not take the new certificate", cause)));
        LOG.info("The TLS files have changed: a certificate valid until {} is in force", adopted.notAfter());
    }
}
