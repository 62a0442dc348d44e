package dev.millrace.processor.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.TestCa;
import dev.millrace.core.config.CaBundle;
import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.processor.FreePort;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.embedded.RedisServer;

/** A server over TLS, which is who it says it is or not. */
class RedisTlsIT {

    private static final int PORT = FreePort.choose();
    private static RedisServer server;
    private static CaBundle own;
    private static CaBundle others;
    private static Vertx vertx;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        vertx = Vertx.vertx();
        TestCa ca = new TestCa(directory, "ca");
        own = ca.bundle();
        others = new TestCa(directory, "others").bundle();
        TestCa.Identity identity = ca.server("cache", "dns:localhost");
        server = RedisServer.newRedisServer()
                .port(FreePort.choose())
                .setting("bind 127.0.0.1")
                .setting("save \"\"")
                .setting("tls-port " + PORT)
                .setting("tls-cert-file " + identity.certificate())
                .setting("tls-key-file " + identity.key())
                .setting("tls-ca-cert-file " + own.file())
                .setting("tls-auth-clients no")
                .build();
        server.start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.stop();
        vertx.close().await();
    }

    private static String ping(String host, Optional<CaBundle> bundle) {
        Redis redis =
                RedisClients.create(vertx, new RedisConfig(URI.create("rediss://" + host + ":" + PORT), false, bundle));
        try {
            return String.valueOf(redis.send(Request.cmd(Command.PING)).await());
        } finally {
            redis.close().await();
        }
    }

    @Test
    void whoIsWhoItSaysIsBelieved() {
        assertEquals("PONG", ping("localhost", Optional.of(own)));
    }

    @Test
    void anotherAuthorityOrAnotherNameIsNot() {
        assertThrows(Exception.class, () -> ping("localhost", Optional.of(others)));
        assertThrows(Exception.class, () -> ping("localhost", Optional.empty()));
        assertThrows(Exception.class, () -> ping("127.0.0.1", Optional.of(own)));
    }
}
