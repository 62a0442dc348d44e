package dev.millrace.local.kinesis.server;

import dev.millrace.local.kinesis.fault.ArmedFault;
import dev.millrace.local.kinesis.fault.CallFaults;
import dev.millrace.local.kinesis.fault.CallScope;
import dev.millrace.local.kinesis.fault.Faults;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.AwsFailure;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.kinesis.protocol.Request;
import dev.millrace.local.kinesis.protocol.RequestParser;
import dev.millrace.local.kinesis.protocol.SignatureCheck;
import dev.millrace.local.kinesis.protocol.WireFormat;
import dev.millrace.local.kinesis.store.FanOut;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of the API, from its body to its answer, with what faults put between: check, parse, (hang, delay), carry
 * out, (cut, hold, delay), answer. All on the server's event loop.
 */
final class Call {

    private static final Logger log = LoggerFactory.getLogger(Call.class);

    private final Context context;
    private final HttpServerRequest http;
    private final Buffer body;
    private final Operations operations;
    private final Faults faults;

    /** Of the answer as well; JSON until the request's own is known. */
    private WireFormat format = WireFormat.JSON;

    Call(Context context, HttpServerRequest http, Buffer body, Operations operations, Faults faults) {
        this.context = context;
        this.http = http;
        this.body = body;
        this.operations = operations;
        this.faults = faults;
    }

    void start() {
        Request request;
        CallFaults struck;
        try {
            Operation operation = operation();
            SignatureCheck.check(http.getHeader(HttpHeaders.AUTHORIZATION), http.getHeader("X-Amz-Date"));
            request = RequestParser.parse(operation, format, body.getBytes());
            struck = faults.on(operation, scope(request));
        } catch (AwsFailure failure) {
            answer(failure);
            return;
        }
        if (struck.cutBefore()) {
            cut();
        } else {
            hold(struck.hang(), () -> wait(struck.before(), () -> carryOut(request, struck)));
        }
    }

    private Operation operation() {
        String contentType = http.getHeader(HttpHeaders.CONTENT_TYPE);
        format = Optional.ofNullable(contentType)
                .flatMap(WireFormat::ofContentType)
                .orElseThrow(() -> AwsError.UNKNOWN_OPERATION.because("The Content-Type must be "
                        + WireFormat.JSON.mediaType() + " or " + WireFormat.CBOR.mediaType()));
        return Optional.ofNullable(http.getHeader("X-Amz-Target"))
                .flatMap(Operation::ofTarget)
                .orElseThrow(() -> AwsError.UNKNOWN_OPERATION.because(
                        "The X-Amz-Target names no operation that this emulator has"));
    }

    private CallScope scope(Request request) {
        return new CallScope() {
            @Override
            public Optional<String> stream() {
                return operations.streamOf(request);
            }

            @Override
            public Set<String> shards() {
                return operations.shardsOf(request);
            }
        };
    }

    /** What a call comes to: an answer, or an error. */
    private sealed interface Outcome {
        record Success(Answer answer) implements Outcome {}

        /** An answer that goes on. */
        record Subscribed(FanOut.Subscription subscription) implements Outcome {}

        record Failure(AwsFailure failure) implements Outcome {}
    }

    private Outcome outcome(Request request, CallFaults struck) {
        try {
            if (struck.refusal().isPresent()) {
                throw struck.refusal().get().because("This failure was asked for.");
            }
            if (request instanceof Request.SubscribeToShard subscribe) {
                return new Outcome.Subscribed(operations.subscribe(subscribe));
            }
            return new Outcome.Success(operations.carryOut(request, struck));
        } catch (AwsFailure failure) {
            return new Outcome.Failure(failure);
        } catch (RuntimeException e) {
            log.error("A {} failed", request.getClass().getSimpleName(), e);
            return new Outcome.Failure(AwsError.INTERNAL_FAILURE.because("The emulator has a defect; see its log."));
        }
    }

    private void carryOut(Request request, CallFaults struck) {
        Outcome outcome = outcome(request, struck);
        if (struck.cutAfter()) {
            cut();
        } else {
            hold(struck.holdAnswer(), () -> wait(struck.after(), () -> answer(outcome)));
        }
    }

    /** Without an answer: closes the connection, or with HTTP/2 the stream, so that other calls on it go on. */
    private void cut() {
        http.response().reset();
    }

    /** Goes on when the rule is removed; not at all if the client stops waiting before. */
    private void hold(Optional<ArmedFault> rule, Runnable next) {
        if (rule.isEmpty()) {
            next.run();
            return;
        }
        Runnable release = () -> context.runOnContext(_ -> {
            if (!http.response().closed()) {
                next.run();
            }
        });
        http.response().closeHandler(_ -> rule.get().forget(release));
        rule.get().hold(release);
    }

    private void wait(Duration time, Runnable next) {
        if (time.isZero()) {
            next.run();
        } else {
            context.owner().setTimer(Math.max(1, time.toMillis()), _ -> next.run());
        }
    }

    private void answer(Outcome outcome) {
        switch (outcome) {
            case Outcome.Success(Answer answer) -> send(200, answer);
            case Outcome.Subscribed(FanOut.Subscription subscription) ->
                new EventPush(context, http.response(), format, subscription).start();
            case Outcome.Failure(AwsFailure failure) -> answer(failure);
        }
    }

    /** The one place that turns an error into an answer. */
    private void answer(AwsFailure failure) {
        send(failure.error().status(), Answers.error(failure.error(), failure.description()));
    }

    private void send(int status, Answer answer) {
        HttpServerResponse response = http.response();
        if (response.closed()) {
            return;
        }
        byte[] bytes = answer.encode(format);
        response.setStatusCode(status);
        if (bytes.length > 0) {
            response.putHeader(HttpHeaders.CONTENT_TYPE, format.mediaType());
        }
        response.end(Buffer.buffer(bytes)).onFailure(e -> log.debug("An answer was not sent", e));
    }
}
