package dev.millrace.core;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.core.config.CaBundle;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * An authority of the test's own, which gives out certificates for servers and clients, good ones and others. It writes them
 * itself (X.509, RFC 5280), so that there may be anything in them, and at once.
 */
public final class TestCa {

    private static final AtomicInteger SERIALS = new AtomicInteger(1);

    private final Path directory;
    private final String name;
    private final KeyPair keys = ecKeys();
    private final X509Certificate certificate;
    private final Optional<TestCa> issuer;

    /** A root. Its files are made in a directory, which may hold others'. */
    public TestCa(Path directory, String name) {
        this(directory, name, Optional.empty());
    }

    private TestCa(Path directory, String name, Optional<TestCa> issuer) {
        this.directory = directory;
        this.name = name;
        this.issuer = issuer;
        this.certificate =
                issuer.orElse(this).sign(keys, Leaf.of(name), DerWriter.basicConstraints(), DerWriter.name(name));
    }

    /** An authority that has its certificate from this one. */
    public TestCa intermediate(String called) {
        return new TestCa(directory, called, Optional.of(this));
    }

    /**
     * What a certificate says of its holder.
     *
     * @param commonName the subject's; empty: it has none
     * @param names alternative ones, such as {@code dns:localhost,ip:127.0.0.1,uri:urn:a:b}; empty: none
     * @param rsa whether the key is one of RSA, in the form of PKCS #1
     */
    public record Leaf(String commonName, String names, Instant notBefore, Instant notAfter, boolean rsa) {

        /** One that has been valid for an hour, and is for a day. */
        public static Leaf of(String commonName) {
            Instant now = Instant.now();
            return new Leaf(commonName, "", now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(1)), false);
        }

        public Leaf names(String given) {
            return new Leaf(commonName, given, notBefore, notAfter, rsa);
        }

        /** Times have whole seconds. */
        public Leaf valid(Instant from, Instant to) {
            return new Leaf(commonName, names, from, to, rsa);
        }

        public Leaf withRsa() {
            return new Leaf(commonName, names, notBefore, notAfter, true);
        }
    }

    /**
     * A certificate and its key, PEM.
     *
     * @param certificate the holder's, and those of the authorities below the root
     */
    public record Identity(Path certificate, Path key, List<X509Certificate> chain, PrivateKey privateKey) {

        /** The holder's certificate. */
        public X509Certificate leaf() {
            return chain.getFirst();
        }
    }

    /** What whoever trusts it has. */
    public CaBundle bundle() {
        return new CaBundle(write(name + ".pem", pem("CERTIFICATE", encoded(certificate))));
    }

    /** Its own certificate. */
    public X509Certificate certificate() {
        return certificate;
    }

    /**
     * A server's.
     *
     * @param names such as {@code dns:localhost,ip:127.0.0.1}
     */
    public Identity server(String alias, String names) {
        return issue(alias, Leaf.of(alias).names(names));
    }

    /** A client's, whose common name is its alias. */
    public Identity client(String alias) {
        return issue(alias, Leaf.of(alias));
    }

    /**
     * Whatever a certificate may say.
     *
     * @param alias names its files
     */
    public Identity issue(String alias, Leaf leaf) {
        KeyPair pair = leaf.rsa() ? rsaKeys() : ecKeys();
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(sign(pair, leaf, new byte[0], DerWriter.name(leaf.commonName())));
        for (TestCa ca = this; ca.issuer.isPresent(); ca = ca.issuer.get()) {
            chain.add(ca.certificate);
        }
        StringBuilder text = new StringBuilder();
        chain.forEach(one -> text.append(pem("CERTIFICATE", encoded(one))));
        byte[] pkcs8 = pair.getPrivate().getEncoded();
        String key = leaf.rsa() ? pem("RSA PRIVATE KEY", DerWriter.pkcs1(pkcs8)) : pem("PRIVATE KEY", pkcs8);
        return new Identity(
                write(alias + ".pem", text.toString()),
                write(alias + ".key", key),
                List.copyOf(chain),
                pair.getPrivate());
    }

    /** What a client of the JDK needs that trusts this authority, and shows an identity or none. */
    public SSLContext context(Optional<Identity> shown) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            KeyManager[] shows = {};
            if (shown.isPresent()) {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                store.setKeyEntry(
                        "own",
                        shown.get().privateKey(),
                        new char[0],
                        shown.get().chain().toArray(X509Certificate[]::new));
                KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
                factory.init(store, new char[0]);
                shows = factory.getKeyManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(shows, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private X509Certificate sign(KeyPair holder, Leaf leaf, byte[] constraints, byte[] subject) {
        try {
            List<byte[]> extensions = new ArrayList<>();
            if (constraints.length > 0) {
                extensions.add(constraints);
            }
            if (!leaf.names().isEmpty()) {
                extensions.add(DerWriter.alternativeNames(leaf.names()));
            }
            byte[] toBeSigned = DerWriter.toBeSigned(
                    SERIALS.getAndIncrement(),
                    DerWriter.name(name),
                    leaf.notBefore(),
                    leaf.notAfter(),
                    subject,
                    holder.getPublic().getEncoded(),
                    extensions);
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(toBeSigned);
            byte[] der = DerWriter.certificate(toBeSigned, signature.sign());
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path write(String file, String text) {
        try {
            return Files.writeString(directory.resolve(file), text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der)
                + "\n-----END " + type + "-----\n";
    }

    private static KeyPair ecKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair rsaKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
