package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.local.replay.Replay;
import dev.millrace.local.replay.ReplayConfig;
import dev.millrace.local.replay.UnreadableFile;
import java.io.Console;
import java.io.PrintStream;
import java.util.Optional;

/** {@code replay}: posts a CSV file. */
final class ReplayApp {

    private ReplayApp() {}

    static int run(Environment environment, PrintStream out, PrintStream err, StopSignal stop)
            throws InvalidConfiguration {
        LocalConfig.Simulation target = LocalConfig.read(environment).simulation();
        ReplayConfig config = ReplayConfig.read(environment, target.gateway(), target.key());
        stop.onRequest(Thread.currentThread()::interrupt);
        // In Java 25 there is no console again when there is no terminal (JDK-8351435).
        boolean terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        try {
            return Replay.run(config, out, terminal).exitCode();
        } catch (UnreadableFile e) {
            err.println(e.getMessage());
            return 1;
        }
    }
}
