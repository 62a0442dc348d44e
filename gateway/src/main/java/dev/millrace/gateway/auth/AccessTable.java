package dev.millrace.gateway.auth;

import dev.millrace.gateway.GatewayMetrics.Route;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Which role may do what: the one table that every door's checks, and what is told of them, derive from. */
public final class AccessTable {

    private static final Map<Route, Access> ACCESS = Collections.unmodifiableMap(Arrays.stream(Route.values())
            .collect(Collectors.toMap(
                    route -> route, AccessTable::access, (first, _) -> first, () -> new EnumMap<>(Route.class))));

    private AccessTable() {}

    /** Who may use a route. */
    public static Access of(Route route) {
        // the map has every route: the switch that made it is exhaustive
        return ACCESS.getOrDefault(route, access(route));
    }

    private static Access access(Route route) {
        return switch (route) {
            case INGEST -> Access.Only.atLeast(Role.DEVICE, Role.ADMIN);
            case SENSORS, SENSOR, READINGS, ANOMALIES -> Access.Only.atLeast(Role.READER);
            case ANOMALY_ACK -> Access.Only.atLeast(Role.OPERATOR);
            case DEVICES, DEVICE_REGISTRATION, DEVICE, DEVICE_CHANGE, DEVICE_REMOVAL, DEVICE_KEY, DEVICE_KEY_REMOVAL ->
                Access.Only.atLeast(Role.ADMIN);
            // other: answers that there is nothing, or no such method, at a path
            case PAGE, CONTRACT, OTHER -> new Access.Open();
        };
    }
}
