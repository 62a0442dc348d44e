package dev.millrace.gateway.http;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;

/**
 * An answer that is an error (RFC 9457). Its code is stable, its detail is in our words and holds nothing that was sent.
 *
 * @param retryAfter seconds, for the Retry-After header
 * @param members further members of the JSON object
 */
record Problem(Code code, String detail, Optional<Integer> retryAfter, Map<String, Object> members) {

    /** The stable codes of the contract. */
    enum Code {
        MALFORMED(400, "malformed", "The request is malformed"),
        UNAUTHENTICATED(401, "unauthenticated", "Credentials are needed"),
        FORBIDDEN(403, "forbidden", "The credentials do not allow this"),
        NOT_FOUND(404, "not-found", "There is no such thing"),
        METHOD_NOT_ALLOWED(405, "method-not-allowed", "The method is not allowed here"),
        CONFLICT(409, "conflict", "It does not fit what there is"),
        TOO_LARGE(413, "too-large", "The request is too large"),
        UNSUPPORTED_MEDIA_TYPE(415, "unsupported-media-type", "The media type is not supported"),
        INVALID_READING(422, "invalid-reading", "No reading is valid"),
        INVALID_DEVICE(422, "invalid-device", "The device is not valid"),
        RATE_LIMITED(429, "rate-limited", "There are too many requests"),
        INTERNAL(500, "internal", "The request failed"),
        OVERLOADED(503, "overloaded", "There is no room at present"),
        STREAM_UNAVAILABLE(503, "stream-unavailable", "The stream cannot be reached at present"),
        STORE_UNAVAILABLE(503, "store-unavailable", "What is stored cannot be reached at present"),
        TOKEN_KEYS_UNAVAILABLE(503, "token-keys-unavailable", "Tokens cannot be verified at present"),
        SHUTTING_DOWN(503, "shutting-down", "This process is about to stop");

        private final int status;
        private final String text;
        private final String title;

        Code(int status, String text, String title) {
            this.status = status;
            this.text = text;
            this.title = title;
        }

        int status() {
            return status;
        }

        /** The code as the contract spells it. */
        String text() {
            return text;
        }
    }

    static Problem of(Code code, String detail) {
        return new Problem(code, detail, Optional.empty(), Map.of());
    }

    static Problem retry(Code code, String detail, int seconds) {
        return new Problem(code, detail, Optional.of(seconds), Map.of());
    }

    Problem with(Map<String, Object> more) {
        return new Problem(code, detail, retryAfter, more);
    }

    String toJson() {
        JsonObject json = new JsonObject()
                .put("type", "about:blank")
                .put("title", code.title)
                .put("status", code.status)
                .put("code", code.text)
                .put("detail", detail);
        members.forEach(json::put);
        return json.encode();
    }
}
