package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.local.kinesis.fault.ArmedFault;
import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.port.FreePort;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * G1, G2 and G4 of a real gateway before a Kinesis that fails in its own ways, told from what the stream holds in the end. The
 * gateway's times are short, so that deadlines pass too.
 */
class PublishingFaultsIT {

    private static final int DEVICES = 8;

    private static Services services;
    private static JavaProcess gateway;
    private static int httpPort;

    @BeforeAll
    static void start() throws Exception {
        services = new Services(2);
        services.migrate();
        httpPort = FreePort.choose();
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(httpPort));
        environment.put("PUBLISH_TIMEOUT", "2s");
        environment.put("PUBLISH_CALL_TIMEOUT", "500ms");
        gateway = JavaProcess.start(services.directory(), "gateway", environment);
        gateway.awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        services.close();
    }

    @AfterEach
    void noFaultOfOurs() {
        services.kinesis.faults().clear();
        gateway.assertNoFault();
    }

    @Test
    void aFifthOfTheEntriesIsThrottled() throws Exception {
        strikes("throttled", 200, onPut(Fault.throttle()).share(0.2));
    }

    @Test
    void wholeCallsFail() throws Exception {
        strikes("failing", 100, onPut(Fault.failCall()).share(0.3));
    }

    @Test
    void answersComeTooLateAfterKinesisAccepted() throws Exception {
        strikes(
                "late-answer",
                10,
                onPut(Fault.lateAnswer(Duration.ofMillis(1_500))).share(0.05));
    }

    @Test
    void kinesisAcceptsWhatNobodyWaitsForAnyMore() throws Exception {
        StreamOrder order = strikes(
                "late-call", 10, onPut(Fault.lateCall(Duration.ofMillis(900))).share(0.05));
        assertTrue(order.read > order.distinct(), "no record arrived twice");
    }

    @Test
    void connectionsAreCutAfterAcceptance() throws Exception {
        strikes("cut", 50, onPut(new Fault.CutAfter()).share(0.1));
    }

    @Test
    void callsHang() throws Exception {
        strikes("hanging", 6, onPut(new Fault.Hang()).share(0.02));
    }

    @Test
    void theStreamIsSplitAndMergedUnderLoad() throws Exception {
        FaultRule entries = onPut(Fault.throttle()).share(0.1);
        FaultRule maps = FaultRule.of(Fault.failCall())
                .on(Operation.LIST_SHARDS)
                .inStream(Services.STREAM)
                .share(0.5);
        StreamOrder before = StreamOrder.read(services.kinesis, Services.STREAM, "");
        double straddledBefore = gateway.metric("millrace_gateway_put_straddled_total");
        double failedBefore = gateway.metric("millrace_gateway_put_failed_total");
        double refreshesBefore = gateway.metric("millrace_gateway_shardmap_refreshes_total");
        try (KinesisAsyncClient kinesis = KinesisClients.create(
                KinesisConfig.read(new Environment(services.environment())), Duration.ofSeconds(20), 4)) {
            StreamOrder order;
            try (Devices devices = Devices.start(httpPort, "reshard-", DEVICES)) {
                services.kinesis.faults().add(entries);
                services.kinesis.faults().add(maps);
                for (int round = 0; round < 4; round++) {
                    more(devices, 600);
                    split(kinesis);
                    // every other time before anybody can have followed
                    more(devices, round % 2 == 0 ? 600 : 0);
                    merge(kinesis);
                }
                more(devices, 600);
                services.kinesis.faults().clear();
                devices.finish();
                order = StreamOrder.read(services.kinesis, Services.STREAM, devices.prefix());
                order.assertHolds(devices);
            }
            // then the outcome of every record is known, also of those whose senders waited no longer
            assertNothingBuffered();
            int skipped = order.skipped - before.skipped;
            assertTrue(skipped > 0, "no aggregate straddled a reshard");
            double straddled = gateway.metric("millrace_gateway_put_straddled_total") - straddledBefore;
            double failed = gateway.metric("millrace_gateway_put_failed_total") - failedBefore;
            assertTrue(straddled > 0, "the gateway noticed none");
            // of a call that took too long nobody learns where its records went
            assertTrue(
                    straddled + failed >= skipped,
                    () -> skipped + " skipped, " + straddled + " noticed, " + failed + " unknown");
            assertTrue(gateway.metric("millrace_gateway_shardmap_refreshes_total") > refreshesBefore);
        }
    }

    /** Load under a fault until it has struck so often, then without it until all is acknowledged. */
    private static StreamOrder strikes(String prefix, int times, FaultRule rule) throws Exception {
        ArmedFault fault = services.kinesis.faults().add(rule);
        try (Devices devices = Devices.start(httpPort, prefix + "-", DEVICES)) {
            Await.until(prefix + " strikes", () -> fault.strikes() >= times);
            services.kinesis.faults().clear();
            more(devices, 300);
            devices.finish();
            StreamOrder order = StreamOrder.read(services.kinesis, Services.STREAM, devices.prefix());
            order.assertHolds(devices);
            assertNothingBuffered();
            return order;
        }
    }

    private static void assertNothingBuffered() throws Exception {
        Await.until("the memory is given back", () -> gateway.metric("millrace_gateway_buffered_bytes") == 0);
        gateway.awaitReady();
    }

    private static void more(Devices devices, long readings) throws Exception {
        long before = devices.accepted();
        Await.until("more is acknowledged", () -> devices.accepted() >= before + readings);
    }

    private static FaultRule onPut(Fault fault) {
        return FaultRule.of(fault).on(Operation.PUT_RECORDS).inStream(Services.STREAM);
    }

    /** Splits the widest shard. */
    private static void split(KinesisAsyncClient kinesis) {
        ShardDescription widest = open().stream()
                .max(Comparator.comparing(shard -> shard.range()
                        .end()
                        .toBigInteger()
                        .subtract(shard.range().start().toBigInteger())))
                .orElseThrow();
        BigInteger middle = widest.range()
                .start()
                .toBigInteger()
                .add(widest.range().end().toBigInteger())
                .shiftRight(1);
        kinesis.splitShard(request -> request.streamName(Services.STREAM)
                        .shardToSplit(widest.id())
                        .newStartingHashKey(middle.toString()))
                .join();
    }

    /** Merges the two shards that hold the lowest hash keys. */
    private static void merge(KinesisAsyncClient kinesis) {
        List<ShardDescription> lowest = open();
        kinesis.mergeShards(request -> request.streamName(Services.STREAM)
                        .shardToMerge(lowest.get(0).id())
                        .adjacentShardToMerge(lowest.get(1).id()))
                .join();
    }

    /** The open shards by their ranges. */
    private static List<ShardDescription> open() {
        return services.kinesis.shards(Services.STREAM).stream()
                .filter(ShardDescription::isOpen)
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toList();
    }
}
