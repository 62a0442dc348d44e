package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.ApiKey;
import java.util.Optional;

/** What a key says of itself: {@code mr_<id>_<secret>}. */
final class DeviceKeyText {

    private DeviceKeyText() {}

    /** The device that a token claims to be a key of; empty where it is no key of a device. */
    static Optional<String> claimedId(String token) {
        int end = token.length() - ApiKey.SECRET_LENGTH - 1;
        if (!token.startsWith(ApiKey.PREFIX) || end <= ApiKey.PREFIX.length() || token.charAt(end) != '_') {
            return Optional.empty();
        }
        return Optional.of(token.substring(ApiKey.PREFIX.length(), end)).filter(Device::isId);
    }
}
