package dev.millrace.gateway.tls;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Handshake;
import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.limit.ConnectionLimit;
import io.netty.channel.Channel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one door's TLS port, from when the kernel hands them over to where a request could come: they count among the
 * door's, and have only so long. To shake hands costs a client nothing and us a signature, and the door hears of nobody before.
 * Thread-safe; of a channel it is called on that channel's event loop.
 */
public final class Arrivals {

    private static final AttributeKey<ScheduledFuture<?>> DEADLINE = AttributeKey.valueOf(Arrivals.class, "DEADLINE");

    private final ConnectionLimit limit;
    private final Runnable refused;
    private final Duration timeout;
    private final GatewayMetrics metrics;
    private final AuthFailureLog failures;

    /** @param refused is told of each connection that is one too many */
    Arrivals(
            ConnectionLimit limit,
            Runnable refused,
            Duration timeout,
            GatewayMetrics metrics,
            AuthFailureLog failures) {
        this.limit = limit;
        this.refused = refused;
        this.timeout = timeout;
        this.metrics = metrics;
        this.failures = failures;
    }

    /** A connection was accepted. */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    void accepted(Channel channel) {
        if (!limit.enter(channel)) {
            refused.run();
            channel.close();
            return;
        }
        ScheduledFuture<?> deadline = channel.eventLoop()
                .schedule(
                        () -> {
                            arrived(channel);
                            metrics.handshakeFailed(Handshake.TOO_SLOW);
                            channel.close();
                        },
                        timeout.toNanos(),
                        TimeUnit.NANOSECONDS);
        channel.attr(DEADLINE).set(deadline);
        channel.closeFuture().addListener(_ -> deadline.cancel(false));
    }

    /** It has come to its end: the door has it now, or nobody ever will. */
    public void arrived(Channel channel) {
        ScheduledFuture<?> deadline = channel.attr(DEADLINE).getAndSet(null);
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /** A client whose handshake is over wants another. */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    void beganAnew(Channel channel) {
        metrics.handshakeFailed(Handshake.FAILED);
        channel.close();
    }

    /** A handshake came to nothing. */
    void failed(Channel channel, @Nullable Throwable cause) {
        if (channel.attr(DEADLINE).get() == null) {
            // it was cut off, which is counted, or was one too many
            return;
        }
        Handshake reason = reason(cause);
        metrics.handshakeFailed(reason);
        if (reason == Handshake.CERTIFICATE) {
            failures.record(
                    AuthFailure.CERTIFICATE,
                    Optional.empty(),
                    channel.remoteAddress() instanceof InetSocketAddress socket
                            ? socket.getAddress().getHostAddress()
                            : "an unknown address");
        }
    }

    private static Handshake reason(@Nullable Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof GeneralSecurityException) {
                return Handshake.CERTIFICATE;
            }
        }
        return switch (cause) {
            case NotSslRecordException _ -> Handshake.NOT_TLS;
            case ClosedChannelException _ -> Handshake.LOST;
            case null, default -> Handshake.FAILED;
        };
    }
}
