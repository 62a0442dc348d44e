package dev.millrace.core.connect;

import dev.millrace.core.config.CaBundle;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Whose certificates a client believes. */
public final class Trust {

    private Trust() {}

    /** Those of a bundle; without one those that Java trusts. */
    public static TrustOptions of(Optional<CaBundle> bundle) {
        return bundle.<TrustOptions>map(
                        given -> new PemTrustOptions().addCertPath(given.file().toString()))
                .orElseGet(() -> TrustOptions.wrap(ofJava()));
    }

    private static X509TrustManager ofJava() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            @Nullable KeyStore itsOwn = null;
            factory.init(itsOwn);
            return Arrays.stream(factory.getTrustManagers())
                    .filter(X509TrustManager.class::isInstance)
                    .map(X509TrustManager.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (NoSuchAlgorithmException | KeyStoreException e) {
            // every Java platform has one
            throw new IllegalStateException(e);
        }
    }
}
