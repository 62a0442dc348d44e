package dev.millrace.bench.processor;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;

/** Connects to the database that the settings name. */
final class PgLogin {

    private PgLogin() {}

    static Connection connect(Map<String, String> settings) throws SQLException {
        DatabaseConfig config = DatabaseConfig.read(new Environment(settings));
        Properties properties = new Properties();
        properties.setProperty("user", config.user());
        properties.setProperty("password", config.password());
        properties.setProperty("ApplicationName", "millrace-bench");
        // each statement is prepared when it is first used; arrays of timestamps go in binary form too
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("binaryTransferEnable", "TIMESTAMPTZ_ARRAY");
        return DriverManager.getConnection(
                "jdbc:postgresql://" + config.host() + ":" + config.port() + "/" + config.database(), properties);
    }
}
