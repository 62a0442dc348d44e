package dev.millrace.gateway.auth;

import dev.millrace.gateway.ingest.SensorScope;
import dev.millrace.gateway.limit.Rate;
import java.util.Optional;

/**
 * Who a caller is.
 *
 * @param name for logs and the audit; no secret
 * @param scope the sensors whose readings they may send, where the role sends any
 * @param rate how much they may send; empty: as the gateway's settings say
 */
public record Principal(String name, Role role, SensorScope scope, Optional<Rate> rate) {

    /** One whose rate the settings say, where it is a device, and who has none else. */
    public Principal(String name, Role role, SensorScope scope) {
        this(name, role, scope, role == Role.DEVICE ? Optional.empty() : Optional.of(Rate.UNLIMITED));
    }
}
