package dev.millrace.gateway.auth;

import dev.millrace.gateway.ingest.SensorScope;

/**
 * Tells whose credentials are. Asked for every request, on its event loop: it answers from memory and does not block. The key
 * file is one; a registry of devices, certificates and tokens can stand beside it.
 */
@FunctionalInterface
public interface Authenticator {

    Authentication authenticate(Credentials credentials);

    /** Changes when credentials may have come to mean something else: whoever keeps an answer for long asks again. */
    default long revision() {
        return 0;
    }

    /** The one of {@code AUTH=off}: whoever it is may do everything. For gateways that only this machine can reach. */
    static Authenticator off() {
        Authentication anyone = new Authentication.Authenticated(new Principal("anyone", Role.ADMIN, SensorScope.ALL));
        return _ -> anyone;
    }
}
