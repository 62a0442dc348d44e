package dev.millrace.bench.load;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What became of readings behind the gateway, in its rounds alone. */
final class PublishCalls {

    private static final String METRIC = "millrace_gateway_put_records_count";

    private final GatewayUnderLoad gateway;
    private double calls;
    private Duration emulator = Duration.ZERO;

    PublishCalls(GatewayUnderLoad gateway) {
        this.gateway = gateway;
    }

    /** A round begins. */
    void begin() throws IOException, InterruptedException {
        calls -= gateway.metric(METRIC);
        emulator = emulator.minus(gateway.servicesCpu());
    }

    /** It has ended. */
    void end() throws IOException, InterruptedException {
        emulator = emulator.plus(gateway.servicesCpu());
        calls += gateway.metric(METRIC);
    }

    /**
     * A line that tells more.
     *
     * @param ours all rounds together
     */
    void print(PrintStream out, LoadResult ours) {
        double perSecond = calls / Rounds.SECONDS;
        out.printf(
                Locale.ROOT,
                "  ours: %.0f PutRecords/s, %.1f readings each; the emulator and its neighbours used %.2f of a processor%n",
                perSecond,
                ours.rate() / perSecond,
                emulator.toMillis() / 1e3 / Rounds.SECONDS);
    }
}
