package dev.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the processor does with a record of the stream before it looks at values: takes an aggregate of 1,000 readings apart and
 * decodes each; in readings a second on one core. The limit is the tokenizer alone over the same lines, which looks at each byte
 * and makes nothing of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DecodeBenchmark {

    private static final int READINGS = 1_000;

    private final List<byte[]> lines = IntStream.range(0, READINGS)
            .mapToObj(number -> (IngestBenchmark.reading(number) + "\n").getBytes(StandardCharsets.US_ASCII))
            .toList();
    private final byte[] record = record(lines);
    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);
    private final JsonFactory json = new JsonFactory();

    private static byte[] record(List<byte[]> lines) {
        AggregateBuilder builder = new AggregateBuilder();
        for (int i = 0; i < lines.size(); i++) {
            if (!builder.add("press-" + i, lines.get(i))) {
                throw new IllegalStateException("the lines do not fit into one record");
            }
        }
        return builder.build();
    }

    /** Take apart, decode. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void ours(Blackhole sink) {
        if (!(StreamRecord.decode("press-0", record) instanceof StreamRecord.Aggregate aggregate)) {
            throw new IllegalStateException("the record is no aggregate");
        }
        for (UserRecord user : aggregate.records()) {
            Decoded decoded = decoder.decode(user.source(), user.offset(), user.length(), Rfc3339.MAX_MICROS, () -> 0);
            if (!(decoded instanceof Decoded.Batch batch) || batch.readings().size() != 1) {
                throw new IllegalStateException("a line was not decoded");
            }
            sink.consume(batch);
        }
    }

    /** Tokenize. */
    @Benchmark
    @OperationsPerInvocation(READINGS)
    public void limit(Blackhole sink) throws IOException {
        for (byte[] line : lines) {
            try (JsonParser parser = json.createParser(line)) {
                while (parser.nextToken() != null) {
                    sink.consume(parser.currentToken());
                }
            }
        }
    }
}
