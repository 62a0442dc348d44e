package dev.millrace.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * The line that every benchmark prints.
 *
 * @param ours bigger is better
 * @param limit what ours is held against, of the same unit
 * @param goal the least ratio of the two
 * @param flaws why the figures show nothing; empty where they do
 */
public record Line(String name, double ours, double limit, String unit, double goal, List<String> flaws) {

    /** {@code NAME ratio R (ours X unit, limit Y unit, goal G)}, and where there are flaws {@code VOID: …}. */
    public void print(PrintStream out) {
        out.println(text());
    }

    String text() {
        return String.format(
                        Locale.ROOT,
                        "%s ratio %.2f (ours %.0f %s, limit %.0f %s, goal %.2f)",
                        name,
                        ours / limit,
                        ours,
                        unit,
                        limit,
                        unit,
                        goal)
                + voided(flaws);
    }

    /**
     * The line of a benchmark whose limit could not be measured.
     *
     * @param reason why not
     */
    public static String withoutLimit(
            String name, double ours, String unit, double goal, String reason, List<String> flaws) {
        return String.format(
                        Locale.ROOT,
                        "%s ratio unknown (ours %.0f %s, limit unknown, goal %.2f): %s",
                        name,
                        ours,
                        unit,
                        goal,
                        reason)
                + voided(flaws);
    }

    /** What ends a line of figures that have these flaws; nothing where there is none. */
    public static String voided(List<String> flaws) {
        return flaws.isEmpty() ? "" : " VOID: " + String.join("; ", flaws);
    }
}
