package dev.millrace.local.kinesis.server;

import dev.millrace.local.kinesis.protocol.AwsFailure;
import dev.millrace.local.kinesis.protocol.WireFormat;
import dev.millrace.local.kinesis.store.FanOut;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pushes a subscription's events until it is over or the client has gone. A client that does not read is not written to: HTTP/2
 * flow control. On the server's event loop.
 */
final class EventPush {

    private static final long TICK_MILLIS = 15;

    /** Events without records show, every five seconds or so, that the subscription lives, and move its continuation on. */
    private static final int TICKS_TO_SIGN_OF_LIFE = 333;

    private static final byte[] NO_MEMBERS = {'{', '}'};

    private final Context context;
    private final HttpServerResponse response;
    private final WireFormat format;
    private final FanOut.Subscription subscription;
    private int quietTicks = TICKS_TO_SIGN_OF_LIFE;
    private long timer;

    EventPush(Context context, HttpServerResponse response, WireFormat format, FanOut.Subscription subscription) {
        this.context = context;
        this.response = response;
        this.format = format;
        this.subscription = subscription;
    }

    void start() {
        if (response.closed()) {
            subscription.cancel();
            return;
        }
        if (response.streamId() < 0) {
            // HTTP/1.1, on which AWS does not push; it does no harm here
            response.setChunked(true);
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, "application/vnd.amazon.eventstream");
        response.closeHandler(_ -> stop());
        response.exceptionHandler(_ -> stop());
        send(Map.of(":message-type", "event", ":event-type", "initial-response"), NO_MEMBERS);
        timer = context.owner().setPeriodic(TICK_MILLIS, _ -> tick());
        tick();
    }

    private void tick() {
        while (!response.writeQueueFull()) {
            switch (subscription.next(quietTicks >= TICKS_TO_SIGN_OF_LIFE)) {
                case FanOut.Push.Event event -> {
                    quietTicks = 0;
                    send(
                            Map.of(":message-type", "event", ":event-type", "SubscribeToShardEvent"),
                            Answers.event(event).encode(format));
                }
                case FanOut.Push.Nothing _ -> {
                    quietTicks++;
                    return;
                }
                case FanOut.Push.Over(var failure) -> {
                    failure.ifPresent(this::fail);
                    stop();
                    response.end();
                    return;
                }
            }
        }
    }

    private void fail(AwsFailure failure) {
        send(
                Map.of(
                        ":message-type",
                        "exception",
                        ":exception-type",
                        failure.error().code()),
                Answers.error(failure.error(), failure.description()).encode(format));
    }

    private void send(Map<String, String> headers, byte[] payload) {
        var all = new LinkedHashMap<>(headers);
        all.put(":content-type", format.mediaType());
        response.write(Buffer.buffer(EventMessage.encode(all, payload)));
    }

    private void stop() {
        context.owner().cancelTimer(timer);
        subscription.cancel();
    }
}
