package dev.millrace.gateway.device;

import dev.millrace.core.config.Environment;
import dev.millrace.gateway.limit.Rate;
import java.time.Duration;

/**
 * The registry of devices.
 *
 * @param maxDevices the most devices; a gateway knows all of them, at some 700 bytes each
 * @param cacheTime how long a gateway goes on with the devices that it knows while PostgreSQL is away
 * @param usualRate how much a device may send of which the registry does not say it
 */
public record DeviceConfig(int maxDevices, Duration cacheTime, Rate usualRate) {

    /** What {@code MAX_DEVICES}, {@code DEVICE_CACHE_TIME}, {@code DEVICE_READINGS_PER_SECOND} and {@code DEVICE_BYTES_PER_SECOND} say. */
    public static DeviceConfig read(Environment environment) {
        return new DeviceConfig(
                environment.integer("MAX_DEVICES", 200_000, 1, 1_000_000),
                environment.duration("DEVICE_CACHE_TIME", "24h"),
                new Rate(
                        environment.integer("DEVICE_READINGS_PER_SECOND", 0, 0, Integer.MAX_VALUE),
                        environment.integer("DEVICE_BYTES_PER_SECOND", 0, 0, Integer.MAX_VALUE)));
    }
}
