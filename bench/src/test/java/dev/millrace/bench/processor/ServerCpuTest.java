package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ServerCpuTest {

    /** A name may hold spaces and brackets. */
    private static final String BACKEND = "4711 (postgres: a (b) c) S 42 42 42 0 -1 4194624 300 0 0 0 7 5 2 1 20 0 1";

    @Test
    void countsChildrenOfTheServerAndThoseThatHaveEnded() {
        assertEquals(15, ServerCpu.ticks(BACKEND, 42));
        assertEquals(15, ServerCpu.ticks(BACKEND, 4711));
    }

    @Test
    void countsNobodyElse() {
        assertEquals(0, ServerCpu.ticks(BACKEND, 43));
        assertEquals(0, ServerCpu.ticks("", 42));
    }
}
