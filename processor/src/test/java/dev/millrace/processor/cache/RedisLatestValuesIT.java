package dev.millrace.processor.cache;

import io.vertx.core.Vertx;
import java.nio.file.Path;

/** The contract on one server. */
class RedisLatestValuesIT extends LatestValuesContract {

    @Override
    RedisServers servers(Vertx on, Path files) {
        return RedisServers.one(on, files);
    }
}
