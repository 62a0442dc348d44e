package dev.millrace.gateway.auth.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The public keys that an issuer signs with, of a JWK Set (RFC 7517). What a token's header asks for is looked up here and
 * nowhere else: a key that comes with the token, or that it says where to find, is nobody's. A key goes with the algorithms of
 * its own type only, so that a public key is never taken for a shared secret (RFC 8725, 2.1). Immutable; thread-safe.
 */
final class SigningKeys {

    /** More than any issuer has; of more the first are taken. */
    static final int MAX_KEYS = 100;

    /** Smaller ones can be broken (RFC 7518, 3.3). */
    private static final int MIN_RSA_BITS = 2048;

    private static final Set<JWSAlgorithm> OF_RSA = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512);

    private static final Map<Curve, JWSAlgorithm> OF_CURVE = Map.of(
            Curve.P_256, JWSAlgorithm.ES256,
            Curve.P_384, JWSAlgorithm.ES384,
            Curve.P_521, JWSAlgorithm.ES512);

    private record Key(Optional<String> id, Set<JWSAlgorithm> algorithms, JWSVerifier verifier) {}

    private final List<Key> keys;

    private SigningKeys(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /**
     * The keys of a JWK Set that can be used here; the others, of other types, for encryption, too small or broken, are passed
     * over (RFC 7517, 5). Empty where it is no JWK Set or has no such key: a provider that lets nobody in is more often one that
     * is broken.
     */
    static Optional<SigningKeys> parse(byte[] jwkSet) {
        List<Object> members;
        try {
            members = JSONObjectUtils.getJSONArray(
                    JSONObjectUtils.parse(new String(jwkSet, StandardCharsets.UTF_8)), "keys");
        } catch (ParseException | RuntimeException _) {
            return Optional.empty();
        }
        if (members == null) {
            return Optional.empty();
        }
        List<Key> keys = members.stream()
                .filter(Map.class::isInstance)
                .flatMap(member -> key((Map<?, ?>) member).stream())
                .limit(MAX_KEYS)
                .toList();
        return keys.isEmpty() ? Optional.empty() : Optional.of(new SigningKeys(keys));
    }

    private static Optional<Key> key(Map<?, ?> member) {
        Map<String, Object> parameters = new HashMap<>();
        member.forEach((name, value) -> parameters.put(String.valueOf(name), value));
        try {
            JWK key = JWK.parse(parameters);
            Set<JWSAlgorithm> algorithms = algorithms(key);
            if (algorithms.isEmpty() || !isForSignatures(key)) {
                return Optional.empty();
            }
            JWSVerifier verifier = key instanceof RSAKey rsa
                    ? new RSASSAVerifier(rsa.toRSAPublicKey())
                    : new ECDSAVerifier(key.toECKey().toECPublicKey());
            return Optional.of(new Key(Optional.ofNullable(key.getKeyID()), algorithms, verifier));
        } catch (ParseException | JOSEException | RuntimeException _) {
            // the library has more than one way to say that a key is broken
            return Optional.empty();
        }
    }

    /** What a key may be used with: the algorithms of its type or, where it names one, that one. */
    private static Set<JWSAlgorithm> algorithms(JWK key) {
        Set<JWSAlgorithm> ofType =
                switch (key) {
                    case RSAKey rsa when rsa.size() >= MIN_RSA_BITS -> OF_RSA;
                    case ECKey ec when OF_CURVE.containsKey(ec.getCurve()) -> Set.of(OF_CURVE.get(ec.getCurve()));
                    default -> Set.of();
                };
        if (key.getAlgorithm() == null) {
            return ofType;
        }
        JWSAlgorithm named = JWSAlgorithm.parse(key.getAlgorithm().getName());
        return ofType.contains(named) ? Set.of(named) : Set.of();
    }

    private static boolean isForSignatures(JWK key) {
        boolean use = key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE);
        boolean operations =
                key.getKeyOperations() == null || key.getKeyOperations().contains(KeyOperation.VERIFY);
        return use && operations;
    }

    /** Whether a signature of this kind is taken at all. */
    static boolean takes(JWSAlgorithm algorithm) {
        return OF_RSA.contains(algorithm) || OF_CURVE.containsValue(algorithm);
    }

    /** What verifies a token of this header. A token that names no key has one only where there is no choice. */
    Optional<JWSVerifier> verifier(JWSHeader header) {
        Optional<String> id = Optional.ofNullable(header.getKeyID());
        List<JWSVerifier> found = new ArrayList<>();
        for (Key key : keys) {
            if (key.algorithms().contains(header.getAlgorithm())
                    && (id.isEmpty() || key.id().equals(id))) {
                found.add(key.verifier());
            }
        }
        return found.isEmpty() || (id.isEmpty() && found.size() > 1) ? Optional.empty() : Optional.of(found.getFirst());
    }

    /** Whether there is a key of this name. */
    boolean has(String id) {
        return keys.stream().anyMatch(key -> key.id().equals(Optional.of(id)));
    }

    int size() {
        return keys.size();
    }
}
