package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.SensorPatterns;
import dev.millrace.gateway.limit.Rate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A device as the registry has it.
 *
 * @param id see {@link #isId}
 * @param type 1 to 64 characters like those of an id
 * @param sensors whose readings it may report: ids, or beginnings of ids and {@code *}; none: it may report nothing
 * @param enabled whether it is let in at all
 * @param rate how much it may send; empty: as the gateway's settings say
 * @param certificates the SHA-256 of those that it may show, 64 hexadecimal digits in small letters; empty: any that names it and
 *     comes from an authority that the gateway trusts
 * @param labels what people want to know of it, by name
 */
public record Device(
        String id,
        String type,
        List<String> sensors,
        boolean enabled,
        Optional<Rate> rate,
        Optional<List<String>> certificates,
        Map<String, String> labels) {

    public static final String DEFAULT_TYPE = "manufacturing-sensor";

    /** The most patterns of sensors. */
    public static final int MAX_SENSORS = 256;

    /** The most certificates. */
    public static final int MAX_CERTIFICATES = 16;

    /** The most labels. */
    public static final int MAX_LABELS = 64;

    /** The longest label. */
    public static final int MAX_LABEL_LENGTH = 256;

    private static final int MAX_ID_LENGTH = 64;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0," + (MAX_ID_LENGTH - 1) + "}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    /** @throws IllegalArgumentException for what is not as the parameters say; whoever has it from outside checks before */
    public Device {
        sensors = List.copyOf(sensors);
        certificates = certificates.map(List::copyOf);
        labels = Map.copyOf(labels);
        boolean valid = isId(id)
                && isId(type)
                && sensors.size() <= MAX_SENSORS
                && sensors.stream().allMatch(SensorPatterns::isPattern)
                && certificates.stream().allMatch(all -> all.size() <= MAX_CERTIFICATES)
                && certificates.stream().flatMap(List::stream).allMatch(Device::isFingerprint)
                && labels.size() <= MAX_LABELS
                && labels.entrySet().stream().allMatch(label -> isId(label.getKey()) && isLabel(label.getValue()));
        if (!valid) {
            throw new IllegalArgumentException("not a valid device");
        }
    }

    /** Whether a text is 1 to 64 of {@code A-Z a-z 0-9 . _ -} and begins with a letter or digit: what fits into a key and a file name. */
    public static boolean isId(String text) {
        return text.length() <= MAX_ID_LENGTH && ID.matcher(text).matches();
    }

    /** Whether a text is the SHA-256 of a certificate as it is written here. */
    static boolean isFingerprint(String text) {
        return SHA_256.matcher(text).matches();
    }

    /** Whether a text can be a label, and be stored: no control character, no half of a character. */
    static boolean isLabel(String text) {
        return text.length() <= MAX_LABEL_LENGTH
                && text.codePoints()
                        .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }
}
