package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;

/** What a detector knows of a series. Mutable, not thread-safe. */
public final class Series {

    record Key(String rule, ConditionKind kind) implements Comparable<Key> {

        @Override
        public int compareTo(Key other) {
            int byRule = rule.compareTo(other.rule);
            return byRule != 0 ? byRule : kind.compareTo(other.kind);
        }
    }

    record Open(UUID id, Course course) {}

    long lastAt;
    long lastArrival;
    OptionalLong due = OptionalLong.empty();
    final TreeMap<Key, Open> open = new TreeMap<>();

    private Series(long lastAt, long lastArrival) {
        this.lastAt = lastAt;
        this.lastArrival = lastArrival;
    }

    /** One that has no value yet. */
    public static Series fresh() {
        return new Series(Long.MIN_VALUE, Long.MIN_VALUE);
    }

    /** One of which only the last value's timestamp is known. */
    public static Series since(long lastAt) {
        return new Series(lastAt, Long.MIN_VALUE);
    }

    public static Series decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            Series series = new Series(in.readLong(), in.readLong());
            long due = in.readLong();
            series.due = due == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(due);
            for (int i = in.readInt(); i > 0; i--) {
                series.open.put(
                        new Key(in.readUTF(), ConditionKind.valueOf(in.readUTF())),
                        new Open(
                                new UUID(in.readLong(), in.readLong()),
                                new Course(
                                        OptionalLong.empty(),
                                        in.readLong(),
                                        in.readDouble(),
                                        in.readLong(),
                                        in.readInt())));
            }
            return series;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(lastAt);
            out.writeLong(lastArrival);
            out.writeLong(due.orElse(Long.MAX_VALUE));
            out.writeInt(open.size());
            for (Map.Entry<Key, Open> entry : open.entrySet()) {
                out.writeUTF(entry.getKey().rule);
                out.writeUTF(entry.getKey().kind.name());
                out.writeLong(entry.getValue().id.getMostSignificantBits());
                out.writeLong(entry.getValue().id.getLeastSignificantBits());
                Course course = entry.getValue().course;
                out.writeLong(course.arrivedAt());
                out.writeDouble(course.peak());
                out.writeLong(course.count());
                out.writeInt(course.revision());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public Series copy() {
        return decode(encode());
    }

    public long lastAt() {
        return lastAt;
    }

    public OptionalLong dueAt() {
        return due;
    }

    /** Whether something is due, or an anomaly is open. */
    public boolean isWatched() {
        return due.isPresent() || !open.isEmpty();
    }

    /** How the open anomalies stand. */
    public List<Detection.Changed> open(SeriesId id) {
        return open.values().stream()
                .map(one -> new Detection.Changed(one.id, id, one.course))
                .toList();
    }
}
