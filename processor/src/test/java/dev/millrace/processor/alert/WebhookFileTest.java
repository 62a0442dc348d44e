package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.yaml.Problem;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookFileTest {

    private static final String SECRET = "0123456789abcdef";

    private static String entry(String name, String url) {
        return "  - {name: " + name + ", url: \"" + url + "\", secret: " + SECRET + "}\n";
    }

    private static List<WebhookConfig> valid(String text) {
        return assertInstanceOf(WebhookFile.Valid.class, WebhookFile.parse(text, given -> given))
                .webhooks();
    }

    private static String problems(String text) {
        return assertInstanceOf(WebhookFile.Refused.class, WebhookFile.parse(text, given -> given)).problems().stream()
                .map(Problem::toString)
                .collect(Collectors.joining("; "));
    }

    @Test
    void readsWebhooksInTheOrderOfTheFile() {
        assertEquals(
                List.of(
                        new WebhookConfig(
                                new AlertRoute("pager", Severity.CRITICAL),
                                URI.create("https://hooks.example/x?y=z"),
                                "resolved file:/secret"),
                        new WebhookConfig(
                                new AlertRoute("b", Severity.INFO),
                                URI.create("http://127.0.0.1:1/"),
                                "resolved " + SECRET)),
                assertInstanceOf(WebhookFile.Valid.class, WebhookFile.parse("""
                        webhooks:
                          - name: pager
                            url: https://hooks.example/x?y=z
                            secret: file:/secret
                            minSeverity: critical
                          - {name: b, url: "http://127.0.0.1:1/", secret: 0123456789abcdef}
                        """, given -> "resolved " + given))
                        .webhooks());
    }

    @Test
    void tellsAllProblemsWithTheirPlaces() {
        assertEquals(
                "line 1, column 1: unknown field; known are webhooks; "
                        + "line 3, column 11: name must be 1 to 64 characters of a-z 0-9 -; "
                        + "line 4, column 10: url must be https; allowHttp: true where the network to it is trusted; "
                        + "line 5, column 13: secret must have at least 16 characters; "
                        + "line 6, column 18: minSeverity must be info, warning or critical; "
                        + "line 7, column 5: url is missing; line 7, column 5: secret is missing",
                problems("""
                        extra: 1
                        webhooks:
                          - name: Operations
                            url: http://hooks.example/
                            secret: short
                            minSeverity: high
                          - name: b
                        """));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://user:password@hooks.example/ | must not hold a user or password",
                "ftp://hooks.example/ | must look like",
                "hooks.example | must look like",
                "https:///path | must look like",
                "https://hooks.example:0/ | must look like",
                "https://hooks.example:70000/ | must look like",
                "https://hooks.example/#x | must look like",
                "https://hooks example/ | must look like",
                "http://localhost.example/ | must be https",
                "http://128.0.0.1/ | must be https",
                "http://[::2]/ | must be https",
            })
    void refusesTheUrl(String url, String reason) {
        String problems = problems("webhooks:\n" + entry("a", url));

        assertEquals(true, problems.contains(reason), problems);
        assertFalse(problems.contains("password@") || problems.contains("example"), problems);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:8080/x", "http://127.1.2.3/", "http://[::1]:80/", "https://h.example"})
    void takesTheUrl(String url) {
        assertEquals(
                URI.create(url),
                valid("webhooks:\n" + entry("a", url)).getFirst().url());
    }

    @Test
    void takesPlainHttpWhereTheFileSaysSo() {
        assertEquals(
                1,
                valid("webhooks:\n  - {name: a, url: \"http://h.example/\", secret: " + SECRET + ", allowHttp: true}\n")
                        .size());
        assertEquals(
                "line 2, column 78: allowHttp must be true or false; "
                        + "line 2, column 20: url must be https; allowHttp: true where the network to it is trusted",
                problems("webhooks:\n  - {name: a, url: \"http://h.example/\", secret: " + SECRET
                        + ", allowHttp: yes}\n"));
    }

    @Test
    void refusesWhatCannotBeToldApart() {
        assertEquals(
                "line 3, column 12: another webhook has this name",
                problems("webhooks:\n" + entry("a", "https://h.example") + entry("a", "https://h.example")));
        assertEquals(
                "line 2, column 12: name must not be sns, which is the topic's",
                problems("webhooks:\n" + entry("sns", "https://h.example")));
    }

    @Test
    void refusesMoreThanAnybodyAsksFor() {
        StringBuilder text = new StringBuilder("webhooks:\n");
        for (int i = 0; i <= WebhookFile.MOST; i++) {
            text.append(entry("w" + i, "https://h.example"));
        }

        assertEquals("line 18, column 5: there may be at most 16 webhooks", problems(text.toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "- a", "webhooks: 1", "webhooks: [1]", "webhooks: [", "a: &x [*x]", "webhooks:\n  - ]"})
    void refusesWhatIsNoSuchFile(String text) {
        assertFalse(problems(text).isEmpty());
    }

    @Test
    void refusesWhatIsTooLargeOrNestedTooDeeply() {
        assertEquals("line 1, column 9: the file is nested too deeply", problems("[".repeat(60_000)));
        assertEquals("line 1, column 65537: the file must have at most 65536 characters", problems(" ".repeat(65_537)));
    }

    @Test
    void aSecretThatCannotBeReadHasItsPlace() {
        WebhookFile.Parsed parsed = WebhookFile.parse("webhooks:\n" + entry("a", "https://h.example"), _ -> {
            throw new IllegalArgumentException("the file that it refers to cannot be read");
        });

        assertEquals(
                "line 2, column 49: secret: the file that it refers to cannot be read",
                assertInstanceOf(WebhookFile.Refused.class, parsed)
                        .problems()
                        .getFirst()
                        .toString());
    }

    @Test
    void neitherSecretNorPathIsInItsText() {
        String text = valid("webhooks:\n" + entry("a", "https://h.example/T0KEN?k=T0KEN"))
                .getFirst()
                .toString();

        assertFalse(text.contains("T0KEN") || text.contains(SECRET), text);
    }
}
