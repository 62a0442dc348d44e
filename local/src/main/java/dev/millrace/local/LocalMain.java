package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.connect.AwsReferences;
import dev.millrace.local.services.StartFailure;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code java -jar local.jar COMMAND}: the local platform, or one of its tools. */
public final class LocalMain {

    private static final Logger log = LoggerFactory.getLogger(LocalMain.class);

    /** The exit code of a wrong command line, {@code EX_USAGE} of BSD's sysexits.h. */
    static final int USAGE = 64;

    private static final int FAILURE = 1;

    private LocalMain() {}

    public static void main(String[] arguments) {
        var stop = new StopSignal();
        stop.listenToShutdown();
        int code = FAILURE;
        try {
            code = run(arguments, System.getenv(), System.out, System.err, stop);
        } catch (RuntimeException e) {
            log.error("This is a bug", e);
        }
        stop.finish();
        System.exit(code);
    }

    /** Runs a command to its end; the result is the process's exit code. */
    static int run(
            String[] arguments, Map<String, String> variables, PrintStream out, PrintStream err, StopSignal stop) {
        if (arguments.length == 1 && (arguments[0].equals("help") || arguments[0].equals("--help"))) {
            out.println(LocalCommand.usage());
            return 0;
        }
        Optional<LocalCommand> command = arguments.length == 1 ? LocalCommand.of(arguments[0]) : Optional.empty();
        if (command.isEmpty()) {
            err.println(LocalCommand.usage());
            return USAGE;
        }
        try {
            return command.get().run(new Environment(variables, AwsReferences::create), out, err, stop);
        } catch (InvalidConfiguration e) {
            err.println(e.getMessage());
            return InvalidConfiguration.EXIT_CODE;
        } catch (StartFailure e) {
            err.println(e.getMessage());
            return FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILURE;
        }
    }
}
