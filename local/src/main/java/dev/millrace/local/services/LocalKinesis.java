package dev.millrace.local.services;

import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.local.kinesis.EmulatorConfig;
import dev.millrace.local.kinesis.KinesisEmulator;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Kinesis emulator on 127.0.0.1, with one stream. */
public final class LocalKinesis implements LocalService {

    private static final Logger LOG = LoggerFactory.getLogger(LocalKinesis.class);

    private static final String REGION = "eu-central-1";

    private final Vertx vertx;
    private final KinesisEmulator emulator;
    private final String stream;

    private LocalKinesis(Vertx vertx, KinesisEmulator emulator, String stream) {
        this.vertx = vertx;
        this.emulator = emulator;
        this.stream = stream;
    }

    /**
     * Starts an emulator and returns when it answers.
     *
     * @param port the port to listen on, 0 for one that is free
     * @param stream the stream that it has from the start
     */
    public static LocalKinesis start(int port, String stream, int shards) throws StartFailure {
        return start(port, stream, shards, Reach.THIS_MACHINE);
    }

    /** As {@link #start(int, String, int)}. */
    public static LocalKinesis start(int port, String stream, int shards, Reach reach) throws StartFailure {
        Vertx vertx = VertxInstances.create();
        try {
            EmulatorConfig config = EmulatorConfig.defaults()
                    .withHost(reach.host())
                    .withPort(port)
                    .withRegion(REGION)
                    .withStream(stream, shards);
            return new LocalKinesis(vertx, KinesisEmulator.start(vertx, config).await(), stream);
        } catch (RuntimeException e) {
            vertx.close().await();
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            throw new StartFailure("The Kinesis emulator did not start: " + cause.getMessage(), cause);
        }
    }

    /** The emulator itself, for tests that look into the stream or let it fail. */
    public KinesisEmulator emulator() {
        return emulator;
    }

    @Override
    public String name() {
        return "Kinesis";
    }

    /** The emulator wants a signature, but does not mind whose. */
    @Override
    public Map<String, String> settings() {
        return Map.of(
                "AWS_ENDPOINT_URL_KINESIS",
                emulator.endpoint().toString(),
                "AWS_REGION",
                REGION,
                "AWS_ACCESS_KEY_ID",
                "local",
                "AWS_SECRET_ACCESS_KEY",
                "local",
                "KINESIS_STREAM",
                stream);
    }

    @Override
    public String howToReach() {
        return "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=" + REGION + " aws --endpoint-url "
                + emulator.endpoint() + " kinesis list-shards --stream-name " + stream;
    }

    @Override
    public void close() {
        try {
            emulator.close().await();
            vertx.close().await();
        } catch (RuntimeException e) {
            LOG.warn("The Kinesis emulator did not stop cleanly: {}", e.toString());
        }
    }
}
