package dev.millrace.processor.alert;

import java.net.URI;

/**
 * A receiver of alerts over HTTP.
 *
 * @param route its name, {@code [a-z0-9-]{1,64}}, and what it gets
 * @param url https; http where that was allowed. It may hold a secret in its path or query
 * @param secret what its messages are signed with
 */
public record WebhookConfig(AlertRoute route, URI url, String secret) {

    /** Without the secret, and what may be one. */
    @Override
    public String toString() {
        return "WebhookConfig[" + route.destination() + ", " + url.getScheme() + "://" + url.getHost() + "]";
    }
}
