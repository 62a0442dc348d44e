package dev.millrace.gateway.auth;

/**
 * Who does something that the audit log keeps.
 *
 * @param name the caller's, as the door knows them
 * @param address where they call from
 */
public record Actor(String name, Role role, String address) {}
