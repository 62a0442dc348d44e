package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopbackPortTest {

    @Test
    void namesTheVariableOfATakenPort() throws Exception {
        try (var other = new ServerSocket(0, 1, LoopbackPort.loopback())) {
            var port = new LoopbackPort("DATABASE_PORT", other.getLocalPort());

            var failure = assertThrows(StartFailure.class, () -> LoopbackPort.requireFree(List.of(port)));

            assertEquals(
                    "Port " + other.getLocalPort() + " is taken; choose another with DATABASE_PORT",
                    failure.getMessage());
        }
    }

    @Test
    void findsAPortTakenThatAnotherServerOpenedOnAllAddresses() throws Exception {
        try (var other = new ServerSocket(0)) {
            assertTrue(new LoopbackPort("HTTP_PORT", other.getLocalPort())
                    .problem()
                    .orElseThrow()
                    .contains("is taken; choose another with HTTP_PORT"));
        }
    }

    @Test
    void tellsAllTakenPortsAtOnce() throws Exception {
        try (var one = new ServerSocket(0, 1, LoopbackPort.loopback());
                var two = new ServerSocket(0, 1, LoopbackPort.loopback())) {
            var problems = LoopbackPort.problems(List.of(
                    new LoopbackPort("REDIS_PORT", one.getLocalPort()),
                    new LoopbackPort("KINESIS_PORT", two.getLocalPort())));

            assertEquals(2, problems.size());
            assertTrue(problems.get(0).contains("REDIS_PORT"));
            assertTrue(problems.get(1).contains("KINESIS_PORT"));
        }
    }

    @Test
    void refusesOnePortForTwoVariables() throws Exception {
        int free = new LoopbackPort("HTTP_PORT", 0).orFree();

        var problems =
                LoopbackPort.problems(List.of(new LoopbackPort("HTTP_PORT", free), new LoopbackPort("OPS_PORT", free)));

        assertEquals(List.of("HTTP_PORT and OPS_PORT are both " + free + "; change one of them"), problems);
    }

    @Test
    void hasNothingAgainstFreePortsAndThoseThatTheSystemChooses() throws Exception {
        int free = new LoopbackPort("HTTP_PORT", 0).orFree();

        assertEquals(
                List.of(),
                LoopbackPort.problems(List.of(
                        new LoopbackPort("HTTP_PORT", free),
                        new LoopbackPort("OPS_PORT", 0),
                        new LoopbackPort("REDIS_PORT", 0))));
    }
}
