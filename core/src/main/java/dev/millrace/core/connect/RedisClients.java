package dev.millrace.core.connect;

import dev.millrace.core.config.RedisConfig;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;

/** Makes Redis clients, for one server or a cluster. */
public final class RedisClients {

    private RedisClients() {}

    /** A client that connects when it is first asked. */
    public static Redis create(Vertx vertx, RedisConfig config) {
        return Redis.createClient(
                vertx,
                new RedisOptions()
                        .setConnectionString(config.url().toString())
                        .setType(config.cluster() ? RedisClientType.CLUSTER : RedisClientType.STANDALONE)
                        .setNetClientOptions(sockets(config))
                        .setMaxPoolSize(8)
                        .setMaxPoolWaiting(256)
                        .setMaxWaitingHandlers(8_192));
    }

    private static NetClientOptions sockets(RedisConfig config) {
        NetClientOptions options = Sockets.keptAlive().setConnectTimeout(2_000).setTcpNoDelay(true);
        if (config.isTls()) {
            options.setSsl(true)
                    .setTrustOptions(Trust.of(config.rootCertificates()))
                    .setHostnameVerificationAlgorithm("HTTPS");
        }
        return options;
    }
}
