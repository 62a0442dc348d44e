package dev.millrace.local.services;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The embedded servers, started at the same time and stopped one after the other, the last first. */
public final class LocalServices implements AutoCloseable {

    private final List<LocalService> services;

    private LocalServices(List<LocalService> services) {
        this.services = List.copyOf(services);
    }

    /**
     * Starts all of them at once and waits until each answers.
     *
     * @throws StartFailure with every failure, if one does not start; the others are stopped again then
     */
    public static LocalServices start(List<LocalService.Starter> starters) throws StartFailure {
        List<Future<LocalService>> starts = new ArrayList<>();
        // close() of the executor waits: no start goes on in the background, whatever happens
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            starters.forEach(starter -> starts.add(executor.submit(starter::start)));
        }
        List<LocalService> started = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Future<LocalService> start : starts) {
            switch (start.state()) {
                case SUCCESS -> started.add(start.resultNow());
                case FAILED, CANCELLED, RUNNING -> failures.add(failure(start));
            }
        }
        var services = new LocalServices(started);
        if (!failures.isEmpty()) {
            services.close();
            throw new StartFailure(
                    String.join(
                            "\n", failures.stream().map(LocalServices::message).toList()),
                    failures.getFirst());
        }
        return services;
    }

    public List<LocalService> services() {
        return services;
    }

    /** The environment variables with which both programs find them, by name. */
    public SortedMap<String, String> settings() {
        SortedMap<String, String> settings = new TreeMap<>();
        services.forEach(service -> settings.putAll(service.settings()));
        return Collections.unmodifiableSortedMap(settings);
    }

    /** Those that only one of them is told. */
    public SortedMap<String, String> settings(LocalService.Program program) {
        SortedMap<String, String> settings = new TreeMap<>();
        services.forEach(service -> settings.putAll(service.settings(program)));
        return Collections.unmodifiableSortedMap(settings);
    }

    /** Stops them in the reverse of the order given at the start, and waits for each. */
    @Override
    public void close() {
        services.reversed().forEach(LocalService::close);
    }

    private static Throwable failure(Future<LocalService> start) {
        return start.state() == Future.State.FAILED
                ? start.exceptionNow()
                : new ExecutionException("the start was cancelled", null);
    }

    private static String message(Throwable failure) {
        return failure instanceof StartFailure ? String.valueOf(failure.getMessage()) : failure.toString();
    }
}
