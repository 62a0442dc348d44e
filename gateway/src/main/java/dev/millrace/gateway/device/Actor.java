package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.Role;

/**
 * Who changes the registry, for the audit.
 *
 * @param name the caller's, as the door knows them
 * @param address where they call from
 */
public record Actor(String name, Role role, String address) {}
