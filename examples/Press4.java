/**
 * Writes press-4.csv: {@code java examples/Press4.java > examples/press-4.csv}. Its output is the same everywhere.
 *
 * <p>The oil of a hydraulic press, every five minutes for two weeks: 48 °C in an unheated hall, warmer by day than by night, 14 °C
 * more while the press works (weekdays 6 to 22 h), reached slowly. On the tenth day its cooler begins to clog; a day and a half
 * later it overheats, trips at 96 °C, stands for three hours, and works again with a clean cooler.
 */
void main() {
    int perHour = 12;
    int perDay = 24 * perHour;
    int clogsAt = 9 * perDay + 8 * perHour;
    int tripsAt = -1;
    double oil = 48;
    long random = 4;
    var start = java.time.LocalDateTime.parse("2026-03-02T00:00:00");
    var format = java.time.format.DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    System.out.print("timestamp,value\n");
    for (int i = 0; i < 14 * perDay; i++) {
        double hour = i % perDay / (double) perHour;
        boolean stands = tripsAt >= 0 && i < tripsAt + 3 * perHour;
        boolean works = i / perDay % 7 < 5 && hour >= 6 && hour < 22 && !stands;
        double clogged = i < clogsAt || tripsAt >= 0 ? 0 : (i - clogsAt) / (double) perDay;
        double target = 48 + 3 * StrictMath.sin((hour - 9) / 12 * Math.PI) + (works ? 14 + 16 * clogged * clogged : 0);
        oil += 0.08 * (target - oil);
        // Knuth's MMIX generator; the sum of three draws is close enough to a normal one
        double noise = 0;
        for (int n = 0; n < 3; n++) {
            random = random * 6364136223846793005L + 1442695040888963407L;
            noise += (random >>> 11) / 9007199254740992.0 - 0.5;
        }
        if (oil > 96 && tripsAt < 0) {
            tripsAt = i;
        }
        long hundredths = Math.round((oil + 0.8 * noise) * 100);
        String time = start.plusMinutes(5L * i).format(format);
        System.out.printf(java.util.Locale.ROOT, "%s,%d.%02d\n", time, hundredths / 100, hundredths % 100);
    }
}
