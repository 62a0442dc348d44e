package dev.millrace.bench.processor;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/** Puts records into the stream. Whatever is refused is an error: nothing here is to be repeated. */
final class KinesisProducer implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final KinesisAsyncClient client;
    private final String stream;

    /** @param settings where the stream is */
    KinesisProducer(Map<String, String> settings) {
        KinesisConfig config = KinesisConfig.read(new Environment(settings));
        this.client = KinesisClients.create(config, TIMEOUT, 1);
        this.stream = config.stream();
    }

    /** Puts records with one call, and returns when the stream has all of them. */
    void put(List<Lane.Aggregate> aggregates) throws IOException {
        List<PutRecordsRequestEntry> entries = aggregates.stream()
                .map(aggregate -> PutRecordsRequestEntry.builder()
                        .partitionKey(aggregate.partitionKey())
                        .data(SdkBytes.fromByteArrayUnsafe(aggregate.data()))
                        .build())
                .toList();
        PutRecordsResponse answer;
        try {
            answer = client.putRecords(PutRecordsRequest.builder()
                            .streamName(stream)
                            .records(entries)
                            .build())
                    .join();
        } catch (CompletionException e) {
            throw new IOException("records could not be put", e);
        }
        if (answer.failedRecordCount() > 0) {
            throw new IOException(answer.failedRecordCount() + " records were refused");
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
