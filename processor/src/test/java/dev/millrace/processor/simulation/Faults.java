package dev.millrace.processor.simulation;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** What goes wrong in a history, and what people do meanwhile. All of it is over when {@link #end} is called. */
final class Faults {

    private static final int MOST_PROCESSORS = 5;
    private static final int MOST_SHARDS = 12;

    private final SimulatedWorld world;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final long end;
    private final long meanMillis;

    /** @param end when all faults must be over, nanoseconds */
    Faults(SimulatedWorld world, RandomGenerator random, long end) {
        this.world = world;
        this.scheduler = world.scheduler();
        this.random = random;
        this.end = end;
        this.meanMillis = 800L + random.nextInt(4_000);
    }

    void begin() {
        scheduler.after(TimeUnit.MILLISECONDS.toNanos(1 + random.nextLong(2 * meanMillis)), this::next);
    }

    private void next() {
        if (scheduler.now() < end) {
            happen();
            begin();
        }
    }

    /** All is well again. */
    void end() {
        world.database().doubtful(0);
        if (world.living().isEmpty()) {
            world.begin(
                    world.vacant().isEmpty() ? "processor-last" : world.vacant().getFirst());
        }
    }

    /** A time up to so many seconds, over before the end. */
    private long upTo(double seconds) {
        return Math.min(end - scheduler.now(), 1 + random.nextLong((long) (seconds * 1e9)));
    }

    private double leases(double times) {
        return times * world.time().duration().toMillis() / 1_000;
    }

    private Optional<SimulatedProcessor> one() {
        List<SimulatedProcessor> living = world.living();
        return living.isEmpty() ? Optional.empty() : Optional.of(living.get(random.nextInt(living.size())));
    }

    private void happen() {
        switch (random.nextInt(19)) {
            case 0, 1 -> one().ifPresent(this::crash);
            case 2 -> one().ifPresent(victim -> freeze(victim.process(), upTo(leases(3))));
            case 3, 4, 5 -> freezeInTransaction();
            case 6 -> one().ifPresent(this::stop);
            case 7 -> join();
            case 8 -> cut(world.api());
            case 9 -> away(world.api(), leases(4));
            case 10 -> cut(world.database().server());
            case 11 -> {
                world.database().restart();
                away(world.database().server(), 6);
            }
            case 12 -> {
                long lost = random.nextBoolean() ? 0 : upTo(3);
                world.database().failOver(lost);
                away(world.database().server(), 4);
            }
            case 13 -> {
                note("the database is read only");
                world.database().readOnly(upTo(5));
            }
            case 14 -> doubtful();
            case 15 -> {
                note("the database is slow");
                world.database().server().slow(upTo(8));
            }
            case 16 -> kinesis();
            default -> reshard();
        }
    }

    private void note(String text) {
        scheduler.note(text);
    }

    private void crash(SimulatedProcessor victim) {
        victim.crash();
        comeBack();
    }

    private void stop(SimulatedProcessor leaving) {
        note(leaving.process().owner() + " is to stop");
        leaving.stop();
        comeBack();
    }

    /** After a while someone begins in the place of one who is gone. */
    private void comeBack() {
        scheduler.after(upTo(8), () -> {
            List<String> vacant = world.vacant();
            if (!vacant.isEmpty() && random.nextInt(5) > 0) {
                world.begin(vacant.get(random.nextInt(vacant.size())));
            } else {
                join();
            }
        });
    }

    private void join() {
        if (world.living().size() < MOST_PROCESSORS && world.names() < 3 * MOST_PROCESSORS) {
            world.begin("processor-" + world.names());
        }
    }

    private void freeze(SimulatedProcess victim, long nanos) {
        note("%s stands still for %.3f s".formatted(victim.owner(), nanos / 1e9));
        victim.freeze(nanos);
    }

    /** A process stands still while it holds a batch in a transaction, for longer than its lease. */
    private void freezeInTransaction() {
        world.database()
                .whenInTransaction(victim -> freeze(victim, Math.min(Math.max(0, end - scheduler.now()), (long)
                        (leases(0.3 + 3 * random.nextDouble()) * 1e9))));
    }

    private void cut(Server server) {
        one().ifPresent(victim -> {
            note(victim.process().owner() + " cannot reach the " + server);
            server.cut(victim.process(), upTo(leases(3)));
        });
    }

    private void away(Server server, double seconds) {
        note("the " + server + " is away");
        server.away(upTo(seconds));
    }

    private void doubtful() {
        note("commits have unknown outcomes");
        world.database().doubtful(20 + random.nextInt(60));
        scheduler.after(upTo(8), () -> world.database().doubtful(0));
    }

    private void kinesis() {
        switch (random.nextInt(4)) {
            case 0 -> away(world.kinesis(), 6);
            case 1 -> cut(world.kinesis());
            case 2 -> world.kinesis().slow(upTo(8));
            default -> world.stream().failing(upTo(8));
        }
    }

    private void reshard() {
        List<SimulatedStream.Shard> open = world.stream().open();
        SimulatedStream.Shard shard = open.get(random.nextInt(open.size()));
        if (random.nextBoolean() && world.stream().shards().size() < MOST_SHARDS) {
            note(shard.info.shardId() + " is split");
            world.stream().split(shard);
        } else {
            note(shard.info.shardId() + " is merged with its neighbour, if it has one");
            world.stream().merge(shard);
        }
    }
}
