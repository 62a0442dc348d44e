package dev.millrace.processor.store;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the partitions of the coming days, and drops those that are older than they are to be kept. */
public final class PartitionKeeper implements Tasks.Program {

    /** Often, since a machine that was asleep may wake up in a day that has none. */
    private static final long INTERVAL_MILLIS = 60_000;

    private static final long RETRY_MILLIS = 5_000;
    private static final String PART = "partitions";

    private static final Logger LOG = LoggerFactory.getLogger(PartitionKeeper.class);

    private final PartitionStore store;
    private final OptionalInt days;
    private final Availability availability;
    private boolean dropFailed;

    /** @param days for which days are kept; empty: for ever */
    public PartitionKeeper(PartitionStore store, OptionalInt days, Availability availability) {
        this.store = store;
        this.days = days;
        this.availability = availability;
    }

    @Override
    public void run(Waits waits) {
        while (!waits.stopRequested()) {
            boolean made = make();
            days.ifPresent(this::drop);
            waits.pause(made ? INTERVAL_MILLIS : RETRY_MILLIS);
        }
        store.close();
    }

    private boolean make() {
        return switch (store.make()) {
            case Loaded.Found<Integer> _ -> {
                availability.worked(PART);
                yield true;
            }
            case Loaded.Unavailable<Integer>(String reason) -> {
                availability.failed(PART, "partitions cannot be made: " + reason);
                yield false;
            }
        };
    }

    /** Nothing depends on it: what cannot be dropped now, because somebody reads it say, is dropped later. */
    private void drop(int keep) {
        switch (store.drop(keep)) {
            case Loaded.Found<Integer> _ -> dropFailed = false;
            case Loaded.Unavailable<Integer>(String reason) -> {
                if (!dropFailed) {
                    LOG.warn("Days that are over cannot be dropped yet: {}", reason);
                }
                dropFailed = true;
            }
        }
    }
}
