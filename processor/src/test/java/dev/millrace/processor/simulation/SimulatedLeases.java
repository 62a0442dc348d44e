package dev.millrace.processor.simulation;

import dev.millrace.processor.ownership.Lease;
import dev.millrace.processor.ownership.Leases;
import dev.millrace.processor.store.Loaded;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The Kubernetes API server, as far as it holds leases. */
final class SimulatedLeases {

    private final Server server;
    private final Map<String, Held> held = new TreeMap<>();
    private long versions;

    /** @param renewedAt by the wall clock of who has renewed it: what the processes must not go by */
    record Held(Lease lease, Instant renewedAt) {}

    SimulatedLeases(Server server) {
        this.server = server;
    }

    /** The leases as a process sees them, with one of its own. */
    Leases of(SimulatedProcess process, String name) {
        return new OfProcess(process, name);
    }

    /** The same, but whoever has not renewed for the lease time, wall clock against wall clock, does not count. */
    Leases byWallClock(SimulatedProcess process, String name, Duration leaseTime) {
        OfProcess leases = new OfProcess(process, name);
        return new Leases() {
            @Override
            public Loaded<List<Lease>> list() {
                return OfProcess.loaded(process.ask(server, (Consumer<List<Held>> answer) -> answer.accept(all())))
                                instanceof Loaded.Found<List<Held>>(List<Held> found)
                        ? new Loaded.Found<>(living(found))
                        : new Loaded.Unavailable<>("the API server is away");
            }

            private List<Lease> living(List<Held> found) {
                Instant oldest = process.wall().instant().minus(leaseTime);
                return found.stream()
                        .filter(one -> !one.renewedAt.isBefore(oldest))
                        .map(Held::lease)
                        .toList();
            }

            @Override
            public Loaded<Boolean> renew(boolean draining) {
                return leases.renew(draining);
            }

            @Override
            public Loaded<Boolean> delete() {
                return leases.delete();
            }
        };
    }

    /** All leases, for those who check. */
    List<Held> all() {
        return List.copyOf(held.values());
    }

    private final class OfProcess implements Leases {

        private final SimulatedProcess process;
        private final String name;

        OfProcess(SimulatedProcess process, String name) {
            this.process = process;
            this.name = name;
        }

        @Override
        public Loaded<List<Lease>> list() {
            return loaded(process.ask(
                    server,
                    (Consumer<List<Lease>> answer) -> answer.accept(
                            held.values().stream().map(Held::lease).toList())));
        }

        @Override
        public Loaded<Boolean> renew(boolean draining) {
            Instant now = process.wall().instant();
            return loaded(process.ask(server, (Consumer<Boolean> answer) -> {
                versions++;
                held.put(name, new Held(new Lease(name, process.owner(), draining, Long.toString(versions)), now));
                answer.accept(true);
            }));
        }

        @Override
        public Loaded<Boolean> delete() {
            return loaded(process.ask(server, (Consumer<Boolean> answer) -> {
                Held own = held.get(name);
                boolean mine = own != null && Objects.equals(own.lease.holder(), process.owner());
                if (mine) {
                    held.remove(name);
                }
                answer.accept(mine);
            }));
        }

        private static <T> Loaded<T> loaded(Optional<T> answer) {
            return answer.<Loaded<T>>map(Loaded.Found::new)
                    .orElseGet(() -> new Loaded.Unavailable<>("the API server is away"));
        }
    }
}
