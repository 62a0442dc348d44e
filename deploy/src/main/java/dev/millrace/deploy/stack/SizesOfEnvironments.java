package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** prod outlives the loss of a zone, and a week in which nobody reads the stream; what follows from a size agrees with it everywhere. */
final class SizesOfEnvironments implements Policy {

    private static final String ROOT = "aws/stack.yaml";

    private static final String MAPPING = "Environments";

    private static final long WEEK_HOURS = 168;

    private static final long GIB_BYTES = 1L << 30;

    /** RDS adds storage when a tenth or less is free: an alarm at more would ring before that, for nothing. */
    private static final long STORAGE_PARTS = 20;

    private static final long HALF_HOUR_MILLIS = 1_800_000;

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        templates.named(ROOT).flatMap(root -> root.seek("Mappings", MAPPING)).stream()
                .flatMap(Yaml::entries)
                .forEach(environment -> sizes(environment, findings));
        return findings;
    }

    private static void sizes(Map.Entry<String, Yaml> environment, List<Finding> findings) {
        String name = environment.getKey();
        Yaml sizes = environment.getValue();
        long hours = number(sizes, "RetentionHours");
        if (name.equals("prod")) {
            if (!sizes.seek("MultiAZ").map(Yaml::text).orElse("").equals("true")) {
                findings.add(wrong(name, "MultiAZ", "must be \"true\": a zone may go"));
            }
            if (hours < WEEK_HOURS) {
                findings.add(
                        wrong(name, "RetentionHours", "must be " + WEEK_HOURS + " or more: a week can be made up"));
            }
        }
        if (number(sizes, "HalfRetentionMillis") != hours * HALF_HOUR_MILLIS) {
            findings.add(wrong(name, "HalfRetentionMillis", "is not half of RetentionHours"));
        }
        if (number(sizes, "StorageAlarmBytes") != number(sizes, "StorageGiB") * GIB_BYTES / STORAGE_PARTS) {
            findings.add(wrong(name, "StorageAlarmBytes", "is not a twentieth of StorageGiB"));
        }
    }

    /** A size; nothing where there is none, of which {@link ResolvedReferences} tells. */
    private static long number(Yaml sizes, String size) {
        return sizes.seek(size).map(Yaml::text).filter(text -> text.matches("[0-9]{1,18}")).stream()
                .mapToLong(Long::parseLong)
                .sum();
    }

    private static Finding wrong(String environment, String size, String problem) {
        return new Finding(ROOT, "Mappings." + MAPPING + "." + environment + "." + size, problem);
    }
}
