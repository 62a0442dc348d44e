package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.local.simulate.Availability.Change;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AvailabilityTest {

    private final Availability availability = new Availability(3);

    @Test
    void tellsTheFirstAnswerAtOnce() {
        assertEquals(Optional.of(new Change.Available(true)), availability.accepted());
        assertEquals(Optional.empty(), availability.accepted());
    }

    @Test
    void tellsAGatewayThatIsAwayFromTheStart() {
        assertEquals(Optional.of(new Change.Unavailable("refused")), availability.failed("refused"));
        assertEquals(Optional.empty(), availability.failed("refused"));
    }

    @Test
    void takesAFewLostReadingsForNoNews() {
        availability.accepted();

        for (int i = 0; i < 10; i++) {
            assertEquals(Optional.empty(), availability.failed("refused"));
            assertEquals(Optional.empty(), availability.failed("refused"));
            assertEquals(Optional.empty(), availability.accepted());
        }
    }

    @Test
    void tellsEachChangeOnce() {
        availability.accepted();
        availability.failed("refused");
        availability.failed("refused");
        assertEquals(Optional.of(new Change.Unavailable("HTTP 503")), availability.failed("HTTP 503"));
        assertEquals(Optional.empty(), availability.failed("HTTP 503"));

        availability.accepted();
        availability.accepted();
        assertEquals(Optional.of(new Change.Available(false)), availability.accepted());
        assertEquals(Optional.empty(), availability.accepted());
    }
}
