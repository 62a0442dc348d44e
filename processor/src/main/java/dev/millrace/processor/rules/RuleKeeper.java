package dev.millrace.processor.rules;

import dev.millrace.core.ops.Health;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.shard.Rules;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.RuleStore;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import dev.millrace.processor.yaml.Problem;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the newest rules: reads this process's file again and again, stores what is new in it, and learns what others have stored. The highest
 * version wins; of one version the text that was stored first. What is wrong is refused whole, and what was known before stays: also for a
 * process that starts with a file that is wrong, which goes by what is stored. A change counts when two looks in a row have seen it.
 */
public final class RuleKeeper implements Tasks.Program, Rules {

    private static final Logger LOG = LoggerFactory.getLogger(RuleKeeper.class);

    static final long INTERVAL_MILLIS = 5_000;

    private final RuleSource source;
    private final RuleStore store;
    private final Health.Component health;
    private final RuleMeter meter;

    /** What the source held when it was judged last, be it good or bad. */
    private String seen = "";

    /** What it held at the last look, where that is not judged yet: a file that is being written is not read in the middle. */
    private String unsettled = "";

    /** The last rules that the source held. */
    private Optional<RuleSet> own = Optional.empty();

    /** What this process offers; empty where it was found wanting. */
    private Optional<RuleText> offer = Optional.empty();

    /** The version of stored rules that cannot be read here; 0: none. */
    private int unreadable;

    private String fileProblem = "";
    private String storeProblem = "";
    private volatile @Nullable RuleSet newest;

    public RuleKeeper(RuleSource source, RuleStore store, Health.Component health, RuleMeter meter) {
        this.source = source;
        this.store = store;
        this.health = health;
        this.meter = meter;
    }

    @Override
    public Optional<RuleSet> newest() {
        return Optional.ofNullable(newest);
    }

    @Override
    public void run(Waits waits) {
        try {
            while (!waits.stopRequested()) {
                look();
                waits.pause(INTERVAL_MILLIS);
            }
        } finally {
            store.close();
        }
    }

    /** Looks once at the source and at what is stored. */
    void look() {
        readSource();
        // what is stored comes first: a file that is older than that is told, also at the start
        boolean known = learn() && (offer.isEmpty() || (offer() && learn()));
        RuleSet rules = newest;
        if (rules == null) {
            // a file that is right comes in force without a restart
            health.down(known ? "there are no rules" + fileProblem : "waiting for PostgreSQL");
        } else if (known || health.isUp()) {
            health.up("version %d, %d rules%s%s".formatted(rules.version(), rules.size(), fileProblem, storeProblem));
        }
    }

    private void readSource() {
        String text;
        try {
            text = source.read();
        } catch (IOException e) {
            refuse("it cannot be read as UTF-8 text (" + e.getClass().getSimpleName() + ")", seen);
            return;
        }
        if (text.equals(seen)) {
            if (fileProblem.contains("cannot be read as")) {
                fileProblem = "";
            }
            return;
        }
        if (!seen.isEmpty() && !text.equals(unsettled)) {
            unsettled = text;
            return;
        }
        switch (RuleFile.parse(text)) {
            case RuleFile.Valid(RuleSet rules) -> {
                seen = text;
                own = Optional.of(rules);
                fileProblem = "";
                offer = Optional.of(new RuleText(text, rules));
            }
            case RuleFile.Refused(List<Problem> problems) ->
                refuse(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")), text);
        }
    }

    private void refuse(String problem, String text) {
        String told = "; the file is refused: " + problem;
        if (!told.equals(fileProblem)) {
            LOG.error(
                    "The rule file is refused, and the rules before it, if there are any, stay in force: {}", problem);
            meter.rulesRefused();
        }
        seen = text;
        fileProblem = told;
    }

    /** Stores what this process has to offer, if it is new; whether that was possible. */
    private boolean offer() {
        RuleText own = offer.orElseThrow();
        int version = own.rules().version();
        RuleSet before = newest;
        if (before != null && version < before.version()) {
            offer = Optional.empty();
            fileProblem = "; the file is older, version " + version;
            LOG.warn("The rule file has version {}, and is ignored: version {} is in force", version, before.version());
            return true;
        }
        switch (store.offer(new RuleStore.Stored(version, own.text()))) {
            case Loaded.Unavailable<String> _ -> {
                return false;
            }
            case Loaded.Found(String stored) -> {
                offer = Optional.empty();
                if (!stored.equals(own.text())) {
                    refuse(
                            "version " + version + " is stored with another text: a change needs a higher version",
                            own.text());
                }
                return true;
            }
        }
    }

    /** Learns of the highest version that is stored; whether that was possible. */
    private boolean learn() {
        return switch (store.highest()) {
            case Loaded.Unavailable<Optional<RuleStore.Stored>> _ -> false;
            case Loaded.Found(Optional<RuleStore.Stored> highest) -> {
                highest.ifPresent(this::take);
                yield true;
            }
        };
    }

    private void take(RuleStore.Stored stored) {
        RuleSet before = newest;
        if ((before != null && stored.version() <= before.version()) || stored.version() == unreadable) {
            return;
        }
        switch (RuleFile.parse(stored.text())) {
            case RuleFile.Valid(RuleSet rules) -> {
                LOG.info("The newest rules are those of version {}, {} rules", rules.version(), rules.size());
                storeProblem = "";
                is(rules);
            }
            case RuleFile.Refused _ -> {
                // a newer processor has stored them
                unreadable = stored.version();
                storeProblem =
                        "; version " + unreadable + " is stored and cannot be read by this version of the processor";
                LOG.error("The stored rules of version {} cannot be read by this version of the processor", unreadable);
                meter.rulesRefused();
                if (before == null) {
                    // shards that are not under the others yet can be read
                    own.ifPresent(this::is);
                }
            }
        }
    }

    private void is(RuleSet rules) {
        newest = rules;
        meter.rulesAre(rules.version());
    }
}
