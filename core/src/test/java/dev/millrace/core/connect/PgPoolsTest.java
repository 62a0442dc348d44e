package dev.millrace.core.connect;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.DatabaseConfig;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that accepts and says nothing. */
class PgPoolsTest {

    private final Vertx vertx = Vertx.vertx();
    private final Semaphore accepted = new Semaphore(0);
    private final Semaphore closed = new Semaphore(0);
    private final NetServer silent = vertx.createNetServer()
            .connectHandler(socket -> {
                socket.handler(_ -> {});
                socket.closeHandler(_ -> closed.release());
                accepted.release();
            })
            .listen(0, "127.0.0.1")
            .await();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void aLoginThatIsNeverAnsweredGivesItsPlaceInThePoolUp() throws InterruptedException {
        DatabaseConfig config = new DatabaseConfig(
                "127.0.0.1", silent.actualPort(), "database", "user", "password", DatabaseConfig.SslMode.DISABLE);
        Pool pool = PgPools.create(
                vertx, config, new LoginRenewal(config, System::nanoTime), "test", 1, Map.of(), Duration.ofSeconds(1));

        for (int i = 0; i < 2; i++) {
            assertThrows(Exception.class, () -> pool.getConnection().await());
            assertTrue(accepted.tryAcquire(30, TimeUnit.SECONDS), "nobody came");
            assertTrue(closed.tryAcquire(30, TimeUnit.SECONDS), "the login goes on");
        }
    }
}
