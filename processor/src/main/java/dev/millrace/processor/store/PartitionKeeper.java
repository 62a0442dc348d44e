package dev.millrace.processor.store;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.util.OptionalInt;

/** Makes the partitions of the coming days, and drops those that are older than they are to be kept. */
public final class PartitionKeeper implements Tasks.Program {

    /** Often, since a machine that was asleep may wake up in a day that has none. */
    private static final long INTERVAL_MILLIS = 60_000;

    private static final long RETRY_MILLIS = 5_000;
    private static final String PART = "partitions";

    private final PartitionStore store;
    private final OptionalInt days;
    private final Availability availability;

    /** @param days for which days are kept; empty: for ever */
    public PartitionKeeper(PartitionStore store, OptionalInt days, Availability availability) {
        this.store = store;
        this.days = days;
        this.availability = availability;
    }

    @Override
    public void run(Waits waits) {
        while (!waits.stopRequested()) {
            boolean made = worked("made", store.make());
            boolean dropped = days.isEmpty() || worked("dropped", store.drop(days.getAsInt()));
            waits.pause(made && dropped ? INTERVAL_MILLIS : RETRY_MILLIS);
        }
        store.close();
    }

    private boolean worked(String what, Loaded<Integer> answer) {
        return switch (answer) {
            case Loaded.Found<Integer> _ -> {
                availability.worked(PART + " " + what);
                yield true;
            }
            case Loaded.Unavailable<Integer>(String reason) -> {
                availability.failed(PART + " " + what, "partitions cannot be " + what + ": " + reason);
                yield false;
            }
        };
    }
}
