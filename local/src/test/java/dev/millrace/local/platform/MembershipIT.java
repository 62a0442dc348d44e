package dev.millrace.local.platform;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Processors as they are deployed, with the libraries beside processor.jar and no others, and the leases that they keep. */
class MembershipIT {

    private static JavaProcess processor(Services services, LeaseApiServer api, String pod) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.putAll(api.environment(pod, "6s"));
        environment.put("HOSTNAME", pod);
        return JavaProcess.start(services.directory(), "processor", environment);
    }

    private static Set<String> holders(LeaseApiServer api) {
        return api.leases().stream()
                .map(lease -> lease.getSpec().getHolderIdentity().replaceAll("/.*", ""))
                .collect(toSet());
    }

    private static Set<String> owners(Services services) throws Exception {
        return services.rows("select distinct owner from shard_progress where owner is not null").stream()
                .map(owner -> owner.replaceAll("/.*", ""))
                .collect(toSet());
    }

    @Test
    void twoProcessorsShareTheShardsAndTheOneThatStaysTakesAll() throws Exception {
        try (Services services = new Services(2);
                LeaseApiServer api = new LeaseApiServer();
                JavaProcess one = processor(services, api, "p-0")) {
            one.awaitReady();
            try (JavaProcess two = processor(services, api, "p-1")) {
                two.awaitReady();
                Await.until("each has a lease", () -> holders(api).equals(Set.of("p-0", "p-1")));
                Await.until("each has a shard", () -> owners(services).equals(Set.of("p-0", "p-1")));

                two.terminate();

                assertEquals(143, two.awaitExit());
                two.assertNoFault();
            }
            assertEquals(Set.of("p-0"), holders(api));
            Await.until(
                    "one has both",
                    () -> services.number("select count(*) from shard_progress where owner like 'p-0/%'") == 2);
            one.assertNoFault();
        }
    }
}
