package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class LocalServicesTest {

    private final List<String> closed = new CopyOnWriteArrayList<>();

    @Test
    void startsAllAtTheSameTime() throws Exception {
        // Given two services that each start only together with the other
        var barrier = new CyclicBarrier(2);

        // When, Then
        try (var services = LocalServices.start(List.of(meeting(barrier, "one"), meeting(barrier, "two")))) {
            assertEquals(
                    List.of("one", "two"),
                    services.services().stream().map(LocalService::name).toList());
            assertEquals(Map.of("ONE_URL", "one", "TWO_URL", "two"), services.settings());
        }
    }

    @Test
    void stopsInTheReverseOrder() throws Exception {
        LocalServices.start(List.of(() -> service("one"), () -> service("two"), () -> service("three")))
                .close();

        assertEquals(List.of("three", "two", "one"), closed);
    }

    @Test
    void stopsTheOthersWhenSomeDoNotStartAndTellsWhyForEach() {
        var failure = assertThrows(
                StartFailure.class,
                () -> LocalServices.start(List.of(
                        () -> service("one"),
                        () -> {
                            throw new StartFailure("two has no room");
                        },
                        () -> {
                            throw new StartFailure("three has no binary");
                        })));

        assertEquals("two has no room\nthree has no binary", failure.getMessage());
        assertEquals(List.of("one"), closed);
    }

    private LocalService.Starter meeting(CyclicBarrier barrier, String name) {
        return () -> {
            try {
                barrier.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new StartFailure("alone", e);
            }
            return service(name);
        };
    }

    private LocalService service(String name) {
        return new LocalService() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Map<String, String> settings() {
                return Map.of(name.toUpperCase(Locale.ROOT) + "_URL", name);
            }

            @Override
            public String howToReach() {
                return "telnet " + name;
            }

            @Override
            public void close() {
                closed.add(name);
            }
        };
    }
}
