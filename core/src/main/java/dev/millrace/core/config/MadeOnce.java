package dev.millrace.core.config;

import java.util.Optional;
import java.util.function.Supplier;

/** Makes what it supplies when it is first asked, and supplies the same from then on. */
public final class MadeOnce<T> implements Supplier<T> {

    private final Supplier<T> maker;
    private Optional<T> made = Optional.empty();

    public MadeOnce(Supplier<T> maker) {
        this.maker = maker;
    }

    @Override
    public synchronized T get() {
        T value = made.orElseGet(maker);
        made = Optional.of(value);
        return value;
    }
}
