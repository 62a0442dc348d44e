package dev.millrace.core.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where Redis is.
 *
 * @param url {@code redis://} or {@code rediss://}, with password where needed
 * @param cluster whether it is the configuration endpoint of a cluster
 * @param rootCertificates whom the server's certificate must come from, over TLS; empty: whom Java trusts
 */
public record RedisConfig(URI url, boolean cluster, Optional<CaBundle> rootCertificates) {

    /** A server without root certificates of its own. */
    public RedisConfig(URI url, boolean cluster) {
        this(url, cluster, Optional.empty());
    }

    private static final Pattern DATABASE = Pattern.compile("|/[0-9]{0,9}");
    private static final String PARAMETER = "(?:(?:user|password)=[^&]+|db=[0-9]{1,9})";
    private static final Pattern PARAMETERS = Pattern.compile(PARAMETER + "(?:&" + PARAMETER + ")*");

    /** What {@code REDIS_URL}, {@code REDIS_CLUSTER} and {@code REDIS_CA_FILE} say. */
    public static RedisConfig read(Environment environment) {
        URI url = environment.optional("REDIS_URL", RedisConfig::parse).orElse(URI.create("redis://localhost:6379"));
        return new RedisConfig(
                url, environment.flag("REDIS_CLUSTER", false), environment.optional("REDIS_CA_FILE", CaBundle::parse));
    }

    /** Whether the connection is encrypted. */
    public boolean isTls() {
        return "rediss".equals(url.getScheme());
    }

    private static URI parse(String text) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException _) {
            throw new IllegalArgumentException("must look like redis://host:6379 or rediss://host:6379");
        }
        boolean known = "redis".equals(url.getScheme()) || "rediss".equals(url.getScheme());
        if (!known || url.getHost() == null) {
            throw new IllegalArgumentException("must look like redis://host:6379 or rediss://host:6379");
        }
        if (url.getPort() == 0 || url.getPort() > 65_535) {
            throw new IllegalArgumentException("must have a port from 1 to 65535");
        }
        if (!DATABASE.matcher(url.getPath()).matches()) {
            throw new IllegalArgumentException("must have a number as its database, or none");
        }
        if (url.getQuery() != null && !PARAMETERS.matcher(url.getQuery()).matches()) {
            throw new IllegalArgumentException("has a parameter other than user, password and db");
        }
        return url;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return url.getScheme() + "://" + url.getHost() + ":" + (url.getPort() < 0 ? 6379 : url.getPort());
    }
}
