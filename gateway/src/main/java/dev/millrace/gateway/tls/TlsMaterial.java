package dev.millrace.gateway.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * What the doors show and whom they believe: a certificate that belongs to its key, with those that lead to its authority in
 * order, and the authorities of clients.
 *
 * @param keys the certificate and its key
 * @param clientTrust who signs clients' certificates; empty: clients are not asked for one
 * @param notBefore from when all of the chain is valid
 * @param notAfter until when
 */
record TlsMaterial(KeyManagerFactory keys, Optional<TrustManager> clientTrust, Instant notBefore, Instant notAfter) {

    /** The longest chain; browsers and JDKs take none that is much longer. */
    static final int MAX_CHAIN = 8;

    static final int MAX_AUTHORITIES = 1_000;

    private static final int MIN_RSA_BITS = 2048;

    /** What came of a look at the files' content. */
    sealed interface Parsed {

        record Valid(TlsMaterial material) implements Parsed {}

        /**
         * They cannot be used.
         *
         * @param problems at least one
         */
        record Refused(List<Problem> problems) implements Parsed {}
    }

    /**
     * What is wrong with a file.
     *
     * @param setting the variable that names it
     * @param message holds nothing of its content
     */
    record Problem(String setting, String message) {

        @Override
        public String toString() {
            return setting + ": " + message;
        }
    }

    /** Takes PEM files apart; every problem is found. */
    static Parsed parse(byte[] certificate, byte[] key, Optional<byte[]> authorities) {
        List<Problem> problems = new ArrayList<>();
        List<X509Certificate> chain = chain(certificate, problems);
        Optional<PrivateKey> own = key(key, problems);
        if (!chain.isEmpty() && own.isPresent() && !belongTogether(chain.getFirst(), own.get())) {
            problems.add(new Problem("TLS_KEY_FILE", "the key is not that of the certificate"));
        }
        Optional<TrustManager> trust = authorities.flatMap(bundle -> trust(bundle, problems));
        if (!problems.isEmpty() || own.isEmpty()) {
            return new Parsed.Refused(problems);
        }
        return new Parsed.Valid(new TlsMaterial(
                keyManagers(chain, own.get()),
                trust,
                chain.stream()
                        .map(one -> one.getNotBefore().toInstant())
                        .max(Instant::compareTo)
                        .orElseThrow(),
                chain.stream()
                        .map(one -> one.getNotAfter().toInstant())
                        .min(Instant::compareTo)
                        .orElseThrow()));
    }

    /** Why it cannot be shown now; empty where it can. */
    Optional<Problem> problemAt(Instant now) {
        if (now.isBefore(notBefore)) {
            return Optional.of(new Problem("TLS_CERT_FILE", "the chain is valid only from " + notBefore + " on"));
        }
        return now.isAfter(notAfter)
                ? Optional.of(new Problem("TLS_CERT_FILE", "the chain was valid until " + notAfter))
                : Optional.empty();
    }

    private static List<X509Certificate> chain(byte[] pem, List<Problem> problems) {
        List<X509Certificate> chain = certificates("TLS_CERT_FILE", pem, problems);
        if (chain.size() > MAX_CHAIN) {
            problems.add(new Problem("TLS_CERT_FILE", "must have at most " + MAX_CHAIN + " certificates"));
        }
        OptionalInt strange = Stream.iterate(1, i -> i < chain.size(), i -> i + 1)
                .mapToInt(i -> i)
                .filter(i -> !isIssuedBy(chain.get(i - 1), chain.get(i)))
                .findFirst();
        if (strange.isPresent()) {
            problems.add(new Problem(
                    "TLS_CERT_FILE",
                    "certificate " + strange.getAsInt() + " must be issued by the one behind it"
                            + " (the server's own comes first)"));
        }
        return chain;
    }

    private static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
        try {
            certificate.verify(issuer.getPublicKey());
            return certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private static Optional<PrivateKey> key(byte[] pem, List<Problem> problems) {
        try {
            return Optional.of(PemKeys.parse(pem));
        } catch (PemKeys.Unusable e) {
            problems.add(new Problem("TLS_KEY_FILE", String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    /** Whether what the key signs is what the certificate's holder signed. */
    private static boolean belongTogether(X509Certificate certificate, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(key instanceof RSAKey ? "SHA256withRSA" : "SHA256withECDSA");
            byte[] sample = certificate.getSignature();
            signature.initSign(key);
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(sample);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw everyPlatformHasIt(e);
        }
    }

    private static Optional<TrustManager> trust(byte[] pem, List<Problem> problems) {
        String setting = "CLIENT_CA_FILE";
        int before = problems.size();
        List<X509Certificate> authorities = certificates(setting, pem, problems);
        if (authorities.size() > MAX_AUTHORITIES) {
            problems.add(new Problem(setting, "must have at most " + MAX_AUTHORITIES + " certificates"));
        }
        if (authorities.stream().anyMatch(one -> one.getBasicConstraints() < 0)) {
            // it would let in whoever has that very certificate, which is not what a bundle of authorities says
            problems.add(new Problem(setting, "must have certificates of authorities only"));
        }
        return problems.size() > before ? Optional.empty() : Optional.of(trustManager(authorities));
    }

    private static List<X509Certificate> certificates(String setting, byte[] pem, List<Problem> problems) {
        try {
            List<X509Certificate> found = new ArrayList<>();
            for (Certificate one :
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
                if (one instanceof X509Certificate certificate) {
                    found.add(certificate);
                }
            }
            if (found.isEmpty()) {
                problems.add(new Problem(setting, "has no PEM certificate"));
            } else if (found.stream().anyMatch(TlsMaterial::isWeak)) {
                problems.add(new Problem(setting, "must have keys of EC, or of RSA with 2048 bits or more"));
            }
            return found;
        } catch (CertificateException _) {
            problems.add(new Problem(setting, "is not a file of PEM certificates"));
            return List.of();
        }
    }

    private static boolean isWeak(X509Certificate certificate) {
        return switch (certificate.getPublicKey()) {
            case RSAKey rsa -> rsa.getModulus().bitLength() < MIN_RSA_BITS;
            case ECKey _ -> false;
            default -> true;
        };
    }

    private static KeyManagerFactory keyManagers(List<X509Certificate> chain, PrivateKey key) {
        try {
            char[] password = {};
            KeyStore store = emptyStore();
            store.setKeyEntry("server", key, password, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
            factory.init(store, password);
            return factory;
        } catch (IOException | GeneralSecurityException e) {
            throw everyPlatformHasIt(e);
        }
    }

    private static TrustManager trustManager(List<X509Certificate> authorities) {
        try {
            KeyStore store = emptyStore();
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory.getTrustManagers()[0];
        } catch (IOException | GeneralSecurityException e) {
            throw everyPlatformHasIt(e);
        }
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static IllegalStateException everyPlatformHasIt(Exception e) {
        return new IllegalStateException("a Java platform without what every one has", e);
    }
}
