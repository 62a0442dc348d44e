package dev.millrace.gateway.auth;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.core.reading.Names;
import dev.millrace.gateway.ingest.SensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the content of a key file, JSON:
 *
 * <pre>
 * {"keys": [
 *   {"name": "dashboard",  "sha256": "64 hexadecimal digits", "role": "reader"},
 *   {"name": "press-line", "sha256": "64 hexadecimal digits", "role": "device", "sensors": ["press-*", "sensor-001"]}
 * ]}
 * </pre>
 *
 * A file with a problem is refused whole. What is wrong is told with its entry and line, never with what stands there: somebody
 * may have put a key where its hash belongs.
 */
public final class KeyFileParser {

    /** The most keys of a file. */
    static final int MAX_KEYS = 100_000;

    /** The most patterns of one device. */
    static final int MAX_PATTERNS = 10_000;

    /** What keys began with before they named their owner. */
    private static final String FORMER_PREFIX = "millrace_";

    private static final int MAX_PROBLEMS = 20;
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");
    private static final Pattern LONG_HEX = Pattern.compile("[0-9a-fA-F]{32,}");
    private static final String NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static final String LINE_FEED = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b";
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private enum Member {
        NAME,
        SHA256,
        ROLE,
        SENSORS;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What became of a file. */
    public sealed interface Parsed {

        /** The keys of a file without a problem. */
        record Valid(KeySet keys) implements Parsed {}

        /** A file that is refused: at least one problem, in the order of the file. */
        record Refused(List<String> problems) implements Parsed {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    private final JsonParser parser;
    private final List<String> problems = new ArrayList<>();
    private final List<KeySet.Entry> entries = new ArrayList<>();
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, String> hashes = new HashMap<>();
    private int count;

    private KeyFileParser(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads a file's bytes. */
    public static Parsed parse(byte[] content) {
        try (JsonParser parser = FACTORY.createParser(content)) {
            KeyFileParser file = new KeyFileParser(parser);
            try {
                file.document();
            } catch (JacksonException e) {
                // its message may quote the file
                file.problem("not valid JSON" + place(e.getLocation()));
            }
            return file.result();
        } catch (IOException e) {
            // bytes in memory cannot fail to be read
            throw new UncheckedIOException(e);
        }
    }

    private static String place(@Nullable JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private Parsed result() {
        if (problems.isEmpty()) {
            return new Parsed.Valid(new KeySet(entries));
        }
        if (problems.size() <= MAX_PROBLEMS) {
            return new Parsed.Refused(problems);
        }
        List<String> told = new ArrayList<>(problems.subList(0, MAX_PROBLEMS));
        told.add("and " + (problems.size() - MAX_PROBLEMS) + " more");
        return new Parsed.Refused(told);
    }

    private void problem(String text) {
        problems.add(text);
    }

    private void document() throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            problem("the file is empty");
            return;
        }
        if (first != JsonToken.START_OBJECT) {
            problem("must be a JSON object with the member keys");
            return;
        }
        boolean seen = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            boolean keys = parser.currentName().equals("keys");
            int line = parser.currentTokenLocation().getLineNr();
            JsonToken value = parser.nextToken();
            if (!keys) {
                problem("line " + line + ": has a member other than keys");
                parser.skipChildren();
            } else if (seen) {
                problem("line " + line + ": keys stands there twice");
                parser.skipChildren();
            } else if (value == JsonToken.START_ARRAY) {
                array();
            } else {
                problem("line " + line + ": keys must be an array");
                parser.skipChildren();
            }
            seen |= keys;
        }
        if (!seen) {
            problem("must have the member keys");
        }
        if (parser.nextToken() != null) {
            problem("has something behind its end" + place(parser.currentTokenLocation()));
        }
    }

    private void array() throws IOException {
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            int index = count++;
            if (index == MAX_KEYS) {
                problem("keys must have at most " + MAX_KEYS + " entries");
            }
            if (index >= MAX_KEYS) {
                parser.skipChildren();
                continue;
            }
            int line = parser.currentTokenLocation().getLineNr();
            if (item == JsonToken.START_OBJECT) {
                new EntryReader(index, line).read();
            } else {
                problem("keys[" + index + "], line " + line + ": must be an object");
                parser.skipChildren();
            }
        }
        if (count == 0) {
            problem("keys must have an entry: with none, nobody could do anything");
        }
    }

    /** One entry being read; its name is known only at its end, and so its problems wait for it. */
    private final class EntryReader {
        private final int index;
        private final int line;
        private final List<String> faults = new ArrayList<>();
        private final Set<Member> seen = EnumSet.noneOf(Member.class);
        private Optional<String> name = Optional.empty();
        private Optional<String> sha256 = Optional.empty();
        private Optional<Role> role = Optional.empty();
        private Optional<List<String>> sensors = Optional.empty();

        EntryReader(int index, int line) {
            this.index = index;
            this.line = line;
        }

        void read() throws IOException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String text = parser.currentName();
                parser.nextToken();
                Optional<Member> member = Arrays.stream(Member.values())
                        .filter(known -> known.text().equals(text))
                        .findFirst();
                if (member.isEmpty()) {
                    fault("has a member other than name, sha256, role and sensors");
                    parser.skipChildren();
                } else if (!seen.add(member.get())) {
                    fault(member.get(), "stands there twice");
                    parser.skipChildren();
                } else {
                    value(member.get());
                }
            }
            finish();
        }

        private void value(Member member) throws IOException {
            switch (member) {
                case NAME ->
                    name = string(member, Names::isSensorId, "must be 1 to 128 of A-Z a-z 0-9 . _ : -")
                            .filter(this::isNoKey);
                case SHA256 ->
                    sha256 = string(
                                    member,
                                    text -> SHA_256.matcher(text).matches(),
                                    "must be 64 hexadecimal digits, the SHA-256 of the key")
                            .map(text -> text.toLowerCase(Locale.ROOT));
                case ROLE ->
                    role = string(
                                    member,
                                    text -> Role.of(text).isPresent(),
                                    "must be one of reader, operator, admin, device")
                            .flatMap(Role::of);
                case SENSORS -> sensors = patterns();
            }
        }

        /** A name is told in logs. What looks like a key, ours or of openssl's making, may be one in the wrong place. */
        private boolean isNoKey(String text) {
            boolean suspicious = (text.length() > ApiKey.SECRET_LENGTH && text.startsWith(ApiKey.PREFIX))
                    || text.startsWith(FORMER_PREFIX)
                    || LONG_HEX.matcher(text).matches();
            if (suspicious) {
                fault(Member.NAME, "must not look like a key");
            }
            return !suspicious;
        }

        private Optional<String> string(Member member, Predicate<String> form, String otherwise) throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
                String text = parser.getText();
                if (form.test(text)) {
                    return Optional.of(text);
                }
            } else {
                parser.skipChildren();
            }
            fault(member, otherwise);
            return Optional.empty();
        }

        private Optional<List<String>> patterns() throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                parser.skipChildren();
                fault(Member.SENSORS, "must be an array");
                return Optional.empty();
            }
            List<String> patterns = new ArrayList<>();
            int at = 0;
            for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken(), at++) {
                if (item == JsonToken.VALUE_STRING && SensorPatterns.isPattern(parser.getText())) {
                    patterns.add(parser.getText());
                } else {
                    parser.skipChildren();
                    fault("sensors[" + at + "]: must be a sensor's id, or the beginning of one and *");
                }
            }
            if (at == 0) {
                fault(Member.SENSORS, "must have at least one");
            } else if (at > MAX_PATTERNS) {
                fault(Member.SENSORS, "must have at most " + MAX_PATTERNS);
            }
            return Optional.of(patterns);
        }

        private void finish() {
            for (Member member : List.of(Member.NAME, Member.SHA256, Member.ROLE)) {
                if (!seen.contains(member)) {
                    fault(member, "must be there");
                }
            }
            role.ifPresent(known -> {
                if (known == Role.DEVICE && !seen.contains(Member.SENSORS)) {
                    fault(Member.SENSORS, "must be there for a device");
                } else if (known != Role.DEVICE && seen.contains(Member.SENSORS)) {
                    fault(Member.SENSORS, "must not be there but for a device");
                }
            });
            sha256.ifPresent(this::hash);
            String place = "keys[" + index + "]"
                    + name.map(known -> " (" + known + ")").orElse("") + ", line " + line;
            name.ifPresent(known -> {
                String other = names.putIfAbsent(known, "keys[" + index + "]");
                if (other != null) {
                    fault(Member.NAME, "is that of " + other + " too");
                }
            });
            faults.forEach(fault -> problem(place + ": " + fault));
            if (faults.isEmpty()) {
                entries.add(new KeySet.Entry(HexFormat.of().parseHex(sha256.orElseThrow()), principal()));
            }
        }

        private void hash(String hash) {
            if (hash.equals(NOTHING) || hash.equals(LINE_FEED)) {
                fault(Member.SHA256, "is the hash of an empty key");
            }
            String other = hashes.putIfAbsent(hash, "keys[" + index + "]");
            if (other != null) {
                fault(Member.SHA256, "is that of " + other + " too");
            }
            if (name.isPresent() && hash.equals(HexFormat.of().formatHex(ApiKey.sha256(name.get())))) {
                name = Optional.empty();
                fault(Member.NAME, "must not be the key");
            }
        }

        private Principal principal() {
            Role is = role.orElseThrow();
            SensorScope scope =
                    switch (is) {
                        case DEVICE -> SensorPatterns.of(sensors.orElseThrow());
                        case ADMIN -> SensorScope.ALL;
                        // they send no readings
                        case READER, OPERATOR -> _ -> false;
                    };
            return new Principal(name.orElseThrow(), is, scope);
        }

        private void fault(Member member, String text) {
            fault(member.text() + ": " + text);
        }

        private void fault(String text) {
            faults.add(text);
        }
    }
}
