package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.auth.ApiKey;
import java.io.PrintStream;
import java.security.SecureRandom;

/** {@code key}: makes an API key, shows it once, and shows what the gateway's key file needs of it. */
final class KeyApp {

    private KeyApp() {}

    static int run(Environment environment, PrintStream out) throws InvalidConfiguration {
        KeyConfig config = KeyConfig.read(environment);
        environment.check();
        ApiKey key = ApiKey.generate(config.name(), new SecureRandom());
        out.println("The key, shown only here:");
        out.println("  " + key.text());
        out.println("The entry for API_KEYS_FILE:");
        out.println("  " + config.entry(key));
        return 0;
    }
}
