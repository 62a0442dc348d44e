package dev.millrace.gateway.auth.jwt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OidcConfigTest {

    private static final Map<String, String> ALL = Map.of(
            "OIDC_ISSUER", "https://login.example/realms/plant",
            "OIDC_AUDIENCE", "millrace",
            "OIDC_JWKS_URL", "https://login.example/realms/plant/protocol/openid-connect/certs");

    private static Optional<OidcConfig> read(Map<String, String> variables) throws InvalidConfiguration {
        Environment environment = new Environment(variables);
        Optional<OidcConfig> config = OidcConfig.read(environment, true);
        environment.check();
        return config;
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> variables = new HashMap<>(ALL);
        variables.put(name, value);
        return variables;
    }

    @Test
    void theThreeTogetherMakeAProvider() throws Exception {
        assertEquals(
                Optional.of(new OidcConfig(
                        "https://login.example/realms/plant",
                        "millrace",
                        URI.create("https://login.example/realms/plant/protocol/openid-connect/certs"),
                        new RolesClaim("roles", ""),
                        Optional.empty())),
                read(ALL));
        assertEquals(
                new RolesClaim("realm_access.roles", "millrace:"),
                read(Map.of(
                                "OIDC_ISSUER", "https://a",
                                "OIDC_AUDIENCE", "b",
                                "OIDC_JWKS_URL", "http://127.0.0.1:8081/jwks",
                                "OIDC_ROLES_CLAIM", "realm_access.roles",
                                "OIDC_ROLE_PREFIX", "millrace:"))
                        .orElseThrow()
                        .roles());
        assertEquals(Optional.empty(), read(Map.of()));
    }

    @Test
    void allOrNoneIsSet() {
        for (String missing : ALL.keySet()) {
            Map<String, String> variables = new HashMap<>(ALL);
            variables.remove(missing);
            assertProblem(
                    missing + ": must be set where one of OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL is", variables);
        }
    }

    @Test
    void whereNobodyIsAskedNoTokenIs() {
        Environment environment = new Environment(ALL);
        assertEquals(Optional.empty(), OidcConfig.read(environment, false));
        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);
        assertTrue(String.valueOf(problem.getMessage()).contains("OIDC_ISSUER: must not be set where AUTH is off"));
    }

    @ParameterizedTest
    @CsvSource({
        "OIDC_ISSUER, login.example",
        "OIDC_ISSUER, https://",
        "OIDC_ISSUER, 'https://login.example/a b'",
        "OIDC_ISSUER, https://login.example/?tenant=1",
        "OIDC_ISSUER, https://login.example/#x",
        "OIDC_ISSUER, ftp://login.example",
        "OIDC_AUDIENCE, 'a b'",
        "OIDC_JWKS_URL, http://login.example/jwks",
        "OIDC_JWKS_URL, http://127.0.0.1.evil.example/jwks",
        "OIDC_JWKS_URL, http://169.254.169.254/jwks",
        "OIDC_JWKS_URL, https://user:hunter2@login.example/jwks",
        "OIDC_JWKS_URL, https://login.example:70000/jwks",
        "OIDC_JWKS_URL, file:///etc/passwd.json",
        "OIDC_JWKS_URL, /jwks",
        "OIDC_ROLES_CLAIM, 'a b'",
        "OIDC_ROLE_PREFIX, 'a b'",
        "OIDC_CA_FILE, /nowhere/ca.pem",
    })
    void aBadValueIsAProblemThatDoesNotTellIt(String name, String value) {
        InvalidConfiguration problem = assertProblem(name + ": ", with(name, value));
        assertFalse(String.valueOf(problem.getMessage()).contains("hunter2"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:1/jwks",
        "http://127.1.2.3/jwks",
        "http://[::1]:8081/jwks",
        "HTTPS://login.example/jwks"
    })
    void plainHttpIsForThisMachine(String url) throws Exception {
        assertEquals(
                URI.create(url), read(with("OIDC_JWKS_URL", url)).orElseThrow().jwksUrl());
    }

    private static InvalidConfiguration assertProblem(String expected, Map<String, String> variables) {
        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, () -> read(variables));
        assertTrue(String.valueOf(problem.getMessage()).contains(expected), problem.getMessage());
        return problem;
    }
}
