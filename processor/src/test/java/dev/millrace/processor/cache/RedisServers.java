package dev.millrace.processor.cache;

import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.processor.FreePort;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import redis.embedded.RedisServer;
import redis.embedded.core.RedisServerBuilder;

/** Redis servers that are stopped and started again: one by itself, or three that are a cluster. */
final class RedisServers implements AutoCloseable {

    private static final int SLOTS = 16_384;
    private static final int WAIT_SECONDS = 60;
    private static final int START_ATTEMPTS = 5;

    private final Vertx vertx;
    private final Path directory;
    private final boolean cluster;
    private final List<Node> nodes = new ArrayList<>();

    /** One server. */
    private final class Node {

        final int port;
        final Redis redis;
        private RedisServer server;

        /** Starts it. */
        Node(int port) throws IOException {
            this.port = port;
            server = build();
            server.start();
            redis = RedisClients.create(vertx, new RedisConfig(URI.create("redis://127.0.0.1:" + port), false));
        }

        private RedisServer build() {
            try {
                RedisServerBuilder builder = RedisServer.newRedisServer()
                        .port(port)
                        .setting("bind 127.0.0.1")
                        .setting("save \"\"")
                        .setting("dir " + directory)
                        .setting("dbfilename dump-" + port + ".rdb");
                if (cluster) {
                    builder.setting("cluster-enabled yes")
                            .setting("cluster-config-file nodes-" + port + ".conf")
                            .setting("cluster-node-timeout 1500")
                            .setting("repl-diskless-sync-delay 0");
                }
                return builder.build();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void start() {
            for (int left = 100; ; left--) {
                try {
                    server = build();
                    server.start();
                    return;
                } catch (IOException e) {
                    // a program that was written just now is busy while a process that another test starts has
                    // inherited it
                    if (left == 0 || !isBusy(e)) {
                        throw new UncheckedIOException(e);
                    }
                    LockSupport.parkNanos(20_000_000);
                }
            }
        }

        private static boolean isBusy(Throwable failure) {
            String message = String.valueOf(failure.getMessage());
            return message.contains("Text file busy") || (failure.getCause() != null && isBusy(failure.getCause()));
        }

        void stop() {
            try {
                server.stop();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Response command(Command command, Object... arguments) {
            Request request = Request.cmd(command);
            for (Object argument : arguments) {
                request.arg(argument.toString());
            }
            return redis.send(request).timeout(20, TimeUnit.SECONDS).await();
        }

        String id() {
            return command(Command.CLUSTER, "MYID").toString();
        }

        boolean isWell(int slots) {
            return redis.send(Request.cmd(Command.CLUSTER).arg("INFO"))
                    .timeout(20, TimeUnit.SECONDS)
                    .map(String::valueOf)
                    .map(info -> info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:" + slots))
                    .otherwise(false)
                    .await();
        }
    }

    private RedisServers(Vertx vertx, Path directory, boolean cluster, int count) {
        this.vertx = vertx;
        this.directory = directory;
        this.cluster = cluster;
        for (int i = 0; i < count; i++) {
            nodes.add(node());
        }
    }

    /** Another server that runs. A node of a cluster has a second port, which may be taken where the first one is free. */
    private Node node() {
        for (int left = START_ATTEMPTS; ; left--) {
            try {
                return new Node(FreePort.choose());
            } catch (IOException e) {
                if (left == 1) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    static RedisServers one(Vertx vertx, Path directory) {
        return new RedisServers(vertx, directory, false, 1);
    }

    /** Three, each with a third of the slots. */
    static RedisServers cluster(Vertx vertx, Path directory) {
        RedisServers servers = new RedisServers(vertx, directory, true, 3);
        servers.form();
        return servers;
    }

    private void form() {
        for (int i = 0; i < nodes.size(); i++) {
            int first = SLOTS * i / nodes.size();
            int end = SLOTS * (i + 1) / nodes.size();
            addSlots(i, first, end);
            nodes.get(i).command(Command.CLUSTER, "SET-CONFIG-EPOCH", i + 1);
        }
        for (Node node : nodes.subList(1, nodes.size())) {
            nodes.getFirst().command(Command.CLUSTER, "MEET", "127.0.0.1", node.port);
        }
        awaitWell();
    }

    private void addSlots(int node, int first, int end) {
        Object[] arguments = new Object[1 + end - first];
        arguments[0] = "ADDSLOTS";
        for (int slot = first; slot < end; slot++) {
            arguments[1 + slot - first] = slot;
        }
        nodes.get(node).command(Command.CLUSTER, arguments);
    }

    /** Waits until all nodes that run agree that the cluster is whole. */
    void awaitWell() {
        if (cluster) {
            await(() -> nodes.stream().filter(node -> node.server.isActive()).allMatch(node -> node.isWell(SLOTS)));
        }
    }

    /** Waits until something is so. */
    void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not so within " + WAIT_SECONDS + " s");
            }
            vertx.timer(20).await();
        }
    }

    Redis connect() {
        return RedisClients.create(
                vertx, new RedisConfig(URI.create("redis://127.0.0.1:" + nodes.getFirst().port), cluster));
    }

    int size() {
        return nodes.size();
    }

    void stop(int node) {
        nodes.get(node).stop();
    }

    void start(int node) {
        nodes.get(node).start();
    }

    Response command(int node, Command command, Object... arguments) {
        return nodes.get(node).command(command, arguments);
    }

    void flush() {
        nodes.forEach(node -> node.command(Command.FLUSHALL));
    }

    /** Adds a server that follows another, and waits until it has all of it and all know it. Answers its number. */
    int addReplica(int of) {
        Node replica = node();
        List<Node> others = List.copyOf(nodes);
        nodes.add(replica);
        String master = nodes.get(of).id();
        replica.command(Command.CLUSTER, "MEET", "127.0.0.1", nodes.get(of).port);
        await(() -> replica.command(Command.CLUSTER, "NODES").toString().contains(master));
        replica.command(Command.CLUSTER, "REPLICATE", master);
        // whoever does not know it does not vote for it
        String id = replica.id();
        await(() -> others.stream()
                .map(node -> node.command(Command.CLUSTER, "NODES").toString())
                .allMatch(known -> known.lines().anyMatch(line -> line.startsWith(id) && line.contains(" slave "))));
        await(() -> replica.command(Command.INFO, "replication").toString().contains("master_link_status:up"));
        return nodes.size() - 1;
    }

    boolean isMaster(int node) {
        return nodes.get(node).command(Command.INFO, "replication").toString().contains("role:master");
    }

    /** Gives the slots of a node that is gone to another, which has nothing of them. */
    void replace(int gone, String goneId, int by) {
        for (int i = 0; i < nodes.size(); i++) {
            if (i != gone) {
                nodes.get(i).command(Command.CLUSTER, "FORGET", goneId);
            }
        }
        addSlots(by, SLOTS * gone / 3, SLOTS * (gone + 1) / 3);
        nodes.get(by).command(Command.CLUSTER, "BUMPEPOCH");
    }

    String id(int node) {
        return nodes.get(node).id();
    }

    /** Moves one slot with all its keys from one node to another. */
    void migrate(int slot, int from, int to) {
        Node source = nodes.get(from);
        Node target = nodes.get(to);
        target.command(Command.CLUSTER, "SETSLOT", slot, "IMPORTING", source.id());
        source.command(Command.CLUSTER, "SETSLOT", slot, "MIGRATING", target.id());
        for (Response key : source.command(Command.CLUSTER, "GETKEYSINSLOT", slot, 1_000)) {
            source.command(Command.MIGRATE, "127.0.0.1", target.port, key, 0, 5_000);
        }
        for (Node node : List.of(target, source)) {
            node.command(Command.CLUSTER, "SETSLOT", slot, "NODE", target.id());
        }
    }

    /** The node that has a slot by the first division. */
    static int nodeOf(int slot) {
        int node = 0;
        while (slot >= SLOTS * (node + 1) / 3) {
            node++;
        }
        return node;
    }

    @Override
    public void close() {
        for (Node node : nodes) {
            node.redis.close().await();
            node.stop();
        }
    }
}
