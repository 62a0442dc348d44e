package dev.millrace.gateway.http;

import dev.millrace.core.reading.Rfc3339;
import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/** The query parameters of a request, checked one by one. */
final class QueryParameters {

    /** A parameter is wrong; the message names it and is fit for the sender. */
    static final class BadParameter extends Exception {
        private static final long serialVersionUID = 1L;

        BadParameter(String message) {
            super(message, null, false, false);
        }
    }

    private final MultiMap parameters;

    /**
     * The parameters of a request.
     *
     * @throws BadParameter if one is none of {@code known} or occurs twice
     */
    QueryParameters(MultiMap parameters, Set<String> known) throws BadParameter {
        this.parameters = parameters;
        for (String name : parameters.names()) {
            if (!known.contains(name)) {
                throw new BadParameter(
                        known.isEmpty()
                                ? "There are no parameters here."
                                : "There is a parameter that is none of " + String.join(", ", known) + ".");
            }
            if (parameters.getAll(name).size() > 1) {
                throw new BadParameter("The parameter " + name + " occurs twice.");
            }
        }
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(parameters.get(name)).filter(text -> !text.isEmpty());
    }

    int limit(int defaultValue, int max) throws BadParameter {
        Optional<String> text = text("limit");
        if (text.isEmpty()) {
            return defaultValue;
        }
        try {
            int value = Integer.parseInt(text.get());
            if (value >= 1 && value <= max) {
                return value;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw new BadParameter("The parameter limit must be a whole number from 1 to " + max + ".");
    }

    /** A time, RFC 3339 or epoch milliseconds, in microseconds since 1970. */
    OptionalLong time(String name) throws BadParameter {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        // a plus sign that was not escaped has become a space
        OptionalLong time = Rfc3339.parse(text.get().replace(' ', '+'));
        if (time.isPresent()) {
            return time;
        }
        try {
            long millis = Long.parseLong(text.get());
            if (millis >= Rfc3339.MIN_MICROS / 1000 && millis <= Rfc3339.MAX_MICROS / 1000) {
                return OptionalLong.of(millis * 1000);
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw new BadParameter("The parameter " + name + " must be an RFC 3339 date-time or epoch milliseconds.");
    }

    /** Refuses a range of times that ends before it begins: nothing is in it, and the sender has most likely swapped the two. */
    void checkRange(String from, String to) throws BadParameter {
        OptionalLong first = time(from);
        OptionalLong last = time(to);
        if (first.isPresent() && last.isPresent() && first.getAsLong() > last.getAsLong()) {
            throw new BadParameter("The parameter " + from + " must not be later than " + to + ".");
        }
    }

    /** One of an enum's constants, in small letters. */
    <E extends Enum<E>> Optional<E> choice(String name, Class<E> type) throws BadParameter {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        StringBuilder names = new StringBuilder();
        for (E constant : type.getEnumConstants()) {
            String constantName = constant.name().toLowerCase(Locale.ROOT);
            if (constantName.equals(text.get())) {
                return Optional.of(constant);
            }
            names.append(names.isEmpty() ? "" : ", ").append(constantName);
        }
        throw new BadParameter("The parameter " + name + " must be one of " + names + ".");
    }

    /** What {@code parser} makes of a text; it answers nothing where the text is wrong. */
    <T> Optional<T> parsed(String name, Function<String, Optional<T>> parser) throws BadParameter {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Optional<T> value = parser.apply(text.get());
        if (value.isEmpty()) {
            throw new BadParameter("The parameter " + name + " is not one that an answer gave.");
        }
        return value;
    }
}
