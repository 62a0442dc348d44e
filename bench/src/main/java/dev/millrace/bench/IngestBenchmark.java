package dev.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.publish.Shard;
import dev.millrace.gateway.publish.ShardMap;
import dev.millrace.gateway.publish.StreamLine;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Bodies of one reading, as devices send them, decoded, routed to their shards, encoded and aggregated; in readings a second on
 * one core. The limit is the tokenizer alone. {@link DecodeBenchmark} does the same with bodies of a thousand.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class IngestBenchmark {

    private static final int BODIES = 1_000;
    private static final int SHARDS = 2;

    private final byte[][] bodies = new byte[BODIES][];
    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);
    private final ShardMap shards = shards();
    private final AggregateBuilder[] builders = new AggregateBuilder[SHARDS];
    private final JsonFactory json = new JsonFactory();

    public IngestBenchmark() {
        for (int i = 0; i < BODIES; i++) {
            String body = "{\"sensorId\":\"press-" + i + "\",\"temperature\":" + (60 + i * 0.01)
                    + ",\"timestamp\":\"2025-12-04T12:00:00." + (i + 1_000) + "Z\"}";
            bodies[i] = body.getBytes(StandardCharsets.UTF_8);
        }
        for (int i = 0; i < SHARDS; i++) {
            builders[i] = new AggregateBuilder();
        }
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

    /** Decode, route, encode, aggregate. */
    @Benchmark
    @OperationsPerInvocation(BODIES)
    public void ours(Blackhole sink) {
        for (byte[] body : bodies) {
            if (!(decoder.decode(body, Rfc3339.MAX_MICROS, () -> 0) instanceof Decoded.Batch batch)
                    || batch.readings().size() != 1) {
                throw new IllegalStateException("the body was not decoded");
            }
            for (Reading reading : batch.readings()) {
                StreamLine line = StreamLine.of(reading);
                int shard = shards.indexOf(HashKey.ofPartitionKey(line.sensorId()));
                if (!builders[shard].add(line.sensorId(), line.data())) {
                    sink.consume(builders[shard].build());
                    builders[shard] = new AggregateBuilder();
                    builders[shard].add(line.sensorId(), line.data());
                }
            }
        }
    }

    /** Tokenize. */
    @Benchmark
    @OperationsPerInvocation(BODIES)
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
