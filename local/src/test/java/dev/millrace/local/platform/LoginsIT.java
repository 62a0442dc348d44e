package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.local.port.FreePort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Gateway and processor with logins of their own, given the rights of {@code k8s/logins.sql} and no others. */
class LoginsIT {

    private static final Path RIGHTS = Path.of("..", "k8s", "logins.sql");

    @Test
    void theServicesWorkWithTheirOwnLoginsWhichCannotChangeTheSchema() throws Exception {
        try (Services services = new Services(1)) {
            makeLogins(services);
            Map<String, String> gatewayEnvironment = new HashMap<>(services.environment());
            int httpPort = FreePort.choose();
            gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));
            gatewayEnvironment.put("DATABASE_URL", services.loginUrl("the_gateway", "g"));
            Map<String, String> processorEnvironment = new HashMap<>(services.environment());
            processorEnvironment.put("DATABASE_MIGRATION_URL", processorEnvironment.get("DATABASE_URL"));
            processorEnvironment.put("DATABASE_URL", services.loginUrl("the_processor", "p"));

            try (JavaProcess processor = JavaProcess.start(services.directory(), "processor", processorEnvironment);
                    JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment)) {
                processor.awaitReady();
                gateway.awaitReady();
                try (Load load = Load.start(httpPort, 1, 400)) {
                    Await.until(
                            "readings are acknowledged and stored",
                            () -> load.accepted.size() >= 400 && Stored.userRecords(services) >= 400);
                }
            }
            for (String user : List.of("the_gateway", "the_processor")) {
                refused(services, user, "CREATE TABLE mine (id int)");
                refused(services, user, "DROP TABLE measurement");
                refused(services, user, "DELETE FROM measurement");
            }
            refused(services, "the_gateway", "INSERT INTO metric (name) VALUES ('forged')");
            refused(services, "the_gateway", "SELECT make_next_day_partition(3)");
        }
    }

    private static void makeLogins(Services services) throws Exception {
        try (Connection admin = services.database();
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE ROLE the_gateway LOGIN PASSWORD 'g'");
            statement.execute("CREATE ROLE the_processor LOGIN PASSWORD 'p'");
        }
        try (Connection owner = services.database();
                Statement statement = owner.createStatement()) {
            statement.execute(
                    Files.readString(RIGHTS).replace(":gateway", "the_gateway").replace(":processor", "the_processor"));
        }
    }

    private static void refused(Services services, String user, String sql) throws SQLException {
        String url = services.loginUrl(user, user.equals("the_gateway") ? "g" : "p");
        String jdbc = "jdbc:postgresql://" + url.substring(url.indexOf('@') + 1);
        try (Connection connection = DriverManager.getConnection(jdbc, user, user.equals("the_gateway") ? "g" : "p");
                Statement statement = connection.createStatement()) {
            SQLException refusal = assertThrows(SQLException.class, () -> statement.execute(sql));
            assertEquals("42501", refusal.getSQLState(), sql);
        }
    }
}
