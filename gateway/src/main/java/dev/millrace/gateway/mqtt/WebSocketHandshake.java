package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The one HTTP request that a connection for MQTT over WebSocket begins with (RFC 6455, 4.2). Behind it, {@link WebSocketFrames} take
 * its place. Any other request is answered and ends the connection, and nothing of it reaches those behind.
 */
final class WebSocketHandshake extends ChannelInboundHandlerAdapter {

    static final String PATH = "/mqtt";

    private static final String SUBPROTOCOL = "mqtt";
    private static final String HTTP = "webSocketHttp";

    /** What the key of the request is hashed with (RFC 6455, 1.3). */
    private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private static final int KEY_BYTES = 16;

    /** What a request gets. */
    private sealed interface Verdict {

        /** The connection is a WebSocket from now on. */
        record Upgrade(String key) implements Verdict {}

        /** It ends. */
        record Refused(String status, String headers) implements Verdict {
            private Refused(String status) {
                this(status, "Connection: close\r\n");
            }
        }
    }

    /** Where the handshake stands. */
    private enum State {
        /** The request is to come. */
        WAITING,
        /** The request's end is to come. */
        ACCEPTED,
        /** Whatever comes is thrown away. */
        REFUSED
    }

    private final ChannelHandlerContext packets;
    private State state = State.WAITING;
    private String response = "";

    private WebSocketHandshake(ChannelHandlerContext packets) {
        this.packets = packets;
    }

    /** Has a pipeline speak WebSocket before a handler that takes bytes. */
    static void addBefore(ChannelPipeline pipeline, String handler) {
        // of a stranger: at most 12 KiB in the decoder
        pipeline.addBefore(handler, HTTP, new HttpRequestDecoder());
        pipeline.addBefore(handler, "webSocket", new WebSocketHandshake(pipeline.context(handler)));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            switch (state) {
                case WAITING -> {
                    if (message instanceof HttpRequest request
                            && context.channel().isActive()) {
                        decide(context, request);
                    }
                }
                case ACCEPTED -> {
                    if (message instanceof LastHttpContent) {
                        upgrade(context);
                    }
                }
                case REFUSED -> {
                    // it is released below
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void decide(ChannelHandlerContext context, HttpRequest request) {
        switch (judge(request)) {
            case Verdict.Upgrade(String key) -> {
                state = State.ACCEPTED;
                response = """
                        HTTP/1.1 101 Switching Protocols\r
                        Upgrade: websocket\r
                        Connection: Upgrade\r
                        Sec-WebSocket-Accept: %s\r
                        Sec-WebSocket-Protocol: %s\r
                        \r
                        """.formatted(accept(key), SUBPROTOCOL);
            }
            case Verdict.Refused(String status, String headers) -> {
                state = State.REFUSED;
                response = "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: 0\r\n\r\n";
                respond(context);
                // what follows is not worth decoding
                context.pipeline().remove(HTTP);
                packets.fireChannelRead(new Packet.Broken(ReasonCode.PROTOCOL_ERROR));
            }
        }
    }

    private static Verdict judge(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (request.decoderResult().isFailure()) {
            return new Verdict.Refused("400 Bad Request");
        }
        if (!PATH.equals(path(request.uri()))) {
            return new Verdict.Refused("404 Not Found");
        }
        if (!headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                || !headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)) {
            return new Verdict.Refused("426 Upgrade Required", "Upgrade: websocket\r\nConnection: Upgrade, close\r\n");
        }
        if (!"13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return new Verdict.Refused(
                    "426 Upgrade Required",
                    "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n");
        }
        String key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY, "").strip();
        boolean wellFormed = request.method().equals(HttpMethod.GET)
                && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && isKey(key)
                && !hasBody(headers)
                // exactly this, as MQTT 5 has it (6.0)
                && headers.containsValue(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL, false);
        return wellFormed ? new Verdict.Upgrade(key) : new Verdict.Refused("400 Bad Request");
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean hasBody(HttpHeaders headers) {
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
                || !"0".equals(headers.get(HttpHeaderNames.CONTENT_LENGTH, "0"));
    }

    /** The hash that shows that the key was understood (4.2.2); SHA-1 is no secret's here. */
    private static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1")
                    .digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-1", e);
        }
    }

    private void upgrade(ChannelHandlerContext context) {
        respond(context);
        ChannelPipeline pipeline = context.pipeline();
        pipeline.replace(this, "webSocketFrames", new WebSocketFrames(packets));
        // it passes on what it holds of frames that came at once with the request
        pipeline.remove(HTTP);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is gone
    private void respond(ChannelHandlerContext context) {
        context.writeAndFlush(ByteBufUtil.writeAscii(context.alloc(), response));
    }
}
