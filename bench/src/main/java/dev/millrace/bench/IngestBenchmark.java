package dev.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.BodyResult;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.SensorScope;
import dev.millrace.gateway.publish.Chain;
import dev.millrace.gateway.publish.Shard;
import dev.millrace.gateway.publish.ShardMap;
import dev.millrace.gateway.publish.StreamLine;
import io.vertx.core.Future;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the gateway does with bodies apart from input and output, in the pieces in which it takes them from the network: decoded
 * as they arrive, encoded for the stream, routed to their shards, aggregated; in readings a second on one core. The limit is the
 * tokenizer alone over whole bodies, which looks at each byte and makes nothing of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class IngestBenchmark {

    /** How bodies hold their readings. */
    public enum Form {
        /** One reading a body, as devices send them. */
        OBJECT("bodies of one reading"),
        NDJSON("NDJSON bodies of 1000"),
        ARRAY("arrays of 1000");

        final String description;

        Form(String description) {
            this.description = description;
        }
    }

    private static final int READINGS = 1_000;
    private static final int SHARDS = 2;

    /** As many bytes as the gateway takes at a time. */
    private static final int PIECE = 16 * 1024;

    private static final Future<IngestOutcome> ACCEPTED =
            Future.succeededFuture(new IngestOutcome.Accepted(READINGS, List.of()));

    private static final BodySource SOURCE = BodySource.of(SensorScope.ALL);

    @Param
    public Form form = Form.OBJECT;

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);
    private final ReceiptClock clock = new ReceiptClock(Clock.systemUTC());
    private final ShardMap shards = shards();
    private final IngestBody.Taker taker = new Aggregator();
    private final AggregateBuilder[] builders = new AggregateBuilder[SHARDS];
    private final JsonFactory json = new JsonFactory();
    private BodyFormat format = BodyFormat.JSON;
    private byte[][] bodies = {};
    private int taken;
    private @Nullable Blackhole records;

    /** Makes the bodies. */
    @Setup(Level.Trial)
    public void prepare() {
        List<String> readings =
                IntStream.range(0, READINGS).mapToObj(IngestBenchmark::reading).toList();
        List<String> texts =
                switch (form) {
                    case OBJECT -> readings;
                    case NDJSON -> List.of(String.join("\n", readings) + "\n");
                    case ARRAY -> List.of(readings.stream().collect(Collectors.joining(",", "[", "]")));
                };
        format = form == Form.NDJSON ? BodyFormat.NDJSON : BodyFormat.JSON;
        bodies = texts.stream()
                .map(text -> text.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
        for (int i = 0; i < SHARDS; i++) {
            builders[i] = new AggregateBuilder();
        }
    }

    /** In the past, as a receipt clock of today asks for. */
    static String reading(int number) {
        return String.format(
                Locale.ROOT,
                "{\"sensorId\":\"press-%d\",\"temperature\":%.2f,\"timestamp\":\"2025-12-04T12:00:00.%03dZ\"}",
                number,
                60 + number * 0.01,
                number);
    }

    private static ShardMap shards() {
        HashKey middle = HashKey.of(BigInteger.ONE.shiftLeft(127));
        return new ShardMap(List.of(
                new Shard(
                        "shard-0",
                        new HashKeyRange(
                                HashKey.MIN, HashKey.of(middle.toBigInteger().subtract(BigInteger.ONE)))),
                new Shard("shard-1", new HashKeyRange(middle, HashKey.MAX))));
    }

    /** Decode, encode, route, aggregate. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void ours(Blackhole sink) {
        records = sink;
        taken = 0;
        for (byte[] body : bodies) {
            IngestBody ingest = new IngestBody(decoder, format, SOURCE, clock, taker);
            for (int at = 0; at < body.length; at += PIECE) {
                ingest.write(body, at, Math.min(PIECE, body.length - at));
            }
            sink.consume(ingest.end());
        }
        if (taken != READINGS) {
            throw new IllegalStateException("the bodies were not decoded");
        }
    }

    private final class Aggregator implements IngestBody.Taker {

        @Override
        public Future<IngestOutcome> take(IngestBody.Content content) {
            return aggregate(content);
        }

        @Override
        public Optional<Future<IngestOutcome>> tryTake(IngestBody.Content content, Duration timeout, Chain chain) {
            return Optional.of(aggregate(content));
        }
    }

    private Future<IngestOutcome> aggregate(IngestBody.Content content) {
        if (!(content.result() instanceof BodyResult.Complete)) {
            throw new IllegalStateException("the body is refused");
        }
        for (StreamLine line : content.lines()) {
            taken++;
            int shard = shards.indexOf(HashKey.ofPartitionKey(line.sensorId()));
            if (!builders[shard].add(line.sensorId(), line.data())) {
                if (records != null) {
                    records.consume(builders[shard].build());
                }
                builders[shard] = new AggregateBuilder();
                builders[shard].add(line.sensorId(), line.data());
            }
        }
        return ACCEPTED;
    }

    /** Tokenize. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void limit(Blackhole sink) throws IOException {
        for (byte[] body : bodies) {
            try (JsonParser parser = json.createParser(body)) {
                while (parser.nextToken() != null) {
                    sink.consume(parser.currentToken());
                }
            }
        }
    }
}
