package dev.millrace.gateway.tls;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.KeyFile.Reload;
import dev.millrace.gateway.limit.ConnectionLimit;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;

/** What doors need to speak TLS. Thread-safe. */
public final class Tls {

    private final ServerCertificate certificate;
    private final CertificateName name;
    private final Duration handshakeTimeout;
    private final GatewayMetrics metrics;
    private final AuthFailureLog failures;

    /** @param clock tells whether certificates are valid */
    public Tls(TlsConfig config, GatewayMetrics metrics, AuthFailureLog failures, InstantSource clock) {
        this.certificate = new ServerCertificate(config, metrics, clock);
        this.name = config.name();
        this.handshakeTimeout = config.handshakeTimeout();
        this.metrics = metrics;
        this.failures = failures;
    }

    /**
     * Those who come to one door.
     *
     * @param limit how many connections the door may have, TLS or not
     * @param refused is told of each that is one too many
     */
    public Arrivals arrivals(ConnectionLimit limit, Runnable refused) {
        return new Arrivals(limit, refused, handshakeTimeout, metrics, failures);
    }

    /** Makes a server one of TLS; to be given to {@link #attach} too. */
    public <O extends NetServerOptions> O secure(O options, Arrivals arrivals) {
        ServerSSLOptions ssl = certificate.options();
        options.setSsl(true)
                .setKeyCertOptions(ssl.getKeyCertOptions())
                .setTrustOptions(ssl.getTrustOptions())
                .setClientAuth(ssl.getClientAuth())
                .setEnabledSecureTransportProtocols(ssl.getEnabledSecureTransportProtocols())
                .setSslEngineOptions(new SslContexts(arrivals))
                // the arrivals' matter, which are told of nothing that was cut off before
                .setSslHandshakeTimeout(2 * handshakeTimeout.toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        return options;
    }

    /** A server that is to be told when the certificate is another. */
    public void attach(Function<ServerSSLOptions, Future<Boolean>> update) {
        certificate.attach(update);
    }

    /** Looks at the files, and takes what they have become; blocks. */
    public Reload reload() {
        return certificate.reload();
    }

    /** What the client of a connection has shown in its handshake: a certificate that was verified, or none. */
    public Credentials shown(Channel channel) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        if (handler == null) {
            return Credentials.NONE;
        }
        try {
            return handler.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate own
                    ? credentials(own)
                    : Credentials.MALFORMED;
        } catch (SSLPeerUnverifiedException _) {
            return Credentials.NONE;
        }
    }

    private Credentials credentials(X509Certificate own) {
        return name.deviceId(own)
                .<Credentials>map(id -> new Credentials.Certificate(
                        id,
                        sha256(own),
                        own.getNotBefore().toInstant(),
                        own.getNotAfter().toInstant()))
                .orElse(Credentials.MALFORMED);
    }

    private static String sha256(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was verified has no encoding", e);
        }
    }
}
