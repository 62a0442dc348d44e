package dev.millrace.gateway.device;

import dev.millrace.core.reading.Rfc3339;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.SensorPatterns;
import dev.millrace.gateway.limit.Rate;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Devices and keys as the contract writes them. */
public final class DeviceJson {

    private static final String ID = "id";
    private static final String TYPE = "type";
    private static final String SENSORS = "sensors";
    private static final String ENABLED = "enabled";
    private static final String RATE = "rate";
    private static final String READINGS_PER_SECOND = "readingsPerSecond";
    private static final String BYTES_PER_SECOND = "bytesPerSecond";
    private static final String CERTIFICATES = "certificates";
    private static final String LABELS = "labels";
    private static final String EXPIRES_AT = "expiresAt";

    private static final Set<String> FIELDS = Set.of(ID, TYPE, SENSORS, ENABLED, RATE, CERTIFICATES, LABELS);

    private static final String ID_FORM = "must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit";

    private DeviceJson() {}

    /**
     * The device that a body describes; all but its id has a default.
     *
     * @throws InvalidDevice if it describes none
     */
    public static Device device(JsonObject body) throws InvalidDevice {
        for (String name : body.fieldNames()) {
            if (!FIELDS.contains(name)) {
                throw new InvalidDevice(
                        "", "There is a field that is none of id, type, sensors, enabled, rate, certificates, labels.");
            }
        }
        for (String name : FIELDS) {
            if (body.containsKey(name) && body.getMap().get(name) == null) {
                throw new InvalidDevice(name, "The field " + name + " must not be null.");
            }
        }
        String id = text(body, ID, Device::isId, ID_FORM)
                .orElseThrow(() -> new InvalidDevice(ID, "The field id must be there."));
        return new Device(
                id,
                text(body, TYPE, Device::isId, ID_FORM).orElse(Device.DEFAULT_TYPE),
                texts(
                                body,
                                SENSORS,
                                Device.MAX_SENSORS,
                                SensorPatterns::isPattern,
                                "sensors' ids, or beginnings of them and *")
                        .orElse(List.of(id)),
                flag(body, ENABLED).orElse(true),
                rate(body),
                texts(
                        body,
                        CERTIFICATES,
                        Device.MAX_CERTIFICATES,
                        Device::isFingerprint,
                        "SHA-256 fingerprints of certificates, 64 hexadecimal digits in small letters"),
                labels(body));
    }

    /** What a JSON merge patch (RFC 7396) makes of a device. */
    public static DeviceRegistry.Change patch(JsonObject patch) {
        return before -> {
            if (patch.containsKey(ID)) {
                throw new InvalidDevice(ID, "The field id cannot be changed.");
            }
            if (patch.containsKey(ENABLED) && patch.getMap().get(ENABLED) == null) {
                // who is stopped is not let in again by the way
                throw new InvalidDevice(ENABLED, "The field enabled must be true or false.");
            }
            return device(merged(json(before), patch));
        };
    }

    /** Without what the patch sets to null, which then has its default again. */
    private static JsonObject merged(JsonObject target, JsonObject patch) {
        for (Map.Entry<String, Object> change : patch.getMap().entrySet()) {
            @Nullable Object value = change.getValue();
            if (value == null) {
                target.remove(change.getKey());
            } else if (value instanceof JsonObject object) {
                JsonObject inner =
                        target.getValue(change.getKey()) instanceof JsonObject there ? there : new JsonObject();
                target.put(change.getKey(), merged(inner, object));
            } else {
                target.put(change.getKey(), value);
            }
        }
        return target;
    }

    /** When a key that a body asks for is to expire; empty: never. */
    public static Optional<Instant> expiry(JsonObject body, Instant now) throws InvalidDevice {
        for (String name : body.fieldNames()) {
            if (!name.equals(EXPIRES_AT)) {
                throw new InvalidDevice("", "There is a field that is not expiresAt.");
            }
        }
        Object value = body.getMap().get(EXPIRES_AT);
        if (value == null) {
            return Optional.empty();
        }
        OptionalLong micros = value instanceof String text ? Rfc3339.parse(text) : OptionalLong.empty();
        if (micros.isEmpty()) {
            throw new InvalidDevice(EXPIRES_AT, "The field expiresAt must be an RFC 3339 date-time with an offset.");
        }
        Instant at = Instant.EPOCH.plus(micros.getAsLong(), ChronoUnit.MICROS);
        if (!at.isAfter(now)) {
            throw new InvalidDevice(EXPIRES_AT, "The field expiresAt must be in the future.");
        }
        return Optional.of(at);
    }

    /** A device as the registry has it, without its keys. */
    static JsonObject json(Device device) {
        JsonObject json = new JsonObject()
                .put(ID, device.id())
                .put(TYPE, device.type())
                .put(SENSORS, new JsonArray(device.sensors()))
                .put(ENABLED, device.enabled());
        device.rate().ifPresent(rate -> json.put(RATE, json(rate)));
        device.certificates().ifPresent(all -> json.put(CERTIFICATES, new JsonArray(all)));
        JsonObject labels = new JsonObject();
        new TreeMap<>(device.labels()).forEach(labels::put);
        return json.put(LABELS, labels);
    }

    private static JsonObject json(Rate rate) {
        JsonObject json = new JsonObject();
        if (rate.readingsPerSecond() > 0) {
            json.put(READINGS_PER_SECOND, rate.readingsPerSecond());
        }
        if (rate.bytesPerSecond() > 0) {
            json.put(BYTES_PER_SECOND, rate.bytesPerSecond());
        }
        return json;
    }

    /** A device with all that the registry knows of it. */
    public static JsonObject json(RegisteredDevice registered) {
        JsonArray keys = new JsonArray();
        registered.keys().forEach(key -> keys.add(json(key)));
        JsonObject json = json(registered.device())
                .put("createdAt", time(registered.createdAt()))
                .put("updatedAt", time(registered.updatedAt()))
                .put("keys", keys);
        registered.lastSeen().ifPresent(at -> json.put("lastSeen", time(at)));
        return json;
    }

    /** A key, as far as it may be known. */
    static JsonObject json(DeviceKey key) {
        JsonObject json = new JsonObject().put(ID, key.id().toString()).put("createdAt", time(key.createdAt()));
        key.expiresAt().ifPresent(at -> json.put(EXPIRES_AT, time(at)));
        return json;
    }

    /** A key that was made just now, with what nobody is told again. */
    public static JsonObject json(DeviceKey key, ApiKey secret) {
        return json(key).put("key", secret.text());
    }

    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.MICROS).toString();
    }

    private static Optional<String> text(JsonObject body, String field, Predicate<String> form, String otherwise)
            throws InvalidDevice {
        @Nullable Object value = body.getMap().get(field);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text && form.test(text)) {
            return Optional.of(text);
        }
        throw new InvalidDevice(field, "The field " + field + " " + otherwise + ".");
    }

    private static Optional<Boolean> flag(JsonObject body, String field) throws InvalidDevice {
        @Nullable Object value = body.getMap().get(field);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Boolean flag) {
            return Optional.of(flag);
        }
        throw new InvalidDevice(field, "The field " + field + " must be true or false.");
    }

    private static Optional<List<String>> texts(
            JsonObject body, String field, int most, Predicate<String> form, String what) throws InvalidDevice {
        @Nullable Object value = body.getMap().get(field);
        if (value == null) {
            return Optional.empty();
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof JsonArray array && array.size() <= most) {
            for (Object item : array) {
                if (item instanceof String text && form.test(text)) {
                    texts.add(text);
                }
            }
            if (texts.size() == array.size()) {
                return Optional.of(texts);
            }
        }
        throw new InvalidDevice(
                field, "The field " + field + " must be an array of at most " + most + " " + what + ".");
    }

    private static Optional<Rate> rate(JsonObject body) throws InvalidDevice {
        @Nullable Object value = body.getMap().get(RATE);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof JsonObject rate)
                || rate.isEmpty()
                || !Set.of(READINGS_PER_SECOND, BYTES_PER_SECOND).containsAll(rate.fieldNames())) {
            throw new InvalidDevice(
                    RATE, "The field rate must be an object of readingsPerSecond and bytesPerSecond, or one of them.");
        }
        return Optional.of(new Rate(perSecond(rate, READINGS_PER_SECOND), perSecond(rate, BYTES_PER_SECOND)));
    }

    private static int perSecond(JsonObject rate, String field) throws InvalidDevice {
        @Nullable Object value = rate.getMap().get(field);
        if (value == null) {
            return 0;
        }
        if (value instanceof Integer number && number > 0) {
            return number;
        }
        throw new InvalidDevice(
                RATE, "The field rate." + field + " must be a whole number from 1 to " + Integer.MAX_VALUE + ".");
    }

    private static Map<String, String> labels(JsonObject body) throws InvalidDevice {
        @Nullable Object value = body.getMap().get(LABELS);
        Map<String, String> labels = new TreeMap<>();
        if (value == null) {
            return labels;
        }
        if (value instanceof JsonObject object && object.size() <= Device.MAX_LABELS) {
            for (Map.Entry<String, Object> label : object.getMap().entrySet()) {
                if (Device.isId(label.getKey()) && label.getValue() instanceof String text && Device.isLabel(text)) {
                    labels.put(label.getKey(), text);
                }
            }
            if (labels.size() == object.size()) {
                return labels;
            }
        }
        throw new InvalidDevice(
                LABELS,
                "The field labels must be an object of at most " + Device.MAX_LABELS
                        + " texts of at most " + Device.MAX_LABEL_LENGTH
                        + " characters, without control characters, whose names are like a device's id.");
    }

    /** The object that a body is; empty where it is none, or has a name twice. */
    public static Optional<JsonObject> object(byte[] body) {
        return StrictJson.object(body);
    }
}
