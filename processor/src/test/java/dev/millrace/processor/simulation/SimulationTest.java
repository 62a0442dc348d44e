package dev.millrace.processor.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.simulation.SimulatedWorld.History;
import dev.millrace.processor.simulation.SimulatedWorld.Without;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** G3, G5 and the rules of ownership over histories full of faults. */
class SimulationTest {

    /** Runs one history alone, and prints it. */
    private static final Optional<Long> SEED = Optional.ofNullable(Long.getLong("simulation.seed"));

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1_000);

    private static final Without WITHOUT =
            Without.valueOf(System.getProperty("simulation.without", Without.NOTHING.name()));

    private record Fault(long seed, String message, String end) {}

    private static Optional<Fault> faultOf(long seed, Without without, List<History> histories) {
        SimulatedWorld world = new SimulatedWorld(seed, without, false);
        try {
            History history = world.run();
            synchronized (histories) {
                histories.add(history);
            }
            return Optional.empty();
        } catch (Throwable e) {
            return Optional.of(new Fault(seed, String.valueOf(e.getMessage()), world.lastLines()));
        }
    }

    /** The fault of the first seed that one was found with. */
    private static Optional<Fault> search(Without without, int seeds, List<History> histories) throws Exception {
        AtomicLong next = new AtomicLong(1);
        List<Fault> faults = new ArrayList<>();
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors());
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(executor.submit(() -> {
                    for (long seed = next.getAndIncrement(); seed <= seeds; seed = next.getAndIncrement()) {
                        Optional<Fault> fault = faultOf(seed, without, histories);
                        synchronized (faults) {
                            fault.ifPresent(faults::add);
                            if (!faults.isEmpty()) {
                                return;
                            }
                        }
                    }
                }));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        }
        return faults.stream().findFirst();
    }

    @Test
    void noHistoryHasAGapADoubleAStaleOwnerOrAShardThatIsLost() throws Exception {
        if (SEED.isPresent()) {
            System.out.println(new SimulatedWorld(SEED.get(), WITHOUT, true).run());
            return;
        }
        List<History> histories = new ArrayList<>();
        Optional<Fault> fault = search(WITHOUT, SEEDS, histories);
        fault.ifPresent(found -> {
            throw new AssertionError(found.end + "\n\nseed " + found.seed + ": " + found.message
                    + "\nRun it alone with: mvn test -pl core,processor -Dtest=SimulationTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.seed=" + found.seed);
        });
        System.out.printf(
                "%d histories: %d commits, %d hand-overs, %d fenced%n",
                histories.size(),
                histories.stream().mapToLong(History::commits).sum(),
                histories.stream().mapToLong(History::takes).sum(),
                histories.stream().mapToLong(History::fenced).sum());
        assertTrue(histories.stream().anyMatch(history -> history.fenced() > 0));
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
