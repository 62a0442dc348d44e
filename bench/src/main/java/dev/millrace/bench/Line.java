package dev.millrace.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * The line that every benchmark prints.
 *
 * @param ratio of ours and limit; bigger is better
 * @param limit what ours is held against, of the same unit
 * @param goal the least ratio
 * @param flaws why the figures show nothing; empty where they do
 */
public record Line(String name, double ratio, double ours, double limit, String unit, double goal, List<String> flaws) {

    /** Of figures of which a bigger one is better. */
    public Line(String name, double ours, double limit, String unit, double goal, List<String> flaws) {
        this(name, ours / limit, ours, limit, unit, goal, flaws);
    }

    /** Of figures of which a smaller one is better, such as what something costs: the ratio is limit/ours. */
    public static Line ceiling(String name, double ours, double limit, String unit, double goal, List<String> flaws) {
        return new Line(name, limit / ours, ours, limit, unit, goal, flaws);
    }

    /** {@code NAME ratio R (ours X unit, limit Y unit, goal G)}, and where there are flaws {@code VOID: …}. */
    public void print(PrintStream out) {
        out.println(text());
    }

    String text() {
        return String.format(
                        Locale.ROOT,
                        "%s ratio %.2f (ours %.0f %s, limit %.0f %s, goal %s)",
                        name,
                        ratio,
                        ours,
                        unit,
                        limit,
                        unit,
                        goal(goal))
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
                        "%s ratio unknown (ours %.0f %s, limit unknown, goal %s): %s",
                        name,
                        ours,
                        unit,
                        goal(goal),
                        reason)
                + voided(flaws);
    }

    /** Two digits that count: what a small goal is must not be rounded away. */
    private static String goal(double goal) {
        return String.format(Locale.ROOT, goal < 0.1 ? "%.2g" : "%.2f", goal);
    }

    /** {@code , goal G: met}: how a figure of which a bigger one is better stands to a goal of its own unit. */
    static String against(double goal, double ours) {
        return String.format(Locale.ROOT, ", goal %.0f: %s", goal, ours >= goal ? "met" : "missed");
    }

    /** What ends a line of figures that have these flaws; nothing where there is none. */
    public static String voided(List<String> flaws) {
        return flaws.isEmpty() ? "" : " VOID: " + String.join("; ", flaws);
    }
}
