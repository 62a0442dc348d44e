package dev.millrace.bench;

import java.io.PrintStream;
import java.util.Locale;

/** The line that every benchmark prints. */
public final class Line {

    private Line() {}

    /** {@code NAME ratio R (ours X unit, limit Y unit, goal G)}; bigger is better, and the ratio is ours by the limit. */
    public static void print(PrintStream out, String name, double ours, double limit, String unit, double goal) {
        out.printf(
                Locale.ROOT,
                "%s ratio %.2f (ours %.0f %s, limit %.0f %s, goal %.2f)%n",
                name,
                ours / limit,
                ours,
                unit,
                limit,
                unit,
                goal);
    }
}
