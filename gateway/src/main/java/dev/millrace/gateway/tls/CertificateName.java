package dev.millrace.gateway.tls;

import dev.millrace.core.reading.Names;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Which of the names in a client's certificate is the device's id: the first of its kind, and it must have the form of an id. */
public enum CertificateName {

    /** The subject's common name: the most specific, where there are several. */
    CN {
        @Override
        Optional<String> first(X509Certificate certificate) {
            try {
                List<Rdn> parts =
                        new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
                // the most specific is the last
                for (int i = parts.size() - 1; i >= 0; i--) {
                    Attribute name = parts.get(i).toAttributes().get("cn");
                    if (name != null) {
                        return only(name);
                    }
                }
                return Optional.empty();
            } catch (NamingException _) {
                return Optional.empty();
            }
        }

        /** Two names in one part: which of them is first depends on who reads it. */
        private Optional<String> only(Attribute name) throws NamingException {
            NamingEnumeration<?> values = name.getAll();
            Object value = values.next();
            return !values.hasMore() && value instanceof String text ? Optional.of(text) : Optional.empty();
        }
    },

    /** The alternative name that is a DNS name. */
    SAN_DNS {
        @Override
        Optional<String> first(X509Certificate certificate) {
            return alternativeName(certificate, 2);
        }
    },

    /**
     * The alternative name that is a URI, of it what follows the last {@code /} or, where there is none, the last {@code :} –
     * {@code spiffe://plant/press-4} and {@code urn:plant:press-4} are both {@code press-4}.
     */
    SAN_URI {
        @Override
        Optional<String> first(X509Certificate certificate) {
            return alternativeName(certificate, 6).map(uri -> {
                int slash = uri.lastIndexOf('/');
                return uri.substring((slash >= 0 ? slash : uri.lastIndexOf(':')) + 1);
            });
        }
    };

    abstract Optional<String> first(X509Certificate certificate);

    /** The device that a certificate names; empty where it names none, or one whose id is none. */
    public Optional<String> deviceId(X509Certificate certificate) {
        return first(certificate).filter(Names::isSensorId);
    }

    /** As the setting spells it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Optional<String> alternativeName(X509Certificate certificate, int type) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return Optional.empty();
            }
            return names.stream()
                    .filter(name -> name.getFirst().equals(type))
                    .findFirst()
                    .map(name -> String.valueOf(name.get(1)));
        } catch (CertificateParsingException _) {
            return Optional.empty();
        }
    }
}
