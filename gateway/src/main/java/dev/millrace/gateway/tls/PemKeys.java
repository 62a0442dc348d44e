package dev.millrace.gateway.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.net.impl.pkcs1.PrivateKeyParser;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Private keys in PEM: PKCS #8 (RFC 5958), of RSA also PKCS #1 (RFC 8017), of elliptic curves also SEC 1 (RFC 5915). */
final class PemKeys {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]+)-----END \\1-----");

    private PemKeys() {}

    /** A file's content is no key that can be used; the message says why, and holds nothing of the content. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        Unusable(String message) {
            super(message);
        }
    }

    /** The one key of a file. */
    static PrivateKey parse(byte[] pem) throws Unusable {
        Matcher block = BLOCK.matcher(new String(pem, US_ASCII));
        if (!block.find()) {
            throw new Unusable("has no PEM private key");
        }
        String type = block.group(1);
        String content = block.group(2);
        if (block.find()) {
            throw new Unusable("has more than one private key");
        }
        if (type.equals("ENCRYPTED PRIVATE KEY")) {
            throw new Unusable("the key is encrypted; it must be given in the clear");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(content);
            return switch (type) {
                case "PRIVATE KEY" ->
                    of(PrivateKeyParser.getPKCS8EncodedKeyAlgorithm(der), new PKCS8EncodedKeySpec(der));
                case "RSA PRIVATE KEY" -> of("RSA", PrivateKeyParser.getRSAKeySpec(der));
                case "EC PRIVATE KEY" -> of("EC", PrivateKeyParser.getECKeySpec(der));
                default -> throw new Unusable("the key must be one of RSA or EC");
            };
        } catch (GeneralSecurityException | RuntimeException _) {
            // the parsers' words may hold something of it
            throw new Unusable("the private key cannot be read; it must be one of RSA or EC");
        }
    }

    private static PrivateKey of(String algorithm, KeySpec spec) throws GeneralSecurityException {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
    }
}
