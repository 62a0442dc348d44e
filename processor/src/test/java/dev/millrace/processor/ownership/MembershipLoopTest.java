package dev.millrace.processor.ownership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MembershipLoopTest {

    private static final LeaseTime TIME = new LeaseTime(Duration.ofSeconds(10));

    private final Api api = new Api();
    private final Health health = new Health("test");
    private int reads;
    private final MembershipLoop loop = new MembershipLoop(
            "me/1",
            api,
            TIME,
            new Availability(
                    "Kubernetes",
                    Availability.Kind.NEEDED_AT_START,
                    health.component("kubernetes"),
                    InstantSource.system()),
            () -> reads++);

    /** Leases in memory, and time that passes in pauses only. */
    private static final class Api implements Leases, Waits {

        final List<Lease> others = new ArrayList<>();
        final List<Long> renewals = new ArrayList<>();
        boolean away;
        boolean draining;
        boolean deleted;
        private long nanos;
        private long stopAt;
        private Runnable inPause = () -> {};

        @Override
        public Loaded<List<Lease>> list() {
            return away ? new Loaded.Unavailable<>("away") : new Loaded.Found<>(List.copyOf(others));
        }

        @Override
        public Loaded<Boolean> renew(boolean drain) {
            if (away) {
                return new Loaded.Unavailable<>("away");
            }
            renewals.add(TimeUnit.NANOSECONDS.toSeconds(nanos));
            draining = drain;
            return new Loaded.Found<>(true);
        }

        @Override
        public Loaded<Boolean> delete() {
            deleted = true;
            return new Loaded.Found<>(true);
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void pause(long millis) {
            nanos += TimeUnit.MILLISECONDS.toNanos(millis);
            inPause.run();
        }

        @Override
        public boolean stopRequested() {
            return nanos >= stopAt;
        }
    }

    private void run(int seconds) {
        api.stopAt = TimeUnit.SECONDS.toNanos(seconds);
        loop.run(api);
    }

    @Test
    void renewsThreeTimesInTheLeaseTimeAndDeletesAtTheEnd() {
        run(12);

        assertEquals(List.of(0L, 4L, 8L), api.renewals);
        assertTrue(api.deleted);
    }

    @Test
    void knowsTheOthersAfterTheFirstRead() {
        api.others.add(new Lease("b", "b/1", false, "v"));

        run(1);

        assertEquals(Set.of("me/1", "b/1"), loop.current().orElseThrow().live());
        assertTrue(loop.current().orElseThrow().judges());
        assertEquals(1, reads);
    }

    @Test
    void whatWasKnownStaysKnownWhileTheApiIsAway() {
        api.others.add(new Lease("b", "b/1", false, "v"));
        api.inPause = () -> api.away = true;

        run(100);

        assertEquals(Set.of("me/1", "b/1"), loop.current().orElseThrow().live());
        assertTrue(health.component("kubernetes").isUp());
    }

    @Test
    void whoNeverReachedTheApiWaitsForTheLeaseTimeAndThenWorksAlone() {
        api.away = true;
        List<Optional<Membership>> seen = new ArrayList<>();
        api.inPause = () -> seen.add(loop.current());

        run(13);

        assertTrue(seen.subList(0, 10).stream().allMatch(Optional::isEmpty));
        Membership alone = seen.getLast().orElseThrow();
        assertEquals(Set.of("me/1"), alone.candidates());
        assertFalse(alone.judges());
    }

    @Test
    void aDrainIsToldAtOnceAndTakesEffectBeforeItIsTold() {
        api.inPause = () -> {
            if (!api.draining && api.nanos > TimeUnit.SECONDS.toNanos(2)) {
                api.away = true;
                loop.drain();
                assertEquals(Set.of(), loop.current().orElseThrow().candidates());
                assertFalse(loop.isDrainTold());
                api.away = false;
            }
        };

        run(5);

        assertTrue(loop.isDrainTold());
        assertEquals(List.of(0L, 3L), api.renewals.subList(0, 2));
    }

    @Test
    void aMembershipThatHasNotChangedWakesNobodyUnlessItWasAskedFor() {
        api.inPause = () -> {
            if (api.nanos == TimeUnit.SECONDS.toNanos(5)) {
                loop.refresh();
            }
        };

        run(10);

        assertEquals(2, reads);
    }
}
