package dev.millrace.processor.store;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The rules as the contract has them, without a database. */
public final class InMemoryRuleStore implements RuleStore {

    private final Content content;

    public InMemoryRuleStore(Content content) {
        this.content = content;
    }

    @Override
    public Loaded<String> offer(Stored rules) {
        synchronized (content) {
            String before = content.rules.putIfAbsent(rules.version(), rules.text());
            return new Loaded.Found<>(before == null ? rules.text() : before);
        }
    }

    @Override
    public Loaded<Optional<Stored>> highest() {
        synchronized (content) {
            Map.Entry<Integer, String> last = new TreeMap<>(content.rules).lastEntry();
            return new Loaded.Found<>(
                    last == null ? Optional.empty() : Optional.of(new Stored(last.getKey(), last.getValue())));
        }
    }

    @Override
    public void close() {}
}
