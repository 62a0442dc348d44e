package dev.millrace.core.connect;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.MadeOnce;
import dev.millrace.core.config.ReferenceStore;
import dev.millrace.core.config.ReferenceStoreConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerAsyncClient;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.ssm.SsmAsyncClient;

/**
 * AWS Secrets Manager and the Parameter Store. Its clients live as long as the process, with one thread: what is read at the start is
 * read again when a password has been changed.
 */
public final class AwsReferences implements ReferenceStore {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /**
     * For the SDK's three attempts, the first of which comes while a process starts and everything takes its time. A start that needs
     * longer fails: whoever runs the process starts it again.
     */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    private final ReferenceStoreConfig config;
    private final Duration callTimeout;
    private final Supplier<SecretsManagerAsyncClient> secrets;
    private final Supplier<SsmAsyncClient> parameters;

    private AwsReferences(ReferenceStoreConfig config, Duration callTimeout) {
        this.config = config;
        this.callTimeout = callTimeout;
        secrets = new MadeOnce<>(() -> {
            var builder = SecretsManagerAsyncClient.builder().httpClientBuilder(http());
            config.secretsManager().ifPresent(builder::endpointOverride);
            return configured(builder).build();
        });
        parameters = new MadeOnce<>(() -> {
            var builder = SsmAsyncClient.builder().httpClientBuilder(http());
            config.parameterStore().ifPresent(builder::endpointOverride);
            return configured(builder).build();
        });
    }

    /** The services that the SDK's standard variables lead to. Nothing is connected to before something is read. */
    public static ReferenceStore create(Environment environment) {
        return create(environment, CALL_TIMEOUT);
    }

    /**
     * The same, with another patience.
     *
     * @param callTimeout how long one secret or parameter is waited for, with all attempts
     */
    public static ReferenceStore create(Environment environment, Duration callTimeout) {
        return new AwsReferences(ReferenceStoreConfig.read(environment), callTimeout);
    }

    @Override
    public Answer secret(String id) {
        return answer(() -> secrets.get().getSecretValue(request -> request.secretId(id)), AwsReferences::text);
    }

    private static Answer text(GetSecretValueResponse response) {
        String text = response.secretString();
        return text == null ? new Refused("holds bytes and no text") : new Value(text);
    }

    @Override
    public Answer parameter(String name) {
        return answer(
                () -> parameters.get().getParameter(request -> request.name(name)
                        .withDecryption(true)),
                response -> new Value(response.parameter().value()));
    }

    private interface Reading<R> {
        Answer of(R response);
    }

    private static <R> Answer answer(Supplier<CompletableFuture<R>> call, Reading<R> reading) {
        try {
            return reading.of(call.get().join());
        } catch (CompletionException e) {
            return failure(e.getCause() == null ? e : e.getCause());
        } catch (RuntimeException e) {
            // what the SDK finds before it calls, such as a name that cannot be one
            return failure(e);
        }
    }

    /** By the service's own codes: its messages are not ours to vouch for. */
    private static Answer failure(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AwsServiceException refusal) {
                return refused(refusal);
            }
            if (cause instanceof ApiCallTimeoutException || cause instanceof ApiCallAttemptTimeoutException) {
                return new Unreachable("cannot be read: the service did not answer in time");
            }
        }
        return new Unreachable("cannot be read: " + firstLine(failure));
    }

    private static Answer refused(AwsServiceException refusal) {
        String code =
                refusal.awsErrorDetails() == null || refusal.awsErrorDetails().errorCode() == null
                        ? "status " + refusal.statusCode()
                        : refusal.awsErrorDetails().errorCode();
        return switch (code) {
            case "ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound" ->
                new Refused("does not exist (" + code + ")");
            case "AccessDeniedException" -> new Refused("may not be read by this process (" + code + ")");
            default -> new Refused("cannot be read: the service answered " + code);
        };
    }

    private static String firstLine(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").replaceAll(" \\(SDK .*", "");
    }

    private Duration attemptTimeout() {
        return callTimeout.dividedBy(3);
    }

    private NettyNioAsyncHttpClient.Builder http() {
        return NettyNioAsyncHttpClient.builder()
                .eventLoopGroupBuilder(SdkEventLoopGroup.builder().numberOfThreads(1))
                .protocol(Protocol.HTTP1_1)
                .connectionTimeout(CONNECT_TIMEOUT)
                .readTimeout(attemptTimeout());
    }

    private <B extends AwsClientBuilder<B, ?>> B configured(B builder) {
        return builder.region(Region.of(config.region()))
                .overrideConfiguration(ClientOverrideConfiguration.builder()
                        .retryStrategy(RetryMode.STANDARD)
                        .apiCallAttemptTimeout(attemptTimeout())
                        .apiCallTimeout(callTimeout)
                        .build())
                .credentialsProvider(credentials());
    }

    private AwsCredentialsProvider credentials() {
        return config.credentials()
                .<AwsCredentialsProvider>map(
                        given -> StaticCredentialsProvider.create(KinesisClients.credentials(given)))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    }
}
