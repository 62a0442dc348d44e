package dev.millrace.gateway.auth.jwt;

import dev.millrace.core.config.CaBundle;
import dev.millrace.core.config.Environment;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Whose tokens are taken, and what they must say.
 *
 * @param issuer what {@code iss} must be, character by character
 * @param audience what {@code aud} must be or contain
 * @param jwksUrl where the issuer publishes its keys: https, or http on this machine
 * @param roles where a token has its roles
 * @param rootCertificates whom the certificate of {@code jwksUrl} must come from; unless given whom Java trusts
 */
public record OidcConfig(
        String issuer, String audience, URI jwksUrl, RolesClaim roles, Optional<CaBundle> rootCertificates) {

    private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final Pattern PREFIX = Pattern.compile("[\\x21-\\x7e]{0,64}");
    private static final String NOT_VISIBLE = "must be 1 to 255 visible characters of ASCII";
    private static final String TOGETHER = "must be set where one of OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL is";

    /**
     * What the settings say; empty where no tokens are taken.
     *
     * @param asked whether callers are asked who they are at all
     */
    public static Optional<OidcConfig> read(Environment environment, boolean asked) {
        // a value that is wrong reads as none, and is a problem already
        boolean anyGiven = environment.optionalText("OIDC_ISSUER").isPresent()
                || environment.optionalText("OIDC_AUDIENCE").isPresent()
                || environment.optionalText("OIDC_JWKS_URL").isPresent();
        Optional<String> issuer = setting(environment, "OIDC_ISSUER", anyGiven, OidcConfig::issuer);
        Optional<String> audience = setting(environment, "OIDC_AUDIENCE", anyGiven, OidcConfig::visible);
        Optional<URI> jwksUrl = setting(environment, "OIDC_JWKS_URL", anyGiven, OidcConfig::jwksUrl);
        String claim = environment.text("OIDC_ROLES_CLAIM", "roles", VISIBLE, NOT_VISIBLE);
        String prefix =
                environment.text("OIDC_ROLE_PREFIX", "", PREFIX, "must be at most 64 visible characters of ASCII");
        Optional<CaBundle> rootCertificates = environment.optional("OIDC_CA_FILE", CaBundle::parse);
        if (anyGiven && !asked) {
            environment.problem("OIDC_ISSUER", "must not be set where AUTH is off: no token would be asked for");
            return Optional.empty();
        }
        if (issuer.isEmpty() || audience.isEmpty() || jwksUrl.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new OidcConfig(
                issuer.get(), audience.get(), jwksUrl.get(), new RolesClaim(claim, prefix), rootCertificates));
    }

    private static <T> Optional<T> setting(
            Environment environment, String name, boolean needed, Function<String, T> parser) {
        if (needed && environment.optionalText(name).isEmpty()) {
            environment.problem(name, TOGETHER);
        }
        return environment.optional(name, parser);
    }

    private static String visible(String text) {
        if (!VISIBLE.matcher(text).matches()) {
            throw new IllegalArgumentException(NOT_VISIBLE);
        }
        return text;
    }

    /** The text itself: a token has it in the same form or is not the issuer's. */
    private static String issuer(String text) {
        URI url = url(visible(text));
        if (url.getRawQuery() != null) {
            throw new IllegalArgumentException("must not have a query");
        }
        return text;
    }

    private static URI jwksUrl(String text) {
        URI url = url(text);
        if (!url.getScheme().equalsIgnoreCase("https") && !isLoopback(url.getHost())) {
            // whoever can change the keys on their way can make tokens
            throw new IllegalArgumentException("must be https, but for http on a loopback address such as 127.0.0.1");
        }
        return url;
    }

    private static URI url(String text) {
        try {
            URI url = new URI(text);
            boolean web = "https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme());
            if (web
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null
                    && url.getPort() <= 65_535) {
                return url;
            }
        } catch (URISyntaxException _) {
            // said below; the exception's text has the value
        }
        throw new IllegalArgumentException("must be a URL such as https://login.example, without user and fragment");
    }

    private static boolean isLoopback(String host) {
        try {
            return host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
