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
 * version wins; of one version the text that was stored first. What is wrong is refused whole, and what was known before stays.
 */
public final class RuleKeeper implements Tasks.Program, Rules {

    private static final Logger LOG = LoggerFactory.getLogger(RuleKeeper.class);

    static final long INTERVAL_MILLIS = 5_000;

    private final RuleSource source;
    private final RuleText first;
    private final RuleStore store;
    private final Health.Component health;
    private final RuleMeter meter;

    /** What the source held when it was looked at last, be it good or bad. */
    private String seen;

    /** What this process offers; empty where it was found wanting. */
    private Optional<RuleText> offer;

    /** The version of stored rules that cannot be read here; 0: none. */
    private int unreadable;

    private String fileProblem = "";
    private String storeProblem = "";
    private volatile @Nullable RuleSet newest;

    /** @param first what the source held at the start */
    public RuleKeeper(RuleSource source, RuleText first, RuleStore store, Health.Component health, RuleMeter meter) {
        this.source = source;
        this.first = first;
        this.store = store;
        this.health = health;
        this.meter = meter;
        this.seen = first.text();
        this.offer = Optional.of(first);
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
        boolean known = offer() && learn();
        RuleSet rules = newest;
        if (rules == null) {
            health.down("waiting for PostgreSQL");
        } else if (known || health.isUp()) {
            health.up("version %d, %d rules%s%s".formatted(rules.version(), rules.size(), fileProblem, storeProblem));
        }
    }

    private void readSource() {
        String text;
        try {
            Optional<String> read = source.read();
            if (read.isEmpty()) {
                return;
            }
            text = read.get();
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
        switch (RuleFile.parse(text)) {
            case RuleFile.Valid(RuleSet rules) -> {
                seen = text;
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
            LOG.error("The rule file is refused, the rules before it stay: {}", problem);
            meter.rulesRefused();
        }
        seen = text;
        fileProblem = told;
    }

    /** Stores what this process has to offer, if it is new; whether that was possible. */
    private boolean offer() {
        if (offer.isEmpty()) {
            return true;
        }
        RuleText own = offer.get();
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
                    is(first.rules());
                }
            }
        }
    }

    private void is(RuleSet rules) {
        newest = rules;
        meter.rulesAre(rules.version());
    }
}
