package dev.millrace.local.replay;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Shows how far a replay is: a bar on a terminal, a line now and then elsewhere. */
final class ReplayProgress {

    private static final Duration BAR_INTERVAL = Duration.ofMillis(200);
    private static final Duration LINE_INTERVAL = Duration.ofSeconds(10);
    private static final int BAR_WIDTH = 30;
    private static final int MAX_REASONS = 10;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final Ticker ticker;
    private final long started;
    private long shown;
    private long reasons;

    ReplayProgress(PrintStream out, boolean terminal, Ticker ticker) {
        this.out = out;
        this.terminal = terminal;
        this.ticker = ticker;
        this.started = ticker.nanos();
        this.shown = started;
    }

    /**
     * Shows the state, if it is time to.
     *
     * @param fraction how much of the file is done, 0 to 1
     */
    void update(double fraction, long accepted, long rejected) {
        long now = ticker.nanos();
        if (now - shown < (terminal ? BAR_INTERVAL : LINE_INTERVAL).toNanos()) {
            return;
        }
        shown = now;
        int percent = (int) (fraction * 100);
        long rate = Math.round(accepted / ((now - started) / 1e9));
        String text = String.format(
                Locale.ROOT, "%3d %%  accepted %d, rejected %d (%d readings/s)", percent, accepted, rejected, rate);
        if (terminal) {
            int filled = (int) (fraction * BAR_WIDTH);
            out.print(ERASE_LINE + '[' + "#".repeat(filled) + " ".repeat(BAR_WIDTH - filled) + "] " + text);
            out.flush();
        } else {
            out.println(text);
        }
    }

    /** Tells why a line was rejected; after the first few only the count goes on. */
    void rejected(long lineNumber, String reason) {
        reasons++;
        if (reasons <= MAX_REASONS) {
            message("line " + lineNumber + ": " + reason);
        }
    }

    /** Prints a line of its own. */
    void message(String text) {
        if (terminal) {
            out.print(ERASE_LINE);
        }
        out.println(text);
    }

    /** Prints the last line, and before it how many reasons were not told. */
    void finish(ReplayResult result) {
        if (reasons > MAX_REASONS) {
            message("… and " + (reasons - MAX_REASONS) + " more lines rejected");
        }
        message(result.line());
        out.flush();
    }
}
