package dev.millrace.core.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * How PostgreSQL is reached.
 *
 * @param login who logs in, as it was at the start
 * @param sslMode disable, prefer, require, verify-ca or verify-full, as libpq names them
 * @param rootCertificates whom the server's certificate must come from, where it is verified; empty: whom Java trusts
 * @param renewal where the login is kept and can be read again once it is refused; empty: it stands in the settings themselves
 */
public record DatabaseConfig(
        String host,
        int port,
        String database,
        DatabaseLogin login,
        SslMode sslMode,
        Optional<CaBundle> rootCertificates,
        Optional<LoginSource> renewal) {

    /** A login that stays. */
    public DatabaseConfig(
            String host,
            int port,
            String database,
            String user,
            String password,
            SslMode sslMode,
            Optional<CaBundle> rootCertificates) {
        this(host, port, database, new DatabaseLogin(user, password), sslMode, rootCertificates, Optional.empty());
    }

    /** A login that stays, without root certificates of its own. */
    public DatabaseConfig(String host, int port, String database, String user, String password, SslMode sslMode) {
        this(host, port, database, user, password, sslMode, Optional.empty());
    }

    /** The user's name at the start. */
    public String user() {
        return login.user();
    }

    /** The password at the start. */
    public String password() {
        return login.password();
    }

    /** How the connection is encrypted and the server checked. */
    public enum SslMode {
        DISABLE("disable"),
        PREFER("prefer"),
        REQUIRE("require"),
        VERIFY_CA("verify-ca"),
        VERIFY_FULL("verify-full");

        private final String text;

        SslMode(String text) {
            this.text = text;
        }

        /** Whether the server must show a certificate that comes from an authority that is trusted. */
        public boolean isVerifying() {
            return this == VERIFY_CA || this == VERIFY_FULL;
        }

        /** The mode as libpq spells it. */
        public String text() {
            return text;
        }

        static SslMode parse(String text) {
            for (SslMode mode : values()) {
                if (mode.text.equals(text)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException("sslmode must be disable, prefer, require, verify-ca or verify-full");
        }
    }

    /** What {@code DATABASE_URL} says, its parts overridden by those variables that are set. */
    public static DatabaseConfig read(Environment environment) {
        DatabaseConfig url = environment
                .optional("DATABASE_URL", DatabaseConfig::parse)
                .orElse(new DatabaseConfig("localhost", 5432, "millrace", "millrace", "", SslMode.PREFER));
        return new DatabaseConfig(
                environment.text("DATABASE_HOST", url.host),
                url.port,
                url.database,
                new DatabaseLogin(
                        environment.text("DATABASE_USER", url.user()),
                        environment.text("DATABASE_PASSWORD", url.password())),
                url.sslMode,
                url.rootCertificates,
                environment.isReference("DATABASE_URL", "DATABASE_USER", "DATABASE_PASSWORD")
                        ? Optional.of(again(environment, "DATABASE", url.login))
                        : Optional.empty());
    }

    /**
     * The owner's login: what {@code DATABASE_MIGRATION_URL} says, or what is the service's own, user and password overridden by
     * their variables where they are set.
     */
    public static DatabaseConfig readMigration(Environment environment, DatabaseConfig own) {
        Optional<DatabaseConfig> url = environment.optional("DATABASE_MIGRATION_URL", DatabaseConfig::parse);
        Optional<String> user = environment.optionalText("DATABASE_MIGRATION_USER");
        Optional<String> password = environment.optionalText("DATABASE_MIGRATION_PASSWORD");
        boolean other = environment.isSet("DATABASE_MIGRATION_URL");
        if (!other
                && environment.isSet("DATABASE_MIGRATION_USER") != environment.isSet("DATABASE_MIGRATION_PASSWORD")) {
            environment.problem("DATABASE_MIGRATION_USER", "must be set together with DATABASE_MIGRATION_PASSWORD");
        }
        if (!other && user.isEmpty()) {
            return own;
        }
        DatabaseConfig base = url.orElse(own);
        return new DatabaseConfig(
                base.host,
                base.port,
                base.database,
                new DatabaseLogin(user.orElse(base.user()), password.orElse(base.password())),
                base.sslMode,
                base.rootCertificates,
                environment.isReference(
                                "DATABASE_MIGRATION_URL", "DATABASE_MIGRATION_USER", "DATABASE_MIGRATION_PASSWORD")
                        ? Optional.of(again(environment, "DATABASE_MIGRATION", own.login))
                        : Optional.empty());
    }

    /**
     * User and password are read as one, so that they belong together, and nothing else is: where a host's name is kept, or the URL
     * of which the login takes nothing, may be away now.
     *
     * @param prefix what the names of the variables begin with
     * @param otherwise whose user and password those are that no variable says
     */
    private static LoginSource again(Environment environment, String prefix, DatabaseLogin otherwise) {
        return () -> {
            Environment fresh = environment.afresh();
            DatabaseLogin login = readLogin(fresh, prefix, otherwise);
            List<String> problems = fresh.problems();
            return problems.isEmpty()
                    ? new LoginSource.Current(login)
                    : new LoginSource.Unreadable(String.join("; ", problems));
        };
    }

    private static DatabaseLogin readLogin(Environment environment, String prefix, DatabaseLogin otherwise) {
        boolean whole = environment.isSet(prefix + "_USER") && environment.isSet(prefix + "_PASSWORD");
        DatabaseLogin url = whole
                ? otherwise
                : environment
                        .optional(prefix + "_URL", text -> login(uri(text)))
                        .orElse(otherwise);
        return new DatabaseLogin(
                environment.text(prefix + "_USER", url.user()), environment.text(prefix + "_PASSWORD", url.password()));
    }

    /** Parses {@code postgresql://user:password@host:port/database?sslmode=…&sslrootcert=…}. Messages never hold the text. */
    static DatabaseConfig parse(String url) {
        URI uri = uri(url);
        DatabaseLogin login = login(uri);
        SslMode sslMode = SslMode.PREFER;
        Optional<CaBundle> rootCertificates = Optional.empty();
        for (String parameter :
                Optional.ofNullable(uri.getRawQuery()).orElse("").split("&", -1)) {
            if (parameter.startsWith("sslmode=")) {
                sslMode = SslMode.parse(parameter.substring("sslmode=".length()));
            } else if (parameter.startsWith("sslrootcert=")) {
                rootCertificates = Optional.of(rootCertificates(decode(parameter.substring("sslrootcert=".length()))));
            } else if (!parameter.isEmpty()) {
                throw new IllegalArgumentException("has a parameter other than sslmode and sslrootcert");
            }
        }
        if (rootCertificates.isPresent() && !sslMode.isVerifying()) {
            throw new IllegalArgumentException("has an sslrootcert, which only sslmode verify-ca and verify-full use");
        }
        return new DatabaseConfig(
                uri.getHost(),
                uri.getPort() < 0 ? 5432 : uri.getPort(),
                uri.getPath().substring(1),
                login,
                sslMode,
                rootCertificates,
                Optional.empty());
    }

    private static URI uri(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException _) {
            throw new IllegalArgumentException("must look like postgresql://user:password@host:5432/database");
        }
        boolean known = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        String path = Optional.ofNullable(uri.getPath()).orElse("");
        if (!known || uri.getHost() == null || path.length() < 2) {
            throw new IllegalArgumentException("must look like postgresql://user:password@host:5432/database");
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw new IllegalArgumentException("must have a port from 1 to 65535");
        }
        return uri;
    }

    private static DatabaseLogin login(URI uri) {
        String[] parts = Optional.ofNullable(uri.getRawUserInfo()).orElse("").split(":", 2);
        return new DatabaseLogin(decode(parts[0]), parts.length > 1 ? decode(parts[1]) : "");
    }

    private static CaBundle rootCertificates(String path) {
        try {
            return CaBundle.parse(path);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("has an sslrootcert that " + e.getMessage(), e);
        }
    }

    private static String decode(String text) {
        // a plus sign stands for itself in a URI's user info
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "postgresql://" + login.user() + "@" + host + ":" + port + "/" + database + "?sslmode=" + sslMode.text;
    }
}
