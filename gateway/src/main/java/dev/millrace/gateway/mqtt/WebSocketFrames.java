package dev.millrace.gateway.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.util.List;

/**
 * MQTT in the binary frames of a WebSocket (MQTT 5, 6): the bytes of the frames in their order are the connection's, wherever a frame
 * ends. Anything but binary frames ends the connection.
 */
@Sharable
final class WebSocketFrames extends MessageToMessageCodec<WebSocketFrame, ByteBuf> {

    static final String PATH = "/mqtt";

    private static final int MAX_REQUEST_BYTES = 8 * 1024;

    private static final WebSocketFrames SHARED = new WebSocketFrames();

    private WebSocketFrames() {}

    /** Has a pipeline speak WebSocket before a handler that takes bytes. */
    static void addBefore(ChannelPipeline pipeline, String handler, MqttLimits limits) {
        WebSocketServerProtocolConfig config = WebSocketServerProtocolConfig.newBuilder()
                .websocketPath(PATH)
                .subprotocols("mqtt")
                .checkStartsWith(false)
                .handshakeTimeoutMillis(limits.connectTimeout().toMillis())
                .maxFramePayloadLength(limits.maxPacketBytes())
                .build();
        pipeline.addBefore(handler, "webSocketHttp", new HttpServerCodec());
        pipeline.addBefore(handler, "webSocketRequest", new HttpObjectAggregator(MAX_REQUEST_BYTES));
        pipeline.addBefore(handler, "webSocket", new WebSocketServerProtocolHandler(config));
        pipeline.addBefore(handler, "webSocketFrames", SHARED);
    }

    @Override
    protected void encode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) {
        out.add(new BinaryWebSocketFrame(bytes.retain()));
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    protected void decode(ChannelHandlerContext context, WebSocketFrame frame, List<Object> out) {
        if (frame instanceof BinaryWebSocketFrame || frame instanceof ContinuationWebSocketFrame) {
            out.add(frame.content().retain());
        } else {
            context.close();
        }
    }
}
