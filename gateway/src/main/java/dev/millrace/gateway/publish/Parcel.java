package dev.millrace.gateway.publish;

import java.util.ArrayList;
import java.util.List;

/** The readings of one submission that go to one lane, in order. */
final class Parcel {

    private final Lane lane;
    private final List<Pending> readings = new ArrayList<>();
    private long bytes;

    Parcel(Lane lane) {
        this.lane = lane;
    }

    void add(Pending pending) {
        readings.add(pending);
        bytes += pending.bytes();
    }

    Lane lane() {
        return lane;
    }

    List<Pending> readings() {
        return readings;
    }

    /** Takes the room for it, if it is there. */
    boolean tryReserve(ByteBudget.Part part) {
        return lane.share().tryReserve(bytes, part);
    }

    /** Gives back the room that was taken for it. */
    void release() {
        lane.share().release(bytes);
    }
}
