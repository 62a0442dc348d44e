package dev.millrace.gateway.auth;

import java.util.EnumSet;
import java.util.Set;

/** Who may do a thing. */
public sealed interface Access {

    /** Everybody, without credentials. */
    record Open() implements Access {}

    /**
     * Callers of one of these roles.
     *
     * @param roles all of them, those that include others too
     */
    record Only(Set<Role> roles) implements Access {
        public Only {
            roles = Set.copyOf(roles);
        }

        /** Callers of these roles, and of those that include one of them. */
        static Only atLeast(Role... least) {
            Set<Role> roles = EnumSet.noneOf(Role.class);
            for (Role role : Role.values()) {
                for (Role one : least) {
                    if (role.includes(one)) {
                        roles.add(role);
                    }
                }
            }
            return new Only(roles);
        }
    }
}
