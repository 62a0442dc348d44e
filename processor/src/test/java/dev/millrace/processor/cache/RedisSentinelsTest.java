package dev.millrace.processor.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RedisSentinelsTest {

    /** Redis cluster specification, appendix A: CRC16 of "123456789" is 0x31C3. */
    @Test
    void aSlotIsThatOfTheSpecification() {
        assertEquals(0x31C3 % 16_384, RedisSentinels.slot("123456789"));
    }

    @Test
    void eachPartOfTheSlotsHasASentinelThatIsNoSensors() {
        List<String> keys = RedisSentinels.keys();

        assertEquals(
                IntStream.range(0, RedisSentinels.COUNT).boxed().toList(),
                keys.stream()
                        .map(key -> RedisSentinels.slot(key.substring(key.indexOf('{') + 1, key.indexOf('}'))) / 128)
                        .toList());
        assertTrue(keys.stream().noneMatch(key -> key.startsWith("sensor:")));
    }
}
