package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {

    @ParameterizedTest
    @ValueSource(strings = {"Bearer abc", "bearer abc", "BEARER abc", "bEaReR    abc"})
    void theSchemeIsReadInAnyCase(String value) {
        assertEquals(new Credentials.Bearer("abc"), Credentials.ofAuthorization(List.of(value)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "AZaz09-._~+/", "abc=", "abc==", "eyJh.eyJz.c2ln"})
    void aTokenHasTheCharactersOfTheSpecification(String token) {
        assertEquals(new Credentials.Bearer(token), Credentials.ofAuthorization(List.of("Bearer " + token)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "Bearer",
                "Bearer ",
                "Bearer   ",
                "Bearer\tabc",
                "Bearerabc",
                " Bearer abc",
                "Bearer abc ",
                "Bearer a b",
                "Bearer a,b",
                "Bearer =",
                "Bearer a=b",
                "Bearer \"abc\"",
                "Bearer abc, Bearer abc",
                "Bearer äöü",
                "Bearer \u0130",
                "Basic YTpi",
                "Token abc",
                "abc",
            })
    void everythingElseIsMalformed(String value) {
        assertEquals(new Credentials.Malformed(), Credentials.ofAuthorization(List.of(value)));
    }

    @Test
    void thereIsOneHeaderOrNone() {
        assertEquals(new Credentials.None(), Credentials.ofAuthorization(List.of()));
        assertEquals(new Credentials.Malformed(), Credentials.ofAuthorization(List.of("Bearer a", "Bearer a")));
    }

    @Test
    void theLengthIsBounded() {
        String longest = "a".repeat(Credentials.MAX_TOKEN_LENGTH);

        assertEquals(new Credentials.Bearer(longest), Credentials.ofAuthorization(List.of("Bearer " + longest)));
        assertEquals(new Credentials.Malformed(), Credentials.ofAuthorization(List.of("Bearer " + longest + "a")));
    }

    @Test
    void aKeyThatIsMadeCanBePresentedAndIsNotWritten() {
        ApiKey key = ApiKey.generate("press-4", new Random(1));

        assertEquals(new Credentials.Bearer(key.text()), Credentials.ofAuthorization(List.of(key.authorization())));
        assertEquals("mr_press-4_".length() + 43, key.text().length());
        assertFalse((key + " " + new Credentials.Bearer(key.text())).contains(key.text()));
        assertFalse(ApiKey.generate("press-4", new Random(2)).equals(key));
        assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", new ApiKey("abc").sha256());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " abc", "abc ", "a b", "a\n", "ä"})
    void noKeyIsWhatNoHeaderCanCarry(String text) {
        String message = assertInstanceOf(
                String.class,
                assertThrows(IllegalArgumentException.class, () -> new ApiKey(text))
                        .getMessage());
        assertEquals("must be 1 to 4096 characters of A-Z a-z 0-9 - . _ ~ + /, and = at its end", message);
    }
}
