package dev.millrace.local.kinesis.protocol;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request is signed as Signature Version 4 asks for. The shape only: the emulator knows no secrets, so it
 * catches a client that does not sign, not one that signs with the wrong key.
 */
public final class SignatureCheck {

    private static final Pattern AUTHORIZATION = Pattern.compile("AWS4-HMAC-SHA256\\s+"
            + "Credential=[^/,\\s]+/\\d{8}/[a-z0-9-]+/kinesis/aws4_request,\\s*"
            + "SignedHeaders=[a-z0-9-]+(;[a-z0-9-]+)*,\\s*"
            + "Signature=[0-9a-f]{64}");
    private static final Pattern DATE = Pattern.compile("\\d{8}T\\d{6}Z");

    private SignatureCheck() {}

    /**
     * Lets a signed request pass.
     *
     * @throws AwsFailure MissingAuthenticationTokenException without an {@code Authorization},
     *     IncompleteSignatureException if it or {@code X-Amz-Date} is not of the right shape
     */
    public static void check(@Nullable String authorization, @Nullable String date) {
        if (authorization == null) {
            throw AwsError.MISSING_AUTHENTICATION_TOKEN.because("Missing Authentication Token");
        }
        if (!AUTHORIZATION.matcher(authorization).matches()) {
            throw AwsError.INCOMPLETE_SIGNATURE.because("Authorization header is not of the form 'AWS4-HMAC-SHA256 "
                    + "Credential=.../date/region/kinesis/aws4_request, SignedHeaders=..., Signature=...'");
        }
        if (date == null || !DATE.matcher(date).matches()) {
            throw AwsError.INCOMPLETE_SIGNATURE.because("Authorization header requires existence of an 'X-Amz-Date' "
                    + "header of the form yyyyMMdd'T'HHmmss'Z'");
        }
    }
}
