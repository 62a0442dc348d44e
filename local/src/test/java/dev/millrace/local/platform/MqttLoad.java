package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** A device of each library, each with one sensor, that publish numbered readings, a few of them on their way at a time. */
final class MqttLoad implements AutoCloseable {

    /** Of each device. */
    private static final int ON_THEIR_WAY = 12;

    private static final Duration PAUSE = Duration.ofMillis(3);

    private final String prefix;
    private final int[] qos;
    private final List<Device> devices = new ArrayList<>();
    private volatile boolean stopping;

    private final class Device {
        private final String sensor;
        private final MqttDevice client;
        private final CompletableFuture<Void> running;
        private final Semaphore room = new Semaphore(ON_THEIR_WAY);
        private final AtomicInteger delivered = new AtomicInteger();
        private final List<CompletableFuture<?>> publishes = new ArrayList<>();

        Device(MqttLibrary library, int port) throws Exception {
            sensor = prefix + library.word();
            client = library.connect(port, sensor);
            running = CompletableFuture.runAsync(this::run, Thread.ofVirtual().name(sensor)::start);
        }

        private void run() {
            try {
                for (int n = 0; !stopping; n++) {
                    room.acquire();
                    String reading = "{\"timestamp\":" + (Load.START / 1_000 + n) + ",\"n\":" + n + "}";
                    CompletableFuture<?> publish = client.publish(
                            "sensors/" + sensor, reading.getBytes(StandardCharsets.UTF_8), qos[n % qos.length]);
                    publishes.add(publish.thenRun(() -> {
                        delivered.incrementAndGet();
                        room.release();
                    }));
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            } catch (Exception e) {
                throw new IllegalStateException(sensor, e);
            }
        }
    }

    /** Starts the devices; their sensors' ids begin with {@code prefix}, their publishes have these QoS in turn. */
    static MqttLoad start(int port, String prefix, Set<MqttLibrary> libraries, int... qos) throws Exception {
        MqttLoad load = new MqttLoad(prefix, qos);
        for (MqttLibrary library : libraries) {
            load.devices.add(load.new Device(library, port));
        }
        return load;
    }

    private MqttLoad(String prefix, int... qos) {
        this.prefix = prefix;
        this.qos = qos;
    }

    /** How many of each device's publishes at least have been delivered. */
    int delivered() {
        devices.forEach(device -> assertTrue(
                !device.running.isCompletedExceptionally(), () -> device.sensor + " " + device.running.exceptionNow()));
        return devices.stream().mapToInt(device -> device.delivered.get()).min().orElseThrow();
    }

    @Override
    public String toString() {
        return devices.stream()
                .map(device -> device.sensor + " " + device.delivered)
                .toList()
                .toString();
    }

    /** Publishes no more, and waits until everything is delivered. */
    void finish() throws Exception {
        stopping = true;
        for (Device device : devices) {
            Await.until(device.sensor + " has sent all of " + this, device.running::isDone);
            device.running.get(1, TimeUnit.SECONDS);
            CompletableFuture<Void> all =
                    CompletableFuture.allOf(device.publishes.toArray(CompletableFuture<?>[]::new));
            Await.until(
                    device.sensor + " has an answer to all",
                    () -> all.isDone() || device.delivered.get() == device.publishes.size());
            all.get(1, TimeUnit.SECONDS);
        }
    }

    /** Each reading has its row, once, and the stream has them in the order of publishing. */
    void assertStored(Services services) throws Exception {
        Set<String> expected = new TreeSet<>();
        for (Device device : devices) {
            IntStream.range(0, device.publishes.size())
                    .forEach(n -> expected.add(device.sensor + "|n|" + (Load.START + n * 1_000L) + "|" + n + ".0"));
        }
        Await.until("everything has its row", () -> rows(services).containsAll(expected));
        assertEquals(new ArrayList<>(expected), rows(services).stream().sorted().toList());
        StreamOrder order = StreamOrder.read(services.kinesis, Services.STREAM, prefix);
        for (Device device : devices) {
            assertEquals(
                    IntStream.range(0, device.publishes.size()).boxed().toList(),
                    List.copyOf(order.of(device.sensor)),
                    device.sensor);
        }
    }

    private List<String> rows(Services services) throws Exception {
        return Stored.rows(services).stream()
                .filter(row -> row.startsWith(prefix))
                .toList();
    }

    @Override
    public void close() {
        stopping = true;
        for (Device device : devices) {
            device.room.release(1_000);
            device.client.close();
        }
    }
}
