package dev.millrace.processor.shard;

/**
 * How much the next read of a shard is to fetch. Kinesis answers up to 10 MiB at a time; so much for each shard would soon fill the
 * memory, and it is more than a batch has use for. So a read says how many records it wants, by what the records have been
 * like. For one thread.
 */
final class ReadSize {

    /** The most that Kinesis answers (GetRecords, "Considerations"). */
    static final long MAX_ANSWER_BYTES = 10 * 1024 * 1024;

    /** At four reads a second some times what a shard gives. */
    static final long WANTED_BYTES = 2 * 1024 * 1024;

    /** The highest Limit that Kinesis takes. */
    static final int MAX_RECORDS = 10_000;

    /** The mean of the latest answers, of which large ones are forgotten by halves; zero before the first. */
    private long bytesPerRecord;

    /** What arrives between two reads at the tip is no whole answer. */
    private boolean atTip;

    /** A limit of a read, and the room that what it fetches takes, bytes. */
    record Next(int records, long bytes) {}

    Next next() {
        if (bytesPerRecord == 0) {
            return new Next(MAX_RECORDS, atTip ? WANTED_BYTES : MAX_ANSWER_BYTES);
        }
        long records = Math.clamp(WANTED_BYTES / bytesPerRecord, 1, MAX_RECORDS);
        return new Next((int) records, Math.min(MAX_ANSWER_BYTES, records * bytesPerRecord));
    }

    /** Learns from an answer: what its records take, and how far it lies behind the tip of the shard. */
    void answered(int records, long bytes, long millisBehind) {
        atTip = millisBehind == 0;
        if (records > 0) {
            bytesPerRecord = Math.max(Math.max(1, bytes / records), bytesPerRecord / 2);
        }
    }
}
