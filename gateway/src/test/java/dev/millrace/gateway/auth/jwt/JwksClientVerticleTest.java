package dev.millrace.gateway.auth.jwt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.CaBundle;
import dev.millrace.core.lifecycle.VertxInstances;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.PfxOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What providers answer, and other servers in their place. */
class JwksClientVerticleTest {

    private final Vertx vertx = VertxInstances.create();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private int serve(HttpServerOptions options, Consumer<HttpServerRequest> answer) {
        HttpServer server =
                vertx.createHttpServer(options.setHost("127.0.0.1").setPort(0)).requestHandler(answer::accept);
        return server.listen().await().actualPort();
    }

    private JwksClient client(String scheme, int port, Optional<CaBundle> authorities, Duration timeout) {
        OidcConfig config = new OidcConfig(
                "https://login.example",
                "millrace",
                URI.create(scheme + "://localhost:" + port + "/jwks?x=1"),
                new RolesClaim("roles", ""),
                authorities);
        return new JwksClient(vertx, config, timeout);
    }

    private Buffer fetch(Consumer<HttpServerRequest> answer) throws Exception {
        return fetch(client("http", serve(new HttpServerOptions(), answer), Optional.empty(), JwksClient.TIMEOUT));
    }

    private static Buffer fetch(JwksClient client) throws Exception {
        return client.fetch().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static String failure(JwksClient client) {
        Throwable failure = assertThrows(ExecutionException.class, () -> fetch(client));
        return String.valueOf(Objects.requireNonNull(failure.getCause()).getMessage());
    }

    private String failure(Consumer<HttpServerRequest> answer) {
        return failure(client("http", serve(new HttpServerOptions(), answer), Optional.empty(), JwksClient.TIMEOUT));
    }

    @Test
    void theSetIsWhatTheProviderAnswers() throws Exception {
        List<String> asked = new ArrayList<>();
        assertEquals(Buffer.buffer("{\"keys\":[]}"), fetch(request -> {
            asked.add(request.method() + " " + request.uri() + " " + request.getHeader("traceparent"));
            request.response().end("{\"keys\":[]}");
        }));
        assertEquals(List.of("GET /jwks?x=1 null"), asked);
    }

    @Test
    void anAnswerOfTheLargestSizeIsTakenAndNoLargerOne() throws Exception {
        assertEquals(
                JwksClient.MAX_BYTES,
                fetch(request -> request.response().end(Buffer.buffer(new byte[JwksClient.MAX_BYTES])))
                        .length());
        CompletableFuture<Void> cut = new CompletableFuture<>();
        assertEquals("its answer has more than 256 KiB", failure(request -> {
            request.connection().closeHandler(_ -> cut.complete(null));
            request.response().setChunked(true);
            // for ever
            vertx.setPeriodic(1, timer -> {
                if (cut.isDone()) {
                    vertx.cancelTimer(timer);
                } else {
                    request.response().write(Buffer.buffer(new byte[10_000]));
                }
            });
        }));
        cut.get(60, TimeUnit.SECONDS);
    }

    @Test
    void anotherPlaceIsNotAsked() {
        AtomicInteger asked = new AtomicInteger();
        int elsewhere = serve(new HttpServerOptions(), request -> {
            asked.incrementAndGet();
            request.response().end("{}");
        });
        for (int status : new int[] {301, 302, 307, 308}) {
            assertEquals("it answered " + status, failure(request -> request.response()
                    .setStatusCode(status)
                    .putHeader("location", "http://localhost:" + elsewhere + "/")
                    .end()));
        }
        assertEquals(0, asked.get());
    }

    @Test
    void anErrorIsNoSet() {
        assertEquals(
                "it answered 503",
                failure(request -> request.response().setStatusCode(503).end("{\"keys\":[]}")));
        assertEquals(
                "it answered 204",
                failure(request -> request.response().setStatusCode(204).end()));
    }

    @Test
    void aProviderThatDoesNotAnswerOrNeverEndsIsGivenUp() throws Exception {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        int silent = serve(new HttpServerOptions(), _ -> {});
        int slow = serve(new HttpServerOptions(), request -> {
            request.connection().closeHandler(_ -> cut.complete(null));
            request.response().setChunked(true).write("{");
        });
        for (int port : List.of(silent, slow)) {
            failure(client("http", port, Optional.empty(), Duration.ofMillis(200)));
        }
        cut.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whatIsNoHttpIsAFailure() {
        NetServer garbage = vertx.createNetServer().connectHandler(socket -> socket.write("SSH-2.0-x\r\n\r\n"));
        int port = garbage.listen(0, "127.0.0.1").await().actualPort();
        failure(client("http", port, Optional.empty(), JwksClient.TIMEOUT));
        failure(client("https", port, Optional.empty(), JwksClient.TIMEOUT));
        garbage.close().await();
        failure(client("http", port, Optional.empty(), JwksClient.TIMEOUT));
    }

    @Test
    void theProvidersCertificateIsVerified(@TempDir Path folder) throws Exception {
        Path store = certificate(folder, "provider", "dns:localhost,ip:127.0.0.1");
        Path others = certificate(folder, "others", "dns:localhost,ip:127.0.0.1");
        Path elsewhere = certificate(folder, "elsewhere", "dns:elsewhere.example");
        int port = serve(tls(store), request -> request.response().end("{}"));
        int wrongName = serve(tls(elsewhere), request -> request.response().end("{}"));

        assertEquals(Buffer.buffer("{}"), fetch(client("https", port, bundle(store), JwksClient.TIMEOUT)));
        for (JwksClient client : List.of(
                client("https", port, Optional.empty(), JwksClient.TIMEOUT),
                client("https", port, bundle(others), JwksClient.TIMEOUT),
                client("https", wrongName, bundle(elsewhere), JwksClient.TIMEOUT))) {
            assertTrue(failure(client).length() > 0);
        }
    }

    private static HttpServerOptions tls(Path store) {
        return new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new PfxOptions().setPath(store.toString()).setPassword("password"));
    }

    private static Optional<CaBundle> bundle(Path store) throws Exception {
        Path pem = store.resolveSibling(store.getFileName() + ".pem");
        keytool(store, "-exportcert", "-rfc", "-alias", "it", "-file", pem.toString());
        return Optional.of(CaBundle.parse(pem.toString()));
    }

    private static Path certificate(Path folder, String name, String subjects) throws Exception {
        Path store = folder.resolve(name + ".p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                "it",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + subjects);
        return store;
    }

    private static void keytool(Path store, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "password"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        byte[] output = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor(), () -> new String(output, StandardCharsets.UTF_8));
    }
}
