package dev.millrace.gateway.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How Vert.x comes to a server's TLS: with what is modern, and with a look at each connection as soon as it is accepted, which
 * Vert.x itself does not offer.
 */
final class SslContexts extends SSLEngineOptions {

    static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

    /**
     * Of TLS 1.3 all that the JDK has; of 1.2 those with forward secrecy and authenticated encryption, which are also those that
     * HTTP/2 allows (RFC 9113, appendix A). The best first: of what a client offers, the server chooses.
     */
    static final List<String> SUITES = List.of(
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");

    /** How long a client may take a session up again, in seconds; docs/decisions/0095-tls.md. */
    private static final long SESSION_SECONDS = 3600;

    /** Sessions of TLS 1.2 without tickets that are remembered; the others are with their clients. */
    private static final long SESSIONS = 20_000;

    /** RFC 5246, 6.2.1. */
    private static final byte HANDSHAKE_RECORD = 22;

    private final Arrivals arrivals;

    SslContexts(Arrivals arrivals) {
        this.arrivals = arrivals;
    }

    @Override
    public SslContexts copy() {
        return this;
    }

    @Override
    public SslContextFactory sslContextFactory() {
        return new Factory();
    }

    private final class Factory implements SslContextFactory {
        private @Nullable KeyManagerFactory keys;
        private @Nullable TrustManagerFactory trust;
        private ClientAuth clientAuth = ClientAuth.NONE;
        private List<String> applicationProtocols = List.of();
        private boolean alpn;

        @Override
        public SslContextFactory useAlpn(boolean use) {
            alpn = use;
            return this;
        }

        @Override
        public SslContextFactory clientAuth(ClientAuth wanted) {
            clientAuth = wanted;
            return this;
        }

        @Override
        public SslContextFactory keyMananagerFactory(KeyManagerFactory given) {
            keys = given;
            return this;
        }

        @Override
        public SslContextFactory trustManagerFactory(TrustManagerFactory given) {
            trust = given;
            return this;
        }

        @Override
        public SslContextFactory applicationProtocols(List<String> given) {
            applicationProtocols = given;
            return this;
        }

        @Override
        public SslContext create() throws SSLException {
            SslContextBuilder builder = SslContextBuilder.forServer(keys)
                    .sslProvider(SslProvider.JDK)
                    .protocols(PROTOCOLS)
                    .ciphers(SUITES, IdentityCipherSuiteFilter.INSTANCE)
                    .clientAuth(clientAuth)
                    .sessionTimeout(SESSION_SECONDS)
                    .sessionCacheSize(SESSIONS);
            if (trust != null) {
                builder.trustManager(trust);
            }
            if (alpn) {
                builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.FATAL_ALERT,
                        SelectedListenerFailureBehavior.FATAL_ALERT,
                        applicationProtocols));
            }
            return new Watched(builder.build());
        }
    }

    /** Tells of each connection, and of each handshake that fails. */
    private final class Watched extends DelegatingSslContext {

        Watched(SslContext context) {
            super(context);
        }

        @Override
        protected void initEngine(SSLEngine engine) {
            // as the wrapped one makes it
        }

        @Override
        protected SslHandler newHandler(ByteBufAllocator allocator, boolean startTls, Executor executor) {
            return new Handler(newEngine(allocator), startTls, executor);
        }

        @Override
        protected SslHandler newHandler(
                ByteBufAllocator allocator, String host, int port, boolean startTls, Executor executor) {
            return new Handler(newEngine(allocator, host, port), startTls, executor);
        }
    }

    private final class Handler extends SslHandler {

        Handler(SSLEngine engine, boolean startTls, Executor executor) {
            super(engine, startTls, executor);
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) throws Exception {
            super.handlerAdded(context);
            handshakeFuture().addListener(handshake -> {
                if (!handshake.isSuccess()) {
                    arrivals.failed(context.channel(), handshake.cause());
                }
            });
            arrivals.accepted(context.channel());
        }

        /**
         * A record that says that it is of a handshake, when that is over, begins another: only TLS 1.2 has this, no client of ours
         * needs it, and each costs us a signature (CVE-2011-1473). The JDK would allow it. Called once a record.
         */
        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws SSLException {
            if (in.isReadable()
                    && in.getByte(in.readerIndex()) == HANDSHAKE_RECORD
                    && handshakeFuture().isSuccess()) {
                in.skipBytes(in.readableBytes());
                arrivals.beganAnew(context.channel());
                return;
            }
            super.decode(context, in, out);
        }
    }
}
