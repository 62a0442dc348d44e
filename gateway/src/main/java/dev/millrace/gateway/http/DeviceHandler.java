package dev.millrace.gateway.http;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.device.Device;
import dev.millrace.gateway.device.DeviceJson;
import dev.millrace.gateway.device.DeviceKey;
import dev.millrace.gateway.device.DeviceRegistry;
import dev.millrace.gateway.device.DeviceRegistry.Changing;
import dev.millrace.gateway.device.DeviceRegistry.KeyGiving;
import dev.millrace.gateway.device.DeviceRegistry.Registration;
import dev.millrace.gateway.device.InvalidDevice;
import dev.millrace.gateway.device.RegisteredDevice;
import dev.millrace.gateway.http.QueryParameters.BadParameter;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code /devices}: the registry, for admins. */
final class DeviceHandler {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1_000;

    private static final Problem UNKNOWN_DEVICE = Problem.of(Problem.Code.NOT_FOUND, "There is no device of this id.");

    private static final Problem UNKNOWN_KEY = Problem.of(Problem.Code.NOT_FOUND, "The device has no key of this id.");

    private final DeviceRegistry registry;
    private final SmallBodies bodies;
    private final InstantSource clock;

    DeviceHandler(DeviceRegistry registry, SmallBodies bodies, InstantSource clock) {
        this.registry = registry;
        this.bodies = bodies;
        this.clock = clock;
    }

    /** {@code POST /devices}. */
    void register(Exchange exchange) {
        withBody(exchange, Set.of("application/json"), body -> {
            Device device = DeviceJson.device(body);
            answer(exchange, registry.register(device, exchange.actor()), outcome -> {
                switch (outcome) {
                    case Registration.Registered(RegisteredDevice registered) -> {
                        exchange.context().response().putHeader("location", "/devices/" + device.id());
                        exchange.json(201, DeviceJson.json(registered).encode());
                    }
                    case Registration.Exists() ->
                        exchange.problem(Problem.of(Problem.Code.CONFLICT, "There is a device of this id."));
                    case Registration.Full(int most) ->
                        exchange.problem(Problem.of(
                                Problem.Code.CONFLICT, "There are " + most + " devices, and more are not allowed."));
                }
            });
        });
    }

    /** {@code GET /devices?after=&type=&limit=}. */
    void devices(Exchange exchange) {
        try {
            QueryParameters parameters = exchange.parameters(Set.of("after", "type", "limit"));
            int limit = parameters.limit(DEFAULT_LIMIT, MAX_LIMIT);
            String after = parameters.text("after").orElse("");
            if (!after.isEmpty() && !Device.isId(after)) {
                throw new BadParameter("The parameter after must be the id of a device.");
            }
            Optional<String> type = parameters.text("type");
            if (type.isPresent() && !Device.isId(type.get())) {
                throw new BadParameter("The parameter type must be the type of a device.");
            }
            answer(exchange, registry.page(after, type, limit + 1), found -> {
                List<RegisteredDevice> page = found.subList(0, Math.min(limit, found.size()));
                JsonArray devices = new JsonArray();
                page.forEach(device -> devices.add(DeviceJson.json(device)));
                JsonObject json = new JsonObject().put("devices", devices);
                if (found.size() > page.size()) {
                    json.put("next", page.getLast().device().id());
                }
                exchange.json(200, json.encode());
            });
        } catch (BadParameter e) {
            exchange.malformed(e);
        }
    }

    /** {@code GET /devices/{id}}. */
    void device(Exchange exchange) {
        withDevice(
                exchange,
                id -> answer(
                        exchange,
                        registry.find(id),
                        found -> found.ifPresentOrElse(
                                device -> exchange.json(
                                        200, DeviceJson.json(device).encode()),
                                () -> exchange.problem(UNKNOWN_DEVICE))));
    }

    /** {@code PATCH /devices/{id}}. */
    void change(Exchange exchange) {
        withDevice(
                exchange,
                id -> withBody(
                        exchange,
                        Set.of("application/merge-patch+json", "application/json"),
                        patch -> answer(
                                exchange,
                                registry.change(id, DeviceJson.patch(patch), exchange.actor()),
                                outcome -> changed(exchange, outcome))));
    }

    private static void changed(Exchange exchange, Changing outcome) {
        switch (outcome) {
            case Changing.Changed(RegisteredDevice device) ->
                exchange.json(200, DeviceJson.json(device).encode());
            case Changing.NoDevice() -> exchange.problem(UNKNOWN_DEVICE);
            case Changing.Refused(InvalidDevice invalid) -> exchange.problem(problem(invalid));
        }
    }

    /** {@code DELETE /devices/{id}}. */
    void remove(Exchange exchange) {
        withDevice(
                exchange,
                id -> answer(
                        exchange,
                        registry.remove(id, exchange.actor()),
                        removed -> done(exchange, removed, UNKNOWN_DEVICE)));
    }

    /** {@code POST /devices/{id}/keys}. */
    void giveKey(Exchange exchange) {
        withDevice(
                exchange,
                id -> withBody(exchange, Set.of("application/json", ""), body -> {
                    Optional<Instant> expiresAt = DeviceJson.expiry(body, clock.instant());
                    answer(exchange, registry.giveKey(id, expiresAt, exchange.actor()), outcome -> {
                        switch (outcome) {
                            case KeyGiving.Given(DeviceKey given, ApiKey key) -> {
                                // nobody on the way is to keep it
                                exchange.context().response().putHeader("cache-control", "no-store");
                                exchange.json(201, DeviceJson.json(given, key).encode());
                            }
                            case KeyGiving.NoDevice() -> exchange.problem(UNKNOWN_DEVICE);
                            case KeyGiving.TooMany() ->
                                exchange.problem(Problem.of(
                                        Problem.Code.CONFLICT,
                                        "The device has " + DeviceKey.MAX_VALID
                                                + " keys that are valid: take one away first."));
                        }
                    });
                }));
    }

    /** {@code DELETE /devices/{id}/keys/{keyId}}. */
    void takeKey(Exchange exchange) {
        withDevice(exchange, id -> {
            Optional<UUID> keyId = exchange.pathUuid("keyId");
            if (keyId.isEmpty()) {
                exchange.problem(UNKNOWN_KEY);
                return;
            }
            answer(
                    exchange,
                    registry.takeKey(id, keyId.get(), exchange.actor()),
                    taken -> done(exchange, taken, UNKNOWN_KEY));
        });
    }

    private static void done(Exchange exchange, boolean there, Problem otherwise) {
        if (there) {
            exchange.send(204, "", Buffer.buffer());
        } else {
            exchange.problem(otherwise);
        }
    }

    /** Goes on with the id in the path, without any parameters. */
    private static void withDevice(Exchange exchange, Consumer<String> handler) {
        String id = Objects.requireNonNull(exchange.context().pathParam("id"));
        if (!Device.isId(id)) {
            exchange.problem(UNKNOWN_DEVICE);
            return;
        }
        try {
            exchange.parameters(Set.of());
        } catch (BadParameter e) {
            exchange.malformed(e);
            return;
        }
        handler.accept(id);
    }

    /** Goes on with a JSON object. */
    @FunctionalInterface
    private interface BodyUse {
        void use(JsonObject body) throws InvalidDevice;
    }

    /** @param types the media types that are taken; an empty one: none need be told, nor a body sent */
    private void withBody(Exchange exchange, Set<String> types, BodyUse use) {
        HttpServerRequest request = exchange.context().request();
        if (!types.contains(mediaType(request.getHeader("content-type")))) {
            exchange.problem(Problem.of(
                    Problem.Code.UNSUPPORTED_MEDIA_TYPE,
                    "The body must be "
                            + String.join(
                                    " or ",
                                    types.stream()
                                            .filter(type -> !type.isEmpty())
                                            .sorted()
                                            .toList()) + "."));
            return;
        }
        bodies.read(request)
                .onSuccess(read -> {
                    switch (read) {
                        case SmallBodies.Body.TooLarge() -> {
                            exchange.stopBody();
                            exchange.problem(Problem.of(
                                    Problem.Code.TOO_LARGE,
                                    "The body must have at most " + SmallBodies.MAX_BYTES + " bytes."));
                        }
                        case SmallBodies.Body.NoRoom() ->
                            exchange.problem(Problem.retry(
                                    Problem.Code.OVERLOADED, "There is no room for the body at present.", 1));
                        case SmallBodies.Body.Complete(Buffer bytes) -> use(exchange, types, use, bytes.getBytes());
                    }
                })
                .onFailure(_ -> {
                    // the connection broke: there is nobody to answer
                });
    }

    private static void use(Exchange exchange, Set<String> types, BodyUse use, byte[] bytes) {
        Optional<JsonObject> object =
                bytes.length == 0 && types.contains("") ? Optional.of(new JsonObject()) : DeviceJson.object(bytes);
        if (object.isEmpty()) {
            exchange.problem(Problem.of(
                    Problem.Code.MALFORMED, "The body must be one JSON object in which no name stands twice."));
            return;
        }
        try {
            use.use(object.get());
        } catch (InvalidDevice e) {
            exchange.problem(problem(e));
        }
    }

    private static String mediaType(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int semicolon = contentType.indexOf(';');
        return (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    private static Problem problem(InvalidDevice invalid) {
        Problem problem = Problem.of(Problem.Code.INVALID_DEVICE, invalid.detail());
        return invalid.field().isEmpty() ? problem : problem.with(Map.of("field", invalid.field()));
    }

    private static <T> void answer(Exchange exchange, Future<T> outcome, Consumer<T> answered) {
        outcome.onComplete(result -> {
            if (result.succeeded()) {
                answered.accept(result.result());
            } else if (result.cause() instanceof DeviceRegistry.Unavailable) {
                exchange.problem(Problem.retry(
                        Problem.Code.STORE_UNAVAILABLE, "The registry of devices cannot be reached at present.", 1));
            } else {
                exchange.context().fail(result.cause());
            }
        });
    }
}
