package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.auth.ApiKey;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where devices are kept. A change is written down with who made it, in one transaction. Futures fail with
 * {@link Unavailable} while the store cannot be used.
 */
public interface DeviceRegistry {

    /** The store cannot be used at present. */
    final class Unavailable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public Unavailable(Throwable cause) {
            super(cause);
        }
    }

    /** What comes of a device that is to be registered. */
    sealed interface Registration {

        record Registered(RegisteredDevice device) implements Registration {}

        /** There is one of this id. */
        record Exists() implements Registration {}

        /** There are as many as the gateways can know. */
        record Full(int most) implements Registration {}
    }

    /** What comes of a change of a device. */
    sealed interface Changing {

        record Changed(RegisteredDevice device) implements Changing {}

        record NoDevice() implements Changing {}

        /** It would be no device. */
        record Refused(InvalidDevice problem) implements Changing {}
    }

    /** What comes of a key that is to be given to a device. */
    sealed interface KeyGiving {

        /**
         * It has the key.
         *
         * @param secret what nobody can be told again
         */
        record Given(DeviceKey key, ApiKey secret) implements KeyGiving {}

        record NoDevice() implements KeyGiving {}

        /** It has {@link DeviceKey#MAX_VALID} that are valid, or as many as are kept. */
        record TooMany() implements KeyGiving {}
    }

    /** How a device becomes another. */
    @FunctionalInterface
    interface Change {

        /**
         * What becomes of it.
         *
         * @throws InvalidDevice if it would be none
         */
        Device apply(Device before) throws InvalidDevice;
    }

    /** Registers a device that is not there yet. */
    Future<Registration> register(Device device, Actor actor);

    /** The device of an id. */
    Future<Optional<RegisteredDevice>> find(String id);

    /**
     * A page, by id.
     *
     * @param after the last id of the page before; empty for the first page
     * @param type only those of this type, where it is given
     */
    Future<List<RegisteredDevice>> page(String after, Optional<String> type, int limit);

    /** Makes of a device what a change makes of it, which may be asked more than once. */
    Future<Changing> change(String id, Change change, Actor actor);

    /** Whether there was one to remove. */
    Future<Boolean> remove(String id, Actor actor);

    /** Makes a key and gives it to a device; the hash of it is all that is kept. */
    Future<KeyGiving> giveKey(String id, Optional<Instant> expiresAt, Actor actor);

    /** Takes a key away; answers whether there was one. */
    Future<Boolean> takeKey(String id, UUID keyId, Actor actor);
}
