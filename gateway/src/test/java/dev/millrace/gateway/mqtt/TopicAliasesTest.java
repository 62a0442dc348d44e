package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.gateway.mqtt.TopicAliases.Resolved;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import org.junit.jupiter.api.Test;

class TopicAliasesTest {

    private final TopicAliases aliases = new TopicAliases(2);

    @Test
    void anAliasMeansTheTopicThatItWasLastSentWith() {
        assertEquals(new Resolved.Topic("sensors/a"), aliases.resolve(1, "sensors/a"));
        assertEquals(new Resolved.Topic("sensors/a"), aliases.resolve(1, ""));
        assertEquals(new Resolved.Topic("sensors/b"), aliases.resolve(1, "sensors/b"));
        assertEquals(new Resolved.Topic("sensors/b"), aliases.resolve(1, ""));
        assertEquals(new Resolved.Topic("sensors/c"), aliases.resolve(-1, "sensors/c"));
    }

    @Test
    void anAliasThatWasNeverSentWithATopicMeansNothing() {
        assertEquals(new Resolved.Invalid(ReasonCode.PROTOCOL_ERROR), aliases.resolve(2, ""));
    }

    @Test
    void zeroAndWhatIsAboveTheMaximumIsNoAlias() {
        Resolved invalid = new Resolved.Invalid(ReasonCode.TOPIC_ALIAS_INVALID);
        assertEquals(invalid, aliases.resolve(0, "sensors/a"));
        assertEquals(invalid, aliases.resolve(3, "sensors/a"));
        assertEquals(invalid, new TopicAliases(0).resolve(1, "sensors/a"), "none are taken");
    }
}
