package dev.millrace.local.replay;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Posts a file's readings to the gateway in the file's order. One request is in flight at a time, and the next is sent only when
 * every reading of the one before is accepted or rejected: that is the order that the platform guarantees to keep.
 *
 * <p>What is not accepted in time is sent again, which is safe, since every reading carries its timestamp. After
 * {@code retryFor} without any reading accepted it gives up, and so it does when the gateway refuses to talk; the rest of the
 * file then counts as failed.
 */
public final class Replay {

    /** Short refusals are the way in which an overloaded gateway slows its clients down, and not worth a line. */
    private static final int REFUSALS_WORTH_TELLING = 3;

    private final ReplayConfig config;
    private final Gateway gateway;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final ReplayProgress progress;

    private long accepted;
    private long rejected;
    private long failed;
    private int refusals;
    private boolean gaveUp;
    private boolean interrupted;

    Replay(ReplayConfig config, Gateway gateway, Ticker ticker, RandomGenerator random, ReplayProgress progress) {
        this.config = config;
        this.gateway = gateway;
        this.ticker = ticker;
        this.random = random;
        this.progress = progress;
    }

    /**
     * Replays and prints, the result as the last line. An interrupt ends it early, with an honest result too.
     *
     * @param terminal whether {@code out} is one
     */
    public static ReplayResult run(ReplayConfig config, PrintStream out, boolean terminal) throws UnreadableFile {
        Ticker ticker = Ticker.system();
        // Not Files.newInputStream: an interrupt closes that one, and the lines not sent could not be counted.
        try (InputStream file = new FileInputStream(config.file().toFile());
                var client = Gateway.client()) {
            var replay = new Replay(
                    config,
                    Gateway.at(config.gateway(), config.key(), client),
                    ticker,
                    RandomGenerator.getDefault(),
                    new ReplayProgress(out, terminal, ticker));
            return replay.run(file, Files.size(config.file()));
        } catch (IOException e) {
            throw new UnreadableFile(config.file() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Replays a file. Where it cannot be read on, what was read is sent and the result is printed as ever.
     *
     * @param size in bytes, for the progress alone
     * @throws IOException behind the result, when the file could not be read to its end
     */
    ReplayResult run(InputStream file, long size) throws IOException, UnreadableFile {
        long started = ticker.nanos();
        Optional<IOException> fault = Optional.empty();
        try (CsvReadings readings = CsvReadings.open(file)) {
            var pacer = new Pacer(config.rate(), ticker);
            List<CsvLine.Row> batch = new ArrayList<>();
            try {
                deliverBatches(readings, batch, pacer, size);
            } catch (IOException e) {
                fault = Optional.of(e);
            }
            deliver(batch, pacer);
        }
        var result = new ReplayResult(accepted, rejected, failed, Duration.ofNanos(ticker.nanos() - started));
        progress.finish(result);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (fault.isPresent()) {
            throw fault.get();
        }
        return result;
    }

    /** Delivers every full batch; the rows of the last one stay in {@code batch}. */
    private void deliverBatches(CsvReadings readings, List<CsvLine.Row> batch, Pacer pacer, long size)
            throws IOException {
        for (Optional<CsvLine> line = readings.next(); line.isPresent(); line = readings.next()) {
            switch (line.get()) {
                case CsvLine.Bad bad -> reject(bad.number(), bad.reason());
                case CsvLine.Row row -> batch.add(row);
            }
            if (batch.size() == pacer.batchSize()) {
                deliver(batch, pacer);
                batch.clear();
                progress.update((double) readings.bytesRead() / size, accepted, rejected);
            }
        }
    }

    /** Sends a batch until each of its readings has its verdict; those without one in the end have failed. */
    private void deliver(List<CsvLine.Row> batch, Pacer pacer) {
        List<CsvLine.Row> pending = List.copyOf(batch);
        try {
            if (!gaveUp && !pending.isEmpty()) {
                pacer.await(pending.size());
            }
            var backOff = new BackOff(config.retryFor(), ticker, random);
            while (!gaveUp && !pending.isEmpty()) {
                switch (ask(pending)) {
                    case Answer.Settled settled -> {
                        settle(pending, settled.rejected(), List.of());
                        pending = List.of();
                    }
                    case Answer.Partly partly -> {
                        List<CsvLine.Row> rest =
                                partly.retry().stream().map(pending::get).toList();
                        if (settle(pending, partly.rejected(), partly.retry()) > 0) {
                            backOff.progress();
                        }
                        pending = rest;
                        pause(backOff, partly.after(), "readings could not be made durable in time");
                    }
                    case Answer.Later later -> pause(backOff, later.after(), later.reason());
                    case Answer.Refused refused -> giveUp("The gateway refuses: " + refused.reason());
                }
            }
        } catch (InterruptedException e) {
            interrupted = true;
            giveUp("Interrupted");
        }
        failed += pending.size();
    }

    private Answer ask(List<CsvLine.Row> rows) throws InterruptedException {
        var array = new JsonArray();
        for (CsvLine.Row row : rows) {
            array.add(new JsonObject()
                    .put("sensorId", config.sensor())
                    .put(config.metric(), row.value())
                    .put("timestamp", row.timestamp().toString()));
        }
        try {
            return gateway.post(array.encode(), rows.size());
        } catch (IOException e) {
            // the client gives a refused connection no message
            String reason = e instanceof ConnectException ? "connection refused" : String.valueOf(e.getMessage());
            return new Answer.Later("no answer from " + config.gateway() + " (" + reason + ")", Duration.ZERO);
        }
    }

    /** Counts the readings that have their verdict; the result is how many are accepted. */
    private int settle(List<CsvLine.Row> rows, List<Answer.Rejection> rejections, List<Integer> retry) {
        var open = new BitSet(rows.size());
        retry.forEach(open::set);
        for (Answer.Rejection rejection : rejections) {
            open.set(rejection.index());
            reject(rows.get(rejection.index()).number(), rejection.reason());
        }
        int count = rows.size() - open.cardinality();
        accepted += count;
        if (count > 0) {
            if (refusals >= REFUSALS_WORTH_TELLING) {
                progress.message("The gateway takes readings again");
            }
            refusals = 0;
        }
        return count;
    }

    private void pause(BackOff backOff, Duration atLeast, String reason) throws InterruptedException {
        refusals++;
        if (refusals == REFUSALS_WORTH_TELLING) {
            progress.message("Trying again for up to " + config.retryFor().toSeconds() + " s: " + reason);
        }
        if (!backOff.pause(atLeast)) {
            giveUp("Gave up after " + config.retryFor().toSeconds() + " s: " + reason);
        }
    }

    private void reject(long lineNumber, String reason) {
        rejected++;
        progress.rejected(lineNumber, reason);
    }

    private void giveUp(String reason) {
        gaveUp = true;
        progress.message(reason);
    }
}
