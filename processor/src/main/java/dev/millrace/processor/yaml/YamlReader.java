package dev.millrace.processor.yaml;

import dev.millrace.processor.yaml.Yaml.Place;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML 1.2 event by event and stops at the first that our files may not have. So nothing is ever expanded, and neither depth
 * nor length can hurt: the parser's own tree would follow nesting with its stack.
 */
final class YamlReader {

    /** The most lines, which are what a parser's time grows with where they are empty. */
    static final int MAX_LINES = 100_000;

    /** The most lists and mappings within one another. */
    static final int MAX_DEPTH = 8;

    /** A problem that ends the reading. */
    static final class Unreadable extends Exception {

        private static final long serialVersionUID = 1L;

        private final transient Problem problem;

        private Unreadable(Place place, String reason) {
            super(reason, null, false, false);
            problem = new Problem(place.line(), place.column(), reason);
        }

        Problem problem() {
            return problem;
        }
    }

    private final Iterator<Event> events;

    private YamlReader(Iterator<Event> events) {
        this.events = events;
    }

    /** The file's one document. */
    static Yaml read(String text, int maxCharacters) throws Unreadable {
        Place end = end(text, maxCharacters);
        if (end.line() > MAX_LINES) {
            throw new Unreadable(end, "the file must have at most " + MAX_LINES + " lines");
        }
        if (text.length() > maxCharacters) {
            throw new Unreadable(end, "the file must have at most " + maxCharacters + " characters");
        }
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(maxCharacters)
                // all at once: with a smaller one a long word or comment is copied anew for each, which takes the
                // square of its length
                .setBufferSize(text.length() + 2)
                .build();
        try {
            return new YamlReader(new Parse(settings).parseString(text).iterator()).document();
        } catch (MarkedYamlEngineException e) {
            throw new Unreadable(
                    place(e.getProblemMark().or(e::getContextMark)),
                    Objects.requireNonNullElse(e.getProblem(), "not valid YAML"));
        } catch (YamlEngineException _) {
            throw new Unreadable(new Place(1, 1), "not valid YAML");
        }
    }

    /** Where the first character stands that is too many, of lines or of all; else the last one. */
    private static Place end(String text, int maxCharacters) {
        int line = 1;
        int begin = 0;
        int end = Math.min(text.length() - 1, maxCharacters);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == '\r' && text.charAt(i + 1) != '\n')) {
                begin = i + 1;
                if (++line > MAX_LINES) {
                    return new Place(line, 1);
                }
            }
        }
        return new Place(line, Math.max(0, end - begin) + 1);
    }

    private Yaml document() throws Unreadable {
        events.next(); // the stream's start
        if (!(events.next() instanceof DocumentStartEvent)) {
            throw new Unreadable(new Place(1, 1), "the file is empty");
        }
        Yaml root = node(events.next(), 0);
        events.next(); // the document's end
        Event after = events.next();
        if (!(after instanceof StreamEndEvent)) {
            throw new Unreadable(place(after.getStartMark()), "there must be one document");
        }
        return root;
    }

    private Yaml node(Event event, int depth) throws Unreadable {
        Place place = place(event.getStartMark());
        if (event instanceof AliasEvent) {
            throw new Unreadable(place, "an alias (*) must not be used: write the value out");
        }
        if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
            throw new Unreadable(place, "an anchor (&) must not be used");
        }
        if (tag(event).isPresent()) {
            throw new Unreadable(place, "a tag (!) must not be used");
        }
        if (event instanceof CollectionStartEvent && depth == MAX_DEPTH) {
            throw new Unreadable(place, "the file is nested too deeply");
        }
        return switch (event) {
            case ScalarEvent scalar -> new Yaml.Scalar(place, scalar.getValue(), scalar.isPlain());
            case SequenceStartEvent _ -> sequence(place, depth);
            case MappingStartEvent _ -> mapping(place, depth);
            default -> throw new Unreadable(place, "not valid YAML");
        };
    }

    private Yaml sequence(Place place, int depth) throws Unreadable {
        List<Yaml> items = new ArrayList<>();
        for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
            items.add(node(event, depth + 1));
        }
        return new Yaml.Sequence(place, items);
    }

    private Yaml mapping(Place place, int depth) throws Unreadable {
        List<Yaml.Entry> entries = new ArrayList<>();
        for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
            if (!(node(event, depth + 1) instanceof Yaml.Scalar key)) {
                throw new Unreadable(place(event.getStartMark()), "a key must be a single value");
            }
            if (key.plain() && key.text().equals("<<")) {
                throw new Unreadable(key.place(), "a merge key (<<) must not be used");
            }
            entries.add(new Yaml.Entry(key, node(events.next(), depth + 1)));
        }
        return new Yaml.Mapping(place, entries);
    }

    private static Optional<String> tag(Event event) {
        return switch (event) {
            case ScalarEvent scalar -> scalar.getTag();
            case CollectionStartEvent collection -> collection.getTag();
            default -> Optional.empty();
        };
    }

    private static Place place(Optional<Mark> mark) {
        return mark.map(m -> new Place(m.getLine() + 1, m.getColumn() + 1)).orElse(new Place(1, 1));
    }
}
