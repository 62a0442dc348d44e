package dev.millrace.gateway.auth;

import dev.millrace.gateway.ingest.SensorScope;

/**
 * Who a caller is.
 *
 * @param name for logs and the audit; no secret
 * @param scope the sensors whose readings they may send, where the role sends any
 */
public record Principal(String name, Role role, SensorScope scope) {}
