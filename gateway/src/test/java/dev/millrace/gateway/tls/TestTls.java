package dev.millrace.gateway.tls;

import dev.millrace.core.TestCa;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** What doors that speak TLS are tested with. */
public final class TestTls {

    /** Of the server; another one is put in their place by {@link #replace}. */
    private static final String CERTIFICATE = "server-in-force.pem";

    private static final String KEY = "server-in-force.key";

    private TestTls() {}

    /** Of a server that shows an identity, and believes the clients' of an authority. */
    public static TlsConfig config(Path directory, TestCa.Identity server, TestCa clients) {
        replace(directory, server);
        Environment environment = new Environment(Map.of(
                "TLS_CERT_FILE", directory.resolve(CERTIFICATE).toString(),
                "TLS_KEY_FILE", directory.resolve(KEY).toString(),
                "CLIENT_CA_FILE", clients.bundle().file().toString()));
        TlsConfig config = TlsConfig.read(environment).orElseThrow();
        try {
            environment.check();
        } catch (InvalidConfiguration e) {
            throw new IllegalStateException(e);
        }
        return config;
    }

    /** Puts another identity into the server's files. */
    public static void replace(Path directory, TestCa.Identity server) {
        write(server.certificate(), directory.resolve(CERTIFICATE));
        write(server.key(), directory.resolve(KEY));
    }

    private static void write(Path from, Path to) {
        try {
            Path next = Files.copy(from, to.resolveSibling(to.getFileName() + ".new"));
            Files.move(next, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets in devices by their certificates, for the sensor of the same name, and whoever shows the key "admin". */
    public static Authenticator authenticator() {
        return credentials -> switch (credentials) {
            case Credentials.Certificate own ->
                new Authentication.Authenticated(new Principal(own.deviceId(), Role.DEVICE, own.deviceId()::equals));
            case Credentials.Bearer(String token) ->
                token.equals("admin")
                        ? new Authentication.Authenticated(new Principal("admin", Role.ADMIN, _ -> true))
                        : new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY);
            case Credentials.None _ -> new Authentication.Refused(Authentication.Reason.MISSING);
            case Credentials.Malformed _ -> new Authentication.Refused(Authentication.Reason.MALFORMED);
        };
    }
}
