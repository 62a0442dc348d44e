package dev.millrace.processor.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.core.ops.Health;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.PgRuleStore;
import dev.millrace.processor.store.PgTestDatabase;
import dev.millrace.processor.store.RuleStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The way back from a version that is too high, as docs/operations.md tells it. */
class PgRuleVersionIT {

    private static final int HIGHEST = 999_999_999;

    private final PgTestDatabase database = new PgTestDatabase();

    @AfterEach
    void close() {
        database.close();
    }

    private static String text(int version) {
        return "version: %d\nrules: [{name: hot, metric: temperature, above: 90, severity: info}]\n".formatted(version);
    }

    /** What a process that starts with this file then knows. */
    private Optional<Integer> startWith(int version) {
        RuleStore store = new PgRuleStore(database.pool());
        RuleKeeper keeper =
                new RuleKeeper(() -> text(version), store, new Health("test").component("rules"), new RuleMeter() {
                    @Override
                    public void rulesRefused() {}

                    @Override
                    public void rulesAre(int newVersion) {}
                });
        keeper.look();
        store.close();
        return keeper.newest().map(RuleSet::version);
    }

    private static String wayBack() throws Exception {
        Matcher sql = Pattern.compile("(?ms)^ +begin;$.*?^ +commit;$")
                .matcher(Files.readString(Path.of("../docs/operations.md")));
        return sql.results().findFirst().orElseThrow().group();
    }

    @Test
    void aVersionThatIsTooHighIsTakenOutAndLowerOnesCountAgain() throws Exception {
        startWith(7);
        assertEquals(Optional.of(HIGHEST), startWith(HIGHEST));
        database.query("""
                INSERT INTO shard_progress (stream, stream_created, shard_id, epoch, rules_version)
                VALUES ('s', now(), 'switched', 1, %d), ('s', now(), 'behind', 1, 7)""".formatted(HIGHEST));
        assertEquals(Optional.of(HIGHEST), startWith(8), "lower versions are ignored");

        database.query(wayBack());

        assertEquals(1, database.count("rule_set"));
        assertEquals(2, database.count("shard_progress WHERE rules_version = 7"));
        assertEquals(1, database.count("shard_progress WHERE rules_settling AND shard_id = 'switched'"));
        assertEquals(Optional.of(8), startWith(8));
        assertEquals(2, database.count("rule_set"));
    }
}
