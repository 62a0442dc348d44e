package dev.millrace.gateway.http;

import dev.millrace.gateway.limit.BodyBudget;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

/** Reads bodies that are taken as a whole, a device's above all, within the memory of all that is being read. Of one event loop. */
final class SmallBodies {

    /** The largest: a device with as many patterns and labels as it may have. */
    static final int MAX_BYTES = 256 * 1024;

    /** What came of reading a body. */
    sealed interface Body {

        record Complete(Buffer bytes) implements Body {}

        record TooLarge() implements Body {}

        /** There was no room for it. */
        record NoRoom() implements Body {}
    }

    private final BodyBudget budget;

    SmallBodies(BodyBudget budget) {
        this.budget = budget;
    }

    /** The future fails only when the connection breaks. */
    Future<Body> read(HttpServerRequest request) {
        if (Answers.asksBeforeTheBody(request)) {
            request.response().writeContinue();
        }
        Promise<Body> promise = Promise.promise();
        BodyBudget.Share share = budget.new Share();
        Buffer body = Buffer.buffer();
        request.handler(chunk -> {
            if (body.length() + chunk.length() > MAX_BYTES) {
                promise.tryComplete(new Body.TooLarge());
            } else if (!share.resize(body.length() + chunk.length())) {
                promise.tryComplete(new Body.NoRoom());
            } else {
                body.appendBuffer(chunk);
            }
        });
        request.endHandler(_ -> promise.tryComplete(new Body.Complete(body)));
        request.exceptionHandler(promise::tryFail);
        return promise.future().onComplete(_ -> share.resize(0));
    }
}
