package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Mark;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.task.Waits;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Makes a detector's memory from what is stored of it, and from the stream. */
final class TakeOver {

    private static final long RULES_POLL_MILLIS = 100;

    private final Rules rules;
    private final ShardStore store;
    private final ShardDetector detector;
    private final ShardCommits commits;
    private final SeriesShares.Share series;
    private final Waits waits;
    private final Function<ShardState, Refeed> refeeds;

    /** @param refeeds feeds the stream again, up to a state's position */
    TakeOver(
            Rules rules,
            ShardStore store,
            ShardDetector detector,
            ShardCommits commits,
            SeriesShares.Share series,
            Waits waits,
            Function<ShardState, Refeed> refeeds) {
        this.rules = rules;
        this.store = store;
        this.detector = detector;
        this.commits = commits;
        this.series = series;
        this.waits = waits;
        this.refeeds = refeeds;
    }

    Refeed.Outcome run(ShardState state) {
        Optional<RuleSet> inForce = rulesOf(state);
        if (inForce.isEmpty()) {
            return waits.stopRequested() ? Refeed.Outcome.STOPPED : Refeed.Outcome.UNSURE;
        }
        detector.begin(state, inForce.get());
        Optional<Mark> mark = state.detector().mark();
        if (mark.isPresent() && state.progress().position().isBehind(mark.get().position())) {
            switch (store.journal(series.of(Unfed.MOST_BYTES))) {
                case Loaded.Unavailable<List<JournalPage>>(String reason) -> {
                    boolean again = commits.failures() > 0;
                    commits.failed(reason);
                    if (!again) {
                        return Refeed.Outcome.UNSURE;
                    }
                    // a journal that cannot be had must not keep a shard from being read: the stream has it too
                }
                case Loaded.Found(List<JournalPage> pages) -> {
                    Optional<Unfed> journal = Unfed.between(
                            mark.get().position(), state.progress().position(), pages);
                    if (journal.isPresent()) {
                        detector.goOn(journal.get(), mark.get(), waits.nanos());
                        return Refeed.Outcome.DONE;
                    }
                }
            }
        }
        return refeeds.apply(state).run(state);
    }

    /** The rules in force where the shard stands; the newest where it is begun. Empty: they cannot be had now, or a stop came. */
    private Optional<RuleSet> rulesOf(ShardState state) {
        Optional<RuleSet> newest = rules.newest();
        while (newest.isEmpty() && !waits.stopRequested()) {
            waits.pause(RULES_POLL_MILLIS);
            newest = rules.newest();
        }
        OptionalInt version = state.detector().rulesVersion();
        if (newest.isEmpty()
                || version.isEmpty()
                || version.getAsInt() == newest.get().version()) {
            return newest;
        }
        return switch (store.rules(version.getAsInt())) {
            case Loaded.Unavailable<Optional<String>>(String reason) -> {
                commits.failed(reason);
                yield Optional.empty();
            }
            case Loaded.Found(Optional<String> text) ->
                Optional.of(text.map(RuleFile::parse)
                        .flatMap(parsed ->
                                parsed instanceof RuleFile.Valid(RuleSet valid) ? Optional.of(valid) : Optional.empty())
                        .orElseThrow(() -> new UnreadableRules(
                                "the rules of version " + version.getAsInt() + " are not there, or cannot be read")));
        };
    }
}
