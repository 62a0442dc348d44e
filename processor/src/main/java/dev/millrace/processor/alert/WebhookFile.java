package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.yaml.Field;
import dev.millrace.processor.yaml.Form;
import dev.millrace.processor.yaml.Forms;
import dev.millrace.processor.yaml.Problem;
import dev.millrace.processor.yaml.Problems;
import dev.millrace.processor.yaml.Values;
import dev.millrace.processor.yaml.Yaml;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads a file of webhooks, YAML 1.2:
 *
 * <pre>
 * webhooks:
 *   - name: operations                      # unique, [a-z0-9-]{1,64}
 *     url: https://hooks.example.com/alerts
 *     secret: file:/etc/millrace/hook       # a reference as in settings, or the text
 *     minSeverity: warning                  # info, warning or critical; info unless set
 * </pre>
 *
 * http is for loopback addresses, or where {@code allowHttp: true} says that the network is trusted. A file with a problem is refused
 * whole, and each problem has its place; neither URL nor secret is told.
 */
public final class WebhookFile {

    /** The most characters of a file. */
    static final int MAX_CHARACTERS = 1 << 16;

    /** Each is asked for what it is to be told, once a second. */
    static final int MOST = 16;

    private static final int MOST_URL = 2_048;
    private static final int LEAST_SECRET = 16;
    private static final int MOST_SECRET = 4_096;
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[(0*:)*:?0*1]", Pattern.CASE_INSENSITIVE);

    private static final Field<String> NAME = new Field<>(
            "name",
            Forms.text("[a-z0-9-]{1,64}", "1 to 64 characters of a-z 0-9 -"),
            true,
            "What it is called in logs and metrics of the database; no other has this name.",
            "name: operations");
    private static final Field<String> URL = new Field<>(
            "url", Forms.prose(MOST_URL), true, "Where messages are posted.", "url: https://hooks.example.com/alerts");
    private static final Field<String> SECRET = new Field<>(
            "secret",
            Forms.prose(MOST_SECRET),
            true,
            "What messages are signed with, or a reference to it.",
            "secret: file:/etc/millrace/hook");
    private static final Field<Severity> MIN_SEVERITY = new Field<>(
            "minSeverity",
            Forms.choice(List.of(Severity.values()), Severity::text),
            false,
            "What is less severe is not told.",
            "minSeverity: warning");
    private static final Field<Boolean> ALLOW_HTTP = new Field<>(
            "allowHttp", new Forms.Flag(), false, "Whether the network to it is trusted.", "allowHttp: true");

    private final Problems problems = new Problems();
    private final Set<String> names = new HashSet<>();
    private final Secrets secrets;

    private WebhookFile(Secrets secrets) {
        this.secrets = secrets;
    }

    /** What a text stands for that may be a reference. Throws {@link IllegalArgumentException} with what is wrong. */
    public interface Secrets {
        String resolve(String text);
    }

    /** What became of a file. */
    public sealed interface Parsed {}

    /** A file without a problem. */
    public record Valid(List<WebhookConfig> webhooks) implements Parsed {}

    /**
     * A file that is refused.
     *
     * @param problems at least one, in the order of the file
     */
    public record Refused(List<Problem> problems) implements Parsed {}

    /** Reads the text of a file. */
    public static Parsed parse(String text, Secrets secrets) {
        WebhookFile file = new WebhookFile(secrets);
        Field<List<WebhookConfig>> webhooks =
                new Field<>("webhooks", file.new Webhooks(), true, "Who is told.", "webhooks: []");
        Optional<List<WebhookConfig>> read = Values.ofFile(text, MAX_CHARACTERS, List.of(webhooks), file.problems)
                .flatMap(values -> values.read(webhooks));
        return file.problems.count() == 0 && read.isPresent()
                ? new Valid(read.get())
                : new Refused(file.problems.found());
    }

    private final class Webhooks implements Form<List<WebhookConfig>> {

        @Override
        public Optional<List<WebhookConfig>> read(Yaml node, String name, Problems noted) {
            if (!(node instanceof Yaml.Sequence(Yaml.Place _, List<Yaml> items))) {
                noted.note(node.place(), name + " must be a list");
                return Optional.empty();
            }
            if (items.size() > MOST) {
                noted.note(items.get(MOST).place(), "there may be at most " + MOST + " webhooks");
                return Optional.empty();
            }
            return Optional.of(
                    items.stream().flatMap(item -> webhook(item).stream()).toList());
        }

        @Override
        public JsonObject schema() {
            return new JsonObject()
                    .put("type", "array")
                    .put("maxItems", MOST)
                    .put("items", Forms.mapping(List.of(NAME, URL, SECRET, MIN_SEVERITY, ALLOW_HTTP)));
        }

        @Override
        public String words() {
            return "a list of up to " + MOST + " webhooks";
        }
    }

    private Optional<WebhookConfig> webhook(Yaml node) {
        return Values.of(node, "a webhook", List.of(NAME, URL, SECRET, MIN_SEVERITY, ALLOW_HTTP), problems)
                .flatMap(this::webhook);
    }

    private Optional<WebhookConfig> webhook(Values values) {
        Optional<String> name = values.read(NAME).filter(text -> isFree(values, text));
        boolean http = values.read(ALLOW_HTTP).orElse(false);
        Optional<URI> url = values.read(URL).flatMap(text -> url(values, text, http));
        Optional<String> secret = values.read(SECRET).flatMap(text -> secret(values, text));
        Severity severity = values.read(MIN_SEVERITY).orElse(Severity.INFO);
        if (name.isEmpty() || url.isEmpty() || secret.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new WebhookConfig(new AlertRoute(name.get(), severity), url.get(), secret.get()));
    }

    private boolean isFree(Values values, String name) {
        if (name.equals(SnsConfig.NAME)) {
            values.note(NAME, "name must not be " + SnsConfig.NAME + ", which is the topic's");
            return false;
        }
        if (!names.add(name)) {
            values.note(NAME, "another webhook has this name");
            return false;
        }
        return true;
    }

    private Optional<URI> url(Values values, String text, boolean http) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException _) {
            values.note(URL, "url must look like https://host/path");
            return Optional.empty();
        }
        String scheme = String.valueOf(url.getScheme());
        if (url.getHost() == null
                || (!scheme.equals("https") && !scheme.equals("http"))
                || url.getPort() == 0
                || url.getPort() > 65_535
                || url.getRawFragment() != null) {
            values.note(URL, "url must look like https://host/path");
            return Optional.empty();
        }
        if (url.getRawUserInfo() != null) {
            values.note(URL, "url must not hold a user or password; messages are signed with the secret");
            return Optional.empty();
        }
        if (scheme.equals("http") && !http && !LOOPBACK.matcher(url.getHost()).matches()) {
            values.note(URL, "url must be https; allowHttp: true where the network to it is trusted");
            return Optional.empty();
        }
        return Optional.of(url);
    }

    private Optional<String> secret(Values values, String text) {
        String secret;
        try {
            secret = secrets.resolve(text);
        } catch (IllegalArgumentException e) {
            values.note(SECRET, "secret: " + e.getMessage());
            return Optional.empty();
        }
        if (secret.length() < LEAST_SECRET) {
            values.note(SECRET, "secret must have at least " + LEAST_SECRET + " characters");
            return Optional.empty();
        }
        return Optional.of(secret);
    }
}
