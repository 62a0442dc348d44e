package dev.millrace.gateway.http;

import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.device.Device;
import dev.millrace.gateway.device.DeviceKey;
import dev.millrace.gateway.device.DeviceRegistry;
import dev.millrace.gateway.device.InvalidDevice;
import dev.millrace.gateway.device.RegisteredDevice;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/** A registry in memory, that a test can take away or break. What real ones do is PgDeviceRegistryIT's matter. */
final class FakeRegistry implements DeviceRegistry {

    static final int MOST = 3;

    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

    final Map<String, RegisteredDevice> devices = new ConcurrentSkipListMap<>();
    volatile boolean away;
    volatile boolean broken;
    private final Random random = new Random(1);

    @Override
    public Future<Registration> register(Device device, Actor actor) {
        return answer(() -> {
            if (devices.containsKey(device.id())) {
                return new Registration.Exists();
            }
            if (devices.size() == MOST) {
                return new Registration.Full(MOST);
            }
            RegisteredDevice registered = with(device, List.of());
            devices.put(device.id(), registered);
            return new Registration.Registered(registered);
        });
    }

    private static RegisteredDevice with(Device device, List<DeviceKey> keys) {
        return new RegisteredDevice(device, keys, TIME, TIME, Optional.of(TIME));
    }

    @Override
    public Future<Optional<RegisteredDevice>> find(String id) {
        return answer(() -> Optional.ofNullable(devices.get(id)));
    }

    @Override
    public Future<List<RegisteredDevice>> page(String after, Optional<String> type, int limit) {
        return answer(() -> devices.values().stream()
                .filter(device -> device.device().id().compareTo(after) > 0)
                .filter(device -> type.isEmpty() || device.device().type().equals(type.get()))
                .limit(limit)
                .toList());
    }

    @Override
    public Future<Changing> change(String id, Change change, Actor actor) {
        return answer(() -> {
            RegisteredDevice before = devices.get(id);
            if (before == null) {
                return new Changing.NoDevice();
            }
            try {
                RegisteredDevice after = with(change.apply(before.device()), before.keys());
                devices.put(id, after);
                return new Changing.Changed(after);
            } catch (InvalidDevice e) {
                return new Changing.Refused(e);
            }
        });
    }

    @Override
    public Future<Boolean> remove(String id, Actor actor) {
        return answer(() -> devices.remove(id) != null);
    }

    @Override
    public Future<KeyGiving> giveKey(String id, Optional<Instant> expiresAt, Actor actor) {
        return answer(() -> {
            RegisteredDevice device = devices.get(id);
            if (device == null) {
                return new KeyGiving.NoDevice();
            }
            if (device.keys().size() == DeviceKey.MAX_VALID) {
                return new KeyGiving.TooMany();
            }
            List<DeviceKey> keys = new ArrayList<>(device.keys());
            keys.add(new DeviceKey(new UUID(1, keys.size()), TIME, expiresAt));
            devices.put(id, with(device.device(), keys));
            return new KeyGiving.Given(keys.getLast(), ApiKey.generate(id, random));
        });
    }

    @Override
    public Future<Boolean> takeKey(String id, UUID keyId, Actor actor) {
        return answer(() -> {
            RegisteredDevice device = devices.get(id);
            if (device == null) {
                return false;
            }
            List<DeviceKey> keys = new ArrayList<>(device.keys());
            boolean taken = keys.removeIf(key -> key.id().equals(keyId));
            devices.put(id, with(device.device(), keys));
            return taken;
        });
    }

    private <T> Future<T> answer(Supplier<T> answer) {
        if (away) {
            return Future.failedFuture(new Unavailable(new IllegalStateException("away")));
        }
        return broken ? Future.failedFuture(new IllegalStateException("broken")) : Future.succeededFuture(answer.get());
    }
}
