package dev.millrace.processor.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Health;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.Content;
import dev.millrace.processor.store.InMemoryRuleStore;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.RuleStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuleKeeperTest {

    private static final String UNREADABLE = "version: 9\nfuture: true\n";

    private final Content content = new Content();
    private final Health health = new Health("test");
    private final Meter meter = new Meter();
    private String file = text(1, "first");
    private boolean away;
    private final RuleKeeper keeper = keeper(() -> file);

    private static final class Meter implements RuleMeter {

        private int refused;
        private int version;

        @Override
        public void rulesRefused() {
            refused++;
        }

        @Override
        public void rulesAre(int newVersion) {
            version = newVersion;
        }
    }

    private static String text(int version, String name) {
        return "version: %d\nrules:\n  - name: %s\n    metric: temperature\n    above: 90\n    severity: info\n"
                .formatted(version, name);
    }

    private RuleKeeper keeper(RuleSource source) {
        RuleStore store = new InMemoryRuleStore(content);
        return new RuleKeeper(
                source,
                new RuleStore() {
                    @Override
                    public Loaded<String> offer(Stored offered) {
                        return away ? new Loaded.Unavailable<>("away") : store.offer(offered);
                    }

                    @Override
                    public Loaded<Optional<Stored>> highest() {
                        return away ? new Loaded.Unavailable<>("away") : store.highest();
                    }

                    @Override
                    public void close() {
                        store.close();
                    }
                },
                health.component("rules"),
                meter);
    }

    private int version() {
        return keeper.newest().map(RuleSet::version).orElse(0);
    }

    private boolean told(String words) {
        return health.toJson().encode().contains(words);
    }

    @Test
    void nothingIsKnownBeforeTheDatabaseWasAsked() {
        away = true;
        keeper.look();
        assertEquals(0, version());
        assertFalse(health.component("rules").isUp());

        away = false;
        keeper.look();
        assertEquals(1, version());
        assertTrue(health.component("rules").isUp());
    }

    @Test
    void aFileWithAHigherVersionTakesItsPlaceForAll() {
        keeper.look();
        RuleKeeper other = keeper(() -> text(1, "first"));
        file = text(2, "second");
        keeper.look();
        keeper.look();
        other.look();

        assertEquals(2, version());
        assertEquals(Optional.of(2), other.newest().map(RuleSet::version));
        assertEquals(2, meter.version);
        assertEquals(0, meter.refused);
    }

    @Test
    void aBadFileIsRefusedWholeAndToldOnce() {
        keeper.look();
        file = "version: 2\nrules: [\n";
        keeper.look();
        keeper.look();

        assertEquals(1, version());
        assertEquals(1, meter.refused);
        assertTrue(told("the file is refused: line"), health.toJson()::encode);
        assertTrue(health.component("rules").isUp());

        file = text(2, "second");
        keeper.look();
        keeper.look();
        assertEquals(2, version());
        assertFalse(told("refused"));
    }

    /** However long it is: it is neither read to its end nor kept. */
    @Test
    void aFileOfAMillionLinesIsRefusedAndNoMoreOfItReadThanTellsSo(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("rules.yaml");
        Files.writeString(path, text(1, "first"));
        RuleSource source = RuleSource.file(path);
        RuleKeeper one = keeper(source);
        one.look();

        Files.writeString(path, "version: 2\nrules:\n" + "  - {name: a, metric: b, above: 1}\n".repeat(1_000_000));
        assertTrue(source.read().length() < 2 * RuleFile.MAX_CHARACTERS);
        one.look();
        one.look();
        one.look();

        assertEquals(Optional.of(1), one.newest().map(RuleSet::version));
        assertEquals(1, meter.refused);
        assertTrue(
                told("the file is refused: line 29961, column 29: the file must have at most 1048576 characters"),
                health.toJson()::encode);
    }

    /** A list that is cut between two lines is no less a list. */
    @Test
    void aFileThatIsStillBeingWrittenIsNotRead() {
        keeper.look();
        String whole = text(2, "second") + text(2, "third").substring("version: 2\nrules:\n".length());
        file = text(2, "second");
        keeper.look();
        file = whole;
        keeper.look();
        keeper.look();

        assertEquals(
                new Loaded.Found<>(Optional.of(new RuleStore.Stored(2, whole))),
                new InMemoryRuleStore(content).highest());
        assertEquals(0, meter.refused);
    }

    /** A pod that is started with a mistake in its ConfigMap. */
    @Test
    void aFileThatIsWrongFromTheStartLeavesWhatIsStoredInForce() {
        file = "version: 3\nrules: [\n";
        keeper.look();
        assertEquals(0, version());
        assertFalse(health.component("rules").isUp());
        assertTrue(told("there are no rules; the file is refused: line"), health.toJson()::encode);

        new InMemoryRuleStore(content).offer(new RuleStore.Stored(2, text(2, "stored")));
        keeper.look();
        assertEquals(2, version());
        assertTrue(health.component("rules").isUp());
        assertEquals(1, meter.refused);
    }

    @Test
    void anOlderFileIsIgnored() {
        new InMemoryRuleStore(content).offer(new RuleStore.Stored(5, text(5, "fifth")));
        keeper.look();
        assertEquals(5, version());
        file = text(4, "fourth");
        keeper.look();
        keeper.look();

        assertEquals(5, version());
        assertTrue(told("the file is older, version 4"));
    }

    /** As after a step back of the ConfigMap and a restart. */
    @Test
    void aFileThatIsOlderFromTheStartIsToldAndNotStored() {
        new InMemoryRuleStore(content).offer(new RuleStore.Stored(5, text(5, "fifth")));
        keeper.look();

        assertEquals(5, version());
        assertTrue(told("the file is older, version 1"), health.toJson()::encode);
        assertEquals(
                new Loaded.Found<>("another"),
                new InMemoryRuleStore(content).offer(new RuleStore.Stored(1, "another")));
    }

    @Test
    void anotherTextOfTheSameVersionIsRefused() {
        keeper.look();
        file = text(1, "changed");
        keeper.look();
        keeper.look();

        assertEquals(1, meter.refused);
        assertEquals(
                new Loaded.Found<>(Optional.of(new RuleStore.Stored(1, text(1, "first")))),
                new InMemoryRuleStore(content).highest());
        assertTrue(told("version 1 is stored with another text"));
    }

    @Test
    void whatOthersStoredOfTheSameVersionBeforeStays() {
        new InMemoryRuleStore(content).offer(new RuleStore.Stored(1, text(1, "theirs")));
        keeper.look();

        assertEquals(1, meter.refused);
        assertEquals("theirs", keeper.newest().orElseThrow().rules().getFirst().name());
    }

    @Test
    void aFileThatIsNotThereAMomentChangesNothing() {
        boolean[] gone = {false};
        RuleKeeper one = keeper(() -> {
            if (gone[0]) {
                throw new IOException("gone");
            }
            return file;
        });
        one.look();
        gone[0] = true;
        one.look();
        assertEquals(Optional.of(1), one.newest().map(RuleSet::version));
        assertTrue(told("cannot be read"));

        gone[0] = false;
        one.look();
        assertFalse(told("cannot be read"));
    }

    @Test
    void rulesThatThisVersionCannotReadAreToldAndNotTaken() {
        keeper.look();
        new InMemoryRuleStore(content).offer(new RuleStore.Stored(9, UNREADABLE));
        keeper.look();
        keeper.look();

        assertEquals(1, version());
        assertEquals(1, meter.refused);
        assertTrue(told("version 9 is stored and cannot be read"));
    }

    @Test
    void whereTheHighestCannotBeReadItsOwnAreThere() {
        new InMemoryRuleStore(content).offer(new RuleStore.Stored(9, UNREADABLE));
        keeper.look();

        assertEquals(1, version());
    }

    /** As Kubernetes exchanges the files of a ConfigMap: a link to a directory is replaced. */
    @Test
    void aLinkThatIsExchangedIsNoticed(@TempDir Path directory) throws IOException {
        for (int version = 1; version <= 2; version++) {
            Path data = Files.createDirectory(directory.resolve("data" + version));
            Files.writeString(data.resolve("rules.yaml"), text(version, "rule"));
        }
        file = text(1, "rule");
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("data1"));
        Files.createSymbolicLink(directory.resolve("rules.yaml"), Path.of("..data", "rules.yaml"));
        RuleKeeper one = keeper(RuleSource.file(directory.resolve("rules.yaml")));
        one.look();
        assertEquals(Optional.of(1), one.newest().map(RuleSet::version));

        Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("data2"));
        Files.move(directory.resolve("..data_tmp"), directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        one.look();
        one.look();

        assertEquals(Optional.of(2), one.newest().map(RuleSet::version));
    }
}
