package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.ApiKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/** Devices for tests, and their keys. */
public final class TestDevices {

    private final List<KnownDevice> devices = new ArrayList<>();

    /** The key of a device. */
    public static ApiKey key(String device) {
        return ApiKey.generate(device, new Random(device.hashCode()));
    }

    /** Adds a device with one key. */
    public TestDevices with(String id, String sensor, boolean enabled, Instant keyExpiresAt) {
        devices.add(new KnownDevice(
                id,
                List.of(sensor),
                enabled,
                Optional.empty(),
                Optional.empty(),
                List.of(new KnownDevice.Key(ApiKey.sha256(key(id).text()), Instant.EPOCH, keyExpiresAt))));
        return this;
    }

    /** A directory that knows them and no others. */
    public DeviceDirectory directory() {
        DeviceDirectory directory = new DeviceDirectory(Duration.ofHours(1), InstantSource.system(), System::nanoTime);
        directory.put(devices);
        directory.isCurrent(devices.stream().map(KnownDevice::id).collect(Collectors.toSet()));
        return directory;
    }
}
