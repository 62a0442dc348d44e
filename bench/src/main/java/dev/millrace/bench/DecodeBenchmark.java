package dev.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
 * What the gateway does with a body apart from input and output: decode, route, encode, aggregate; in readings a second on one
 * core. The limit is the tokenizer alone, which looks at each byte and makes nothing of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DecodeBenchmark {

    private static final int READINGS = 1_000;

    private final byte[] body = body();
    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);
    private final JsonFactory json = new JsonFactory();

    private static byte[] body() {
        StringBuilder body = new StringBuilder("[");
        for (int i = 0; i < READINGS; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"sensorId\": \"press-")
                    .append(i % 100)
                    .append("\", \"temperature\": ")
                    .append(60 + i * 0.01)
                    .append(", \"timestamp\": \"2025-12-04T12:00:00.")
                    .append(i % 1000 + 1000)
                    .append("Z\"}");
        }
        return body.append(']').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Decode, route, encode, aggregate. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void ours(Blackhole sink) {
        if (!(decoder.decode(body, Rfc3339.MAX_MICROS, () -> 0) instanceof Decoded.Batch batch)
                || batch.readings().size() != READINGS) {
            throw new IllegalStateException("the body was not decoded");
        }
        AggregateBuilder builder = new AggregateBuilder();
        for (Reading reading : batch.readings()) {
            sink.consume(HashKey.ofPartitionKey(reading.sensorId()));
            byte[] line = ReadingEncoder.encode(reading);
            if (!builder.add(reading.sensorId(), line)) {
                sink.consume(builder.build());
                builder = new AggregateBuilder();
                builder.add(reading.sensorId(), line);
            }
        }
        sink.consume(builder.build());
    }

    /** Tokenize. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void limit(Blackhole sink) throws IOException {
        try (JsonParser parser = json.createParser(body)) {
            while (parser.nextToken() != null) {
                sink.consume(parser.currentToken());
            }
        }
    }
}
