package dev.millrace.bench.processor;

import dev.millrace.bench.load.Child;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A child that was asked for something, and is at it. */
final class Asking implements AutoCloseable {

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final CompletableFuture<String> answer = new CompletableFuture<>();

    Asking(Child child, String line) {
        executor.execute(() -> {
            try {
                answer.complete(child.ask(line));
            } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
    }

    /** Waits for its answer. */
    void await() throws IOException, InterruptedException {
        try {
            answer.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void close() {
        executor.close();
    }
}
