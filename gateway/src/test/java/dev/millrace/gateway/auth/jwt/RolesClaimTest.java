package dev.millrace.gateway.auth.jwt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.gateway.auth.Role;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolesClaimTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "roles                      |           | {\"roles\": [\"reader\"]}                                | READER",
                "roles                      |           | {\"roles\": [\"reader\", \"admin\", \"operator\"]}       | ADMIN",
                "roles                      |           | {\"roles\": \"openid operator  profile reader\"}         | OPERATOR",
                "roles                      |           | {\"roles\": [7, null, [\"admin\"], {}, \"reader\"]}      | READER",
                "roles                      |           | {\"roles\": [\"Admin\", \"ADMIN\", \" admin\"]}          | none",
                "roles                      |           | {\"roles\": [\"device\"]}                                | none",
                "roles                      |           | {\"roles\": [\"device\", \"reader\"]}                    | READER",
                "roles                      |           | {\"roles\": {\"admin\": true}}                           | none",
                "roles                      |           | {\"roles\": null}                                        | none",
                "roles                      |           | {\"other\": [\"admin\"]}                                 | none",
                "roles                      | millrace: | {\"roles\": [\"admin\", \"millrace:reader\"]}            | READER",
                "roles                      | millrace: | {\"roles\": [\"millrace:device\", \"millrace:\"]}        | none",
                "realm_access.roles         |           | {\"realm_access\": {\"roles\": [\"admin\"]}}             | ADMIN",
                "realm_access.roles         |           | {\"realm_access\": [\"admin\"], \"roles\": [\"admin\"]}  | none",
                "realm_access.roles         |           | {\"realm_access\": null}                                 | none",
                "a.b.c                      |           | {\"a\": {\"b\": {\"c\": \"reader\"}}}                    | READER",
                "https://x.example/roles    |           | {\"https://x.example/roles\": [\"operator\"]}            | OPERATOR",
                "a.b                        |           | {\"a.b\": [\"reader\"], \"a\": {\"b\": [\"admin\"]}}     | READER",
            })
    void theHighestRoleOfTheClaimCounts(String claim, String prefix, String claims, String role) {
        RolesClaim roles = new RolesClaim(claim, prefix == null ? "" : prefix);

        Optional<Role> highest = roles.highest(new JsonObject(claims).getMap());

        assertEquals(role.equals("none") ? Optional.empty() : Optional.of(Role.valueOf(role)), highest);
    }
}
