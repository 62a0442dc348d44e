package dev.millrace.gateway.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;

/**
 * Vert.x' decoder of requests, which also refuses what Netty mends in silence: where two readers of one head may differ on where
 * its body ends or whom it is for, one of them can be made to take a part of the body for a request. What it refuses is handed on
 * as an invalid request. It costs a head a comparison a header; the headers themselves say nothing of it any more.
 */
final class RequestDecoder extends VertxHttpRequestDecoder {

    private int hosts;

    RequestDecoder(HttpServerOptions options) {
        super(options);
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        hosts = 0;
        return super.createMessage(initialLine);
    }

    /** One Host and no second (RFC 9112, 3.2). */
    @Override
    protected AsciiString splitHeaderName(byte[] bytes, int start, int length) {
        AsciiString name = super.splitHeaderName(bytes, start, length);
        if (HttpHeaderNames.HOST.contentEqualsIgnoreCase(name) && ++hosts > 1) {
            throw new IllegalArgumentException("more than one Host");
        }
        return name;
    }

    /** Both Transfer-Encoding and Content-Length (RFC 9112, 6.1): Netty would forget the latter. */
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }
}
