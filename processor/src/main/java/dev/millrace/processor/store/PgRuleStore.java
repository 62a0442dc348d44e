package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;

/** The rules in PostgreSQL. */
public final class PgRuleStore implements RuleStore {

    static final String TEXT = "SELECT text FROM rule_set WHERE version = $1";

    private static final String OFFER = "INSERT INTO rule_set (version, text) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    private static final String HIGHEST = "SELECT version, text FROM rule_set ORDER BY version DESC LIMIT 1";

    private final PgSession session;

    public PgRuleStore(Pool pool) {
        this.session = new PgSession(pool, () -> {});
    }

    @Override
    public Loaded<String> offer(Stored rules) {
        return session.load(() -> {
            session.query(OFFER, Tuple.of(rules.version(), rules.text()));
            return session.query(TEXT, Tuple.of(rules.version()))
                    .iterator()
                    .next()
                    .getString(0);
        });
    }

    @Override
    public Loaded<Optional<Stored>> highest() {
        return session.load(() -> {
            Optional<Stored> highest = Optional.empty();
            for (Row row : session.query(HIGHEST, Tuple.tuple())) {
                highest = Optional.of(new Stored(row.getInteger(0), row.getString(1)));
            }
            return highest;
        });
    }

    @Override
    public void close() {
        session.close();
    }
}
