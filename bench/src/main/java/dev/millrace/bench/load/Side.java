package dev.millrace.bench.load;

import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** One of two servers that are compared, with the load on it. */
final class Side implements AutoCloseable {

    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration WARM_UP_STEP = Duration.ofSeconds(3);

    /** The compilers' share of a server's processor time at which it counts as warm. */
    private static final double WARM = 0.05;

    private final String name;
    private final Child server;
    private final LoadGenerator generator;

    /**
     * Opens the connections.
     *
     * @param name what lines call it
     * @param server whose processor time counts
     */
    Side(String name, InetSocketAddress address, Child server, Protocol protocol, int connections) throws IOException {
        this.name = name;
        this.server = server;
        this.generator = new LoadGenerator(address, protocol, connections);
    }

    /** What lines call it. */
    String name() {
        return name;
    }

    /**
     * The processor time of the server's compilers so far. They work for a minute or two after a start, and what they do is
     * no part of a request.
     */
    Duration compilerCpu() {
        return server.compilerCpu();
    }

    /** Load, with the server's processor time but for its compilers'. */
    LoadResult run(Pace pace, Duration settling, Duration window) throws IOException {
        return generator.run(pace, settling, window, () -> server.cpu().minus(server.compilerCpu()));
    }

    /**
     * Much load, and then {@code pace} until the compilers have little left to do: they are the cost of a start, not of a
     * request.
     *
     * @param maxSteps warm or not, so many times {@link #WARM_UP_STEP}: both sides and all rounds have to be over within two
     *     minutes
     */
    void warmUp(Pace pace, int maxSteps) throws IOException {
        run(new Pace.Closed(), Duration.ZERO, WARM_UP);
        double share = 1;
        for (int step = 0; step < maxSteps && share > WARM; step++) {
            Duration before = compilerCpu();
            LoadResult result = run(pace, Duration.ZERO, WARM_UP_STEP);
            double compilers = compilerCpu().minus(before).toMillis();
            share = compilers / (compilers + result.serverCpu().toMillis());
        }
    }

    @Override
    public void close() throws IOException {
        generator.close();
    }
}
