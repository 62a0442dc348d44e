package dev.millrace.processor.ownership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeaseObserverTest {

    private static final LeaseTime TIME = new LeaseTime(Duration.ofSeconds(10));

    private final LeaseObserver observer = new LeaseObserver("me/1", TIME);

    private static Lease lease(String name, String holder, String version) {
        return new Lease(name, holder, false, version);
    }

    private Set<String> live(long second, Lease... leases) {
        return observer.observe(List.of(leases), false, TimeUnit.SECONDS.toNanos(second))
                .live();
    }

    @Test
    void whoRenewsLives() {
        for (int second = 0; second < 100; second++) {
            assertEquals(Set.of("me/1", "b/1"), live(second, lease("b", "b/1", "v" + second / 3)));
        }
    }

    @Test
    void whoDoesNotRenewIsGoneBeforeTheLeaseTimeIsOver() {
        live(0, lease("b", "b/1", "v"));
        for (int second = 1; second < 8; second++) {
            assertEquals(Set.of("me/1", "b/1"), live(second, lease("b", "b/1", "v")));
        }
        assertEquals(Set.of("me/1"), live(8, lease("b", "b/1", "v")));
        assertEquals(Set.of("me/1", "b/1"), live(9, lease("b", "b/1", "w")));
    }

    @Test
    void anOutageOfTheApiOrAPauseOfThisProcessLetsNobodyLookDead() {
        live(0, lease("b", "b/1", "v"));
        assertEquals(Set.of("me/1", "b/1"), live(1_000, lease("b", "b/1", "v")));
        assertEquals(Set.of("me/1", "b/1"), live(1_007, lease("b", "b/1", "v")));
    }

    @Test
    void aLeaseWithAnotherHolderOrNoLeaseMeansGoneAtOnce() {
        live(0, lease("b", "b/1", "v"), lease("c", "c/1", "v"));

        assertEquals(Set.of("me/1", "b/2"), live(1, lease("b", "b/2", "w")));
    }

    @Test
    void whoDrainsLivesButTakesNothing() {
        Membership membership = observer.observe(
                List.of(new Lease("b", "b/1", true, "v"), lease("c", "c/1", "v"), lease("me", "me/1", "v")), false, 0);

        assertEquals(Set.of("me/1", "b/1", "c/1"), membership.live());
        assertEquals(Set.of("me/1", "c/1"), membership.candidates());
    }

    @Test
    void thisProcessLivesWhateverIsSaidOfIt() {
        assertEquals(Set.of("me/1"), live(0));
        assertEquals(Set.of("me/1"), live(5, lease("me", "me/1", "v")));
        for (int second = 6; second < 60; second++) {
            assertEquals(Set.of("me/1"), live(second, lease("me", "me/1", "v")));
        }
    }

    @Test
    void oneThatDrainsItselfIsNoCandidate() {
        Membership membership = observer.observe(List.of(lease("b", "b/1", "v")), true, 0);

        assertEquals(Set.of("me/1", "b/1"), membership.live());
        assertEquals(Set.of("b/1"), membership.candidates());
    }
}
