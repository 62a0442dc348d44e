package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Access;
import dev.millrace.gateway.auth.AccessTable;
import dev.millrace.gateway.auth.Role;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.Set;

/** The contract at {@code /openapi.json}: written by hand but for who may do what, which comes from the {@link AccessTable}. */
final class Contract {

    private Contract() {}

    /** The document with what each operation asks of its caller. */
    static Buffer withSecurity(Buffer written) {
        JsonObject document = written.toJsonObject();
        for (Route route : Route.values()) {
            operation(route).ifPresent(operation -> {
                String[] call = operation.split(" ", 2);
                secure(document.getJsonObject("paths").getJsonObject(call[1]).getJsonObject(call[0]), route);
            });
        }
        return Buffer.buffer(document.encodePrettily());
    }

    private static void secure(JsonObject operation, Route route) {
        switch (AccessTable.of(route)) {
            case Access.Open() -> operation.put("security", new JsonArray());
            case Access.Only(Set<Role> roles) -> {
                JsonArray schemes = new JsonArray().add(new JsonObject().put("bearer", new JsonArray()));
                if (roles.contains(Role.DEVICE)) {
                    schemes.add(new JsonObject().put("certificate", new JsonArray()));
                }
                operation
                        .put("security", schemes)
                        .put(
                                "x-roles",
                                new JsonArray(
                                        roles.stream().map(Role::word).sorted().toList()));
            }
        }
    }

    /** Where the document describes a route; empty where it stands for no one operation. */
    private static Optional<String> operation(Route route) {
        return switch (route) {
            case INGEST -> Optional.of("post /sensors");
            case SENSORS -> Optional.of("get /sensors");
            case SENSOR -> Optional.of("get /sensors/{id}");
            case READINGS -> Optional.of("get /sensors/{id}/readings");
            case ANOMALIES -> Optional.of("get /anomalies");
            case ANOMALY_ACK -> Optional.of("post /anomalies/{id}/ack");
            case DEVICES -> Optional.of("get /devices");
            case DEVICE_REGISTRATION -> Optional.of("post /devices");
            case DEVICE -> Optional.of("get /devices/{id}");
            case DEVICE_CHANGE -> Optional.of("patch /devices/{id}");
            case DEVICE_REMOVAL -> Optional.of("delete /devices/{id}");
            case DEVICE_KEY -> Optional.of("post /devices/{id}/keys");
            case DEVICE_KEY_REMOVAL -> Optional.of("delete /devices/{id}/keys/{keyId}");
            case PAGE -> Optional.of("get /");
            case CONTRACT -> Optional.of("get /openapi.json");
            case OTHER -> Optional.empty();
        };
    }
}
