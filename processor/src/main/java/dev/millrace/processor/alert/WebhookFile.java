package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.yaml.YamlFields;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

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
    private static final Set<String> FIELDS = Set.of("name", "url", "secret", "minSeverity", "allowHttp");
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[(0*:)*:?0*1]", Pattern.CASE_INSENSITIVE);

    private final YamlFields yaml = new YamlFields();
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
    public record Refused(List<YamlFields.Problem> problems) implements Parsed {}

    /** Reads the text of a file. */
    public static Parsed parse(String text, Secrets secrets) {
        WebhookFile file = new WebhookFile(secrets);
        List<WebhookConfig> webhooks =
                file.yaml.root(text, MAX_CHARACTERS).map(file::document).orElseGet(List::of);
        List<YamlFields.Problem> problems = file.yaml.problems();
        return problems.isEmpty() ? new Valid(webhooks) : new Refused(problems);
    }

    private List<WebhookConfig> document(Node root) {
        Map<String, Node> fields = yaml.fields(root, "the file", Set.of("webhooks"));
        List<WebhookConfig> webhooks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<Node> items = yaml.items(root, fields, "webhooks");
        if (items.size() > MOST) {
            yaml.note(items.get(MOST), "there may be at most " + MOST + " webhooks");
        }
        for (Node node : items) {
            webhook(node, names).ifPresent(webhooks::add);
        }
        return webhooks;
    }

    private Optional<WebhookConfig> webhook(Node node, Set<String> names) {
        Map<String, Node> fields = yaml.fields(node, "a webhook", FIELDS);
        if (!(node instanceof MappingNode)) {
            return Optional.empty();
        }
        Optional<String> name = yaml.text(node, fields, "name").filter(text -> isName(fields.get("name"), text, names));
        boolean http = flag(fields, "allowHttp");
        Optional<URI> url = yaml.text(node, fields, "url").flatMap(text -> url(fields.get("url"), text, http));
        Optional<String> secret = yaml.text(node, fields, "secret").flatMap(text -> secret(fields.get("secret"), text));
        Optional<Severity> severity =
                yaml.optionalText(fields, "minSeverity").map(Severity::parse).orElse(Optional.of(Severity.INFO));
        if (severity.isEmpty()) {
            yaml.note(fields.get("minSeverity"), "minSeverity must be info, warning or critical");
        }
        if (name.isEmpty() || url.isEmpty() || secret.isEmpty() || severity.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new WebhookConfig(new AlertRoute(name.get(), severity.get()), url.get(), secret.get()));
    }

    private boolean isName(@Nullable Node node, String name, Set<String> names) {
        if (!NAME.matcher(name).matches()) {
            yaml.note(node, "name must have 1 to 64 characters of a-z 0-9 -");
            return false;
        }
        if (name.equals(SnsConfig.NAME)) {
            yaml.note(node, "name must not be " + SnsConfig.NAME + ", which is the topic's");
            return false;
        }
        if (!names.add(name)) {
            yaml.note(node, "another webhook has this name");
            return false;
        }
        return true;
    }

    private boolean flag(Map<String, Node> fields, String name) {
        return yaml.optionalText(fields, name)
                .map(text -> {
                    if (!text.equals("true") && !text.equals("false")) {
                        yaml.note(fields.get(name), name + " must be true or false");
                    }
                    return text.equals("true");
                })
                .orElse(false);
    }

    private Optional<URI> url(@Nullable Node node, String text, boolean http) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException _) {
            yaml.note(node, "url must look like https://host/path");
            return Optional.empty();
        }
        String scheme = String.valueOf(url.getScheme());
        if (url.getHost() == null
                || (!scheme.equals("https") && !scheme.equals("http"))
                || url.getPort() == 0
                || url.getPort() > 65_535
                || url.getRawFragment() != null
                || text.length() > MOST_URL) {
            yaml.note(node, "url must look like https://host/path");
            return Optional.empty();
        }
        if (url.getRawUserInfo() != null) {
            yaml.note(node, "url must not hold a user or password; messages are signed with the secret");
            return Optional.empty();
        }
        if (scheme.equals("http") && !http && !LOOPBACK.matcher(url.getHost()).matches()) {
            yaml.note(node, "url must be https; allowHttp: true where the network to it is trusted");
            return Optional.empty();
        }
        return Optional.of(url);
    }

    private Optional<String> secret(@Nullable Node node, String text) {
        String secret;
        try {
            secret = secrets.resolve(text);
        } catch (IllegalArgumentException e) {
            yaml.note(node, "secret: " + e.getMessage());
            return Optional.empty();
        }
        if (secret.length() < LEAST_SECRET) {
            yaml.note(node, "secret must have at least " + LEAST_SECRET + " characters");
            return Optional.empty();
        }
        return Optional.of(secret);
    }
}
