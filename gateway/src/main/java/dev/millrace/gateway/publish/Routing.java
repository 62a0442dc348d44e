package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which lane a reading goes to: immutable, so that every event loop may route without a lock. Of the lanes it gives away only
 * what is safe on any thread, their shares of the budget.
 *
 * @param lanes those of {@code map}'s shards, in its order
 */
record Routing(ShardMap map, List<Lane> lanes) {

    Routing {
        lanes = List.copyOf(lanes);
    }

    Lane laneOf(StreamLine line) {
        return lanes.get(map.indexOf(HashKey.ofPartitionKey(line.sensorId())));
    }

    /** A submission's readings by lane, those of one lane in their order. */
    List<Parcel> parcels(Submission submission, List<StreamLine> lines) {
        if (lines.size() == 1) {
            Parcel parcel = new Parcel(laneOf(lines.getFirst()));
            parcel.add(new Pending(submission, 0, lines.getFirst()));
            return List.of(parcel);
        }
        @Nullable Parcel[] byLane = new Parcel[lanes.size()];
        List<Parcel> parcels = new ArrayList<>();
        String sensorId = "";
        int lane = 0;
        for (int position = 0; position < lines.size(); position++) {
            StreamLine line = lines.get(position);
            // a body has often the readings of one sensor, and to compare is much cheaper than an MD5
            if (position == 0 || !line.sensorId().equals(sensorId)) {
                sensorId = line.sensorId();
                lane = map.indexOf(HashKey.ofPartitionKey(sensorId));
            }
            Parcel parcel = byLane[lane];
            if (parcel == null) {
                parcel = new Parcel(lanes.get(lane));
                byLane[lane] = parcel;
                parcels.add(parcel);
            }
            parcel.add(new Pending(submission, position, line));
        }
        return parcels;
    }
}
