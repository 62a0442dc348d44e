package dev.millrace.gateway.auth;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a caller is. An admin is an operator too, and an operator a reader; a device is nothing else. */
public enum Role {
    READER,
    OPERATOR,
    ADMIN,
    DEVICE;

    /** Whether a caller of this role may do what the other may. */
    public boolean includes(Role other) {
        return switch (this) {
            case READER, DEVICE -> this == other;
            case OPERATOR -> other == OPERATOR || other == READER;
            case ADMIN -> other != DEVICE;
        };
    }

    /** The role of a word such as {@code reader}; empty where there is none. */
    public static Optional<Role> of(String word) {
        return Arrays.stream(values()).filter(role -> role.word().equals(word)).findFirst();
    }

    /** The word for it in files and messages. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
