package dev.millrace.gateway.auth.jwt;

import dev.millrace.gateway.auth.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a token has its roles: a list of words, or a text of words with spaces between them.
 *
 * @param claim a claim's name, or names with dots between them for one inside others, such as {@code realm_access.roles}. A claim
 *     whose name is the whole text goes first, since names such as {@code https://millrace.example/roles} have dots of their own
 * @param prefix what a word must begin with to be about this platform; nothing where all words are
 */
record RolesClaim(String claim, String prefix) {

    /**
     * The role that includes all others that the claims give; words that are no role are somebody else's. Never
     * {@link Role#DEVICE}: which sensors are a device's no token says.
     */
    Optional<Role> highest(Map<String, ?> claims) {
        return words(value(claims))
                .filter(word -> word.startsWith(prefix))
                .flatMap(word -> Role.of(word.substring(prefix.length())).stream())
                .filter(role -> role != Role.DEVICE)
                .reduce((one, other) -> one.includes(other) ? one : other);
    }

    private @Nullable Object value(Map<String, ?> claims) {
        if (claims.containsKey(claim)) {
            return claims.get(claim);
        }
        @Nullable Object value = claims;
        for (String name : claim.split("\\.", -1)) {
            value = value instanceof Map<?, ?> inner ? inner.get(name) : null;
        }
        return value;
    }

    private static Stream<String> words(@Nullable Object value) {
        return switch (value) {
            case String text -> Stream.of(text.split(" ", -1));
            case List<?> list -> list.stream().filter(String.class::isInstance).map(String.class::cast);
            case null, default -> Stream.empty();
        };
    }
}
