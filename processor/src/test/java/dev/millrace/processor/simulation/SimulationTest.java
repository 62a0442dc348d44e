package dev.millrace.processor.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.simulation.SimulatedWorld.History;
import dev.millrace.processor.simulation.SimulatedWorld.Without;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * G3, G5 and the rules of ownership over histories full of faults; and that the histories are such that they show it when one
 * of the rules is gone (docs/decisions/0080-simulation.md).
 */
class SimulationTest {

    /** Runs one history alone, and prints it. */
    private static final Optional<Long> SEED = Optional.ofNullable(Long.getLong("simulation.seed"));

    private static final Without WITHOUT =
            Without.valueOf(System.getProperty("simulation.without", Without.NOTHING.name()));

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1_000);

    private record Fault(long seed, Throwable what, String lastLines) {}

    /** What histories have shown. */
    private static final class Findings {

        private final List<History> histories = new ArrayList<>();
        private final List<Fault> faults = new ArrayList<>();

        private synchronized void add(History history) {
            histories.add(history);
        }

        private synchronized void add(Fault fault) {
            faults.add(fault);
        }

        private Optional<Fault> first() {
            return faults.stream().min(Comparator.comparingLong(Fault::seed));
        }
    }

    /** Runs the histories of seeds from 1 on, up to the first that shows a fault. */
    private static Findings search(Without without, int seeds) throws Exception {
        Findings findings = new Findings();
        AtomicLong next = new AtomicLong(1);
        AtomicBoolean over = new AtomicBoolean();
        int threads = Runtime.getRuntime().availableProcessors();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(executor.submit(() -> {
                    for (long seed = next.getAndIncrement();
                            seed <= seeds && !over.get();
                            seed = next.getAndIncrement()) {
                        SimulatedWorld world = new SimulatedWorld(seed, without, false);
                        try {
                            findings.add(world.run());
                        } catch (Throwable e) {
                            findings.add(new Fault(seed, e, world.lastLines()));
                            over.set(true);
                        }
                    }
                }));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        }
        return findings;
    }

    @Test
    void noHistoryHasAGapADoubleAStaleOwnerOrAShardThatNobodyReads() throws Exception {
        if (SEED.isPresent()) {
            System.out.println(new SimulatedWorld(SEED.get(), WITHOUT, true).run());
            return;
        }
        Findings findings = search(WITHOUT, SEEDS);
        findings.first().ifPresent(fault -> {
            throw new AssertionError(
                    """
                    %s

                    Seed %d: %s
                    The whole history: mvn test -pl core,processor -Dtest=SimulationTest \
                    -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.seed=%d
                    """.formatted(fault.lastLines, fault.seed, fault.what.getMessage(), fault.seed), fault.what);
        });
        assertEquals(SEEDS, findings.histories.size());
        System.out.printf(
                "%d histories: %d commits, %d take-overs, %d fenced commits, %d user records fed again%n",
                SEEDS,
                findings.histories.stream().mapToLong(History::commits).sum(),
                findings.histories.stream().mapToLong(History::takes).sum(),
                findings.histories.stream().mapToLong(History::fenced).sum(),
                findings.histories.stream().mapToLong(History::refed).sum());
        // or else they prove nothing
        assertTrue(findings.histories.stream().anyMatch(history -> history.fenced() > 0));
        assertTrue(findings.histories.stream().anyMatch(history -> history.refed() > 0));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
    void findsTheFaultThatARuleIsThereFor(Without without) throws Exception {
        Fault fault = search(without, 1_000).first().orElseThrow();

        System.out.println("without the " + without + " seed " + fault.seed + " shows: " + fault.what.getMessage());
        assertTrue(without.isShownBy(fault.what.getMessage()), fault.what.getMessage());
    }

    @Test
    void aSeedIsAHistory() {
        for (long seed = 1; seed <= 3; seed++) {
            History once = new SimulatedWorld(seed, Without.NOTHING, false).run();
            History again = new SimulatedWorld(seed, Without.NOTHING, false).run();

            assertEquals(once, again);
        }
    }
}
