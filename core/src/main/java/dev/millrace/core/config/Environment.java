package dev.millrace.core.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The environment variables of a process, read once. Every problem is collected, so that one start tells all of them;
 * a setting with a problem reads as its default until {@link #check} throws.
 *
 * <p>A value may be a reference: {@code file:/path} stands for the file's content without trailing white space,
 * {@code secret:arn-or-name} for a secret and {@code secret:arn-or-name#key} for a field of one that is a JSON object,
 * {@code ssm:/name} for a parameter. What cannot be read is a problem like any other.
 *
 * <p>It remembers what was asked for, so that the documentation can be held against the code ({@link #asked}).
 */
public final class Environment {

    /** A duration of nothing is no timeout but a failure at once; ten years overflow no unit of time. */
    private static final Duration MIN_DURATION = Duration.ofMillis(1);

    private static final Duration MAX_DURATION = Duration.ofDays(3650);

    private final Map<String, String> variables;
    private final Map<String, String> asked = new LinkedHashMap<>();
    private final Set<String> problems;
    private final References references;

    /** Variables of which none refers to a secret or a parameter. */
    public Environment(Map<String, String> variables) {
        this(variables, new LinkedHashSet<>(), new References(NoStore::new));
    }

    /**
     * Variables that may refer to secrets and parameters.
     *
     * @param stores makes the store of the settings that say where it is; used with the first reference to it, if there is one
     */
    public Environment(Map<String, String> variables, Function<Environment, ReferenceStore> stores) {
        this.variables = Map.copyOf(variables);
        this.problems = new LinkedHashSet<>();
        this.references = new References(new MadeOnce<>(
                () -> stores.apply(new Environment(this.variables, problems, new References(NoStore::new)))));
    }

    private Environment(Map<String, String> variables, Set<String> problems, References references) {
        this.variables = Map.copyOf(variables);
        this.problems = problems;
        this.references = references;
    }

    /** Where there is no store: above all in the settings that say where it is. */
    private static final class NoStore implements ReferenceStore {

        @Override
        public Answer secret(String id) {
            return new Refused("cannot be read: this setting must be a value itself");
        }

        @Override
        public Answer parameter(String name) {
            return new Refused("cannot be read: this setting must be a value itself");
        }
    }

    /** The same variables but for those given, which replace or join them. Problems of either are told by both. */
    public Environment with(Map<String, String> replacements) {
        Map<String, String> merged = new HashMap<>(variables);
        merged.putAll(replacements);
        return new Environment(merged, problems, references);
    }

    /** The same variables, of which nothing has been read and no problem found yet: what they refer to may have changed. */
    Environment afresh() {
        return new Environment(variables, new LinkedHashSet<>(), references.afresh());
    }

    /** Whether one of the variables refers to a value that is kept elsewhere. */
    boolean isReference(String... names) {
        return Stream.of(names).anyMatch(name -> References.isReference(variables.getOrDefault(name, "")));
    }

    /** Whether the variable is set, to whatever. */
    boolean isSet(String name) {
        return !variables.getOrDefault(name, "").isEmpty();
    }

    /** The names asked for so far, in order, each with its default as text; an empty text where there is none. */
    public Map<String, String> asked() {
        return Map.copyOf(asked);
    }

    /** A text; an empty variable counts as one that is not set. */
    public String text(String name, String defaultValue) {
        return read(name, defaultValue, text -> text).orElse(defaultValue);
    }

    /**
     * A text of one form.
     *
     * @param message what is wrong with any other, such as "must be a number"
     */
    public String text(String name, String defaultValue, Pattern form, String message) {
        return read(name, defaultValue, text -> {
                    if (!form.matcher(text).matches()) {
                        throw new IllegalArgumentException(message);
                    }
                    return text;
                })
                .orElse(defaultValue);
    }

    /** A text that has no default and may be missing. */
    public Optional<String> optionalText(String name) {
        return read(name, "", text -> text);
    }

    /** A whole number from {@code min} to {@code max}, both included. */
    public int integer(String name, int defaultValue, int min, int max) {
        return read(name, Integer.toString(defaultValue), text -> {
                    try {
                        int value = Integer.parseInt(text);
                        if (value >= min && value <= max) {
                            return value;
                        }
                    } catch (NumberFormatException e) {
                        // said below, with the bounds
                    }
                    throw new IllegalArgumentException("must be a whole number from " + min + " to " + max);
                })
                .orElse(defaultValue);
    }

    /** A TCP port, 1 to 65535; with {@code 0} the system chooses one. */
    public int port(String name, int defaultValue) {
        return integer(name, defaultValue, 0, 65_535);
    }

    /** A TCP port as above, or {@code off}: none. */
    public Optional<Integer> portOrOff(String name, int defaultValue) {
        return read(name, Integer.toString(defaultValue), text -> {
                    try {
                        int port = text.equals("off") ? -1 : Integer.parseInt(text);
                        if (port >= -1 && port <= 65_535 && !text.startsWith("-")) {
                            return port;
                        }
                    } catch (NumberFormatException e) {
                        // said below, with the bounds
                    }
                    throw new IllegalArgumentException("must be a whole number from 0 to 65535, or off");
                })
                .or(() -> Optional.of(defaultValue))
                .filter(port -> port >= 0);
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String name, boolean defaultValue) {
        return read(name, Boolean.toString(defaultValue), text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException("must be true or false");
                })
                .orElse(defaultValue);
    }

    /** One of a few words. */
    public String oneOf(String name, String defaultValue, List<String> words) {
        return read(name, defaultValue, text -> {
                    if (!words.contains(text)) {
                        throw new IllegalArgumentException("must be one of " + String.join(", ", words));
                    }
                    return text;
                })
                .orElse(defaultValue);
    }

    /** One of a few words, in capitals or small letters; it reads as in the list. */
    public String oneOfIgnoringCase(String name, String defaultValue, List<String> words) {
        return read(name, defaultValue, text -> words.stream()
                        .filter(text::equalsIgnoreCase)
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("must be one of " + String.join(", ", words))))
                .orElse(defaultValue);
    }

    /** A duration such as {@code 500ms}, {@code 10s}, {@code 5m}, {@code 1h} or {@code 30d}, from 1ms to 3650d. */
    public Duration duration(String name, String defaultValue) {
        return duration(name, defaultValue, MIN_DURATION, MAX_DURATION);
    }

    /** A duration from {@code min} to {@code max}, both included. */
    public Duration duration(String name, String defaultValue, Duration min, Duration max) {
        return read(name, defaultValue, text -> DurationText.parse(text, min, max))
                .orElseGet(() -> DurationText.parse(defaultValue, min, max));
    }

    /** A duration from 1ms to 3650d that has no default and may be missing. */
    public Optional<Duration> optionalDuration(String name) {
        return read(name, "", text -> DurationText.parse(text, MIN_DURATION, MAX_DURATION));
    }

    /** A value of the type that {@code parser} makes; it throws {@link IllegalArgumentException} with what is wrong. */
    public <T> Optional<T> optional(String name, Function<String, T> parser) {
        return read(name, "", parser);
    }

    /**
     * What a text stands for that is not a variable's but of a file that one names, and that may be a reference as well. Throws
     * {@link IllegalArgumentException} with what is wrong.
     */
    public String resolve(String text) {
        return references.resolve(text);
    }

    /** Notes a problem that only several settings together show. */
    public void problem(String name, String message) {
        problems.add(name + ": " + message);
    }

    /** Every problem found so far. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** Throws with every problem found since the start, if there is one. */
    public void check() throws InvalidConfiguration {
        if (!problems.isEmpty()) {
            throw new InvalidConfiguration(List.copyOf(problems));
        }
    }

    private <T> Optional<T> read(String name, String defaultValue, Function<String, T> parser) {
        asked.put(name, defaultValue);
        String raw = variables.get(name);
        if (raw == null || raw.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.apply(references.resolve(raw)));
        } catch (IllegalArgumentException e) {
            problem(name, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }
}
