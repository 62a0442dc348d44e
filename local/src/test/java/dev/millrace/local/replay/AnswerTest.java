package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerTest {

    private static final Optional<String> NO_HEADER = Optional.empty();

    @Test
    void everyReadingIsAccepted() {
        assertEquals(new Answer.Settled(List.of()), Answer.of(202, NO_HEADER, "{\"accepted\": 3}", 3));
    }

    @Test
    void someReadingsAreRejected() {
        assertEquals(
                new Answer.Settled(List.of(new Answer.Rejection(1, "invalid-reading: must be finite"))),
                Answer.of(202, NO_HEADER, """
                        {"accepted": 2, "rejected": [
                          {"index": 1, "code": "invalid-reading", "field": "x", "detail": "must be finite"}]}""", 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 413, 422})
    void noReadingIsAccepted(int status) {
        assertEquals(
                new Answer.Settled(
                        List.of(new Answer.Rejection(0, "too-old"), new Answer.Rejection(1, "too-old: by far"))),
                Answer.of(status, NO_HEADER, """
                        {"type": "about:blank", "status": 422, "code": "invalid-reading", "rejected": [
                          {"index": 0, "code": "too-old"}, {"index": 1, "code": "too-old", "detail": "by far"}]}""", 2));
    }

    @Test
    void someReadingsAreToBeSentAgainInTheOrderOfTheArray() {
        assertEquals(
                new Answer.Partly(List.of(), List.of(1, 3), Duration.ofSeconds(2)),
                Answer.of(503, Optional.of("2"), "{\"accepted\": 2, \"retry\": [3, 1]}", 4));
    }

    @Test
    void someReadingsAreToBeSentAgainAndOthersRejected() {
        assertEquals(
                new Answer.Partly(List.of(new Answer.Rejection(0, "bad")), List.of(2), Duration.ZERO),
                Answer.of(503, NO_HEADER, """
                        {"accepted": 1, "retry": [2], "rejected": [{"index": 0, "code": "bad"}]}""", 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>",
                "[]",
                "{\"code\": \"overloaded\"}",
                "{\"accepted\": 1, \"retry\": [1]}",
                "{\"accepted\": 1, \"retry\": [1, 1]}",
                "{\"accepted\": 1, \"retry\": [1, 3]}",
                "{\"accepted\": 1, \"retry\": [-1, 1]}",
                "{\"accepted\": 1, \"retry\": [null, 1]}",
                "{\"accepted\": 1, \"retry\": \"1, 2\"}",
                "{\"retry\": [1, 2]}",
                "{\"accepted\": \"1\", \"retry\": [1, 2]}"
            })
    void everythingIsSentAgainWhenItIsNotClearWhatIsAccepted(String body) {
        assertInstanceOf(Answer.Later.class, Answer.of(503, NO_HEADER, body, 3));
    }

    @ParameterizedTest
    @CsvSource({"503", "429", "408", "500", "502", "504"})
    void theWishToWaitIsKept(int status) {
        assertEquals(
                new Answer.Later("HTTP " + status + " overloaded: too much", Duration.ofSeconds(7)),
                Answer.of(status, Optional.of(" 7 "), "{\"code\": \"overloaded\", \"detail\": \"too much\"}", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"Fri, 20 Nov 2026 00:00:00 GMT | 0", "-5 | 0", "soon | 0", "999999 | 3600"})
    void aStrangeWishToWaitIsBounded(String header, int seconds) {
        var later = assertInstanceOf(Answer.Later.class, Answer.of(503, Optional.of(header), "", 1));

        assertEquals(Duration.ofSeconds(seconds), later.after());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "OK",
                "{}",
                "{\"accepted\": 2}",
                "{\"accepted\": 4}",
                "{\"accepted\": \"3\"}",
                "{\"accepted\": 1e99}",
                "{\"accepted\": 2, \"rejected\": [{\"index\": 3, \"code\": \"x\"}]}",
                "{\"accepted\": 2, \"rejected\": [{\"code\": \"x\"}]}",
                "{\"accepted\": 2, \"rejected\": [7]}",
                "{\"accepted\": 1, \"rejected\": [{\"index\": 0, \"code\": \"x\"}, {\"index\": 0, \"code\": \"x\"}]}"
            })
    void anAcceptanceThatDoesNotAddUpIsNotBelieved(String body) {
        assertEquals(
                new Answer.Refused("HTTP 202, but its counts do not add up to the 3 sent"),
                Answer.of(202, NO_HEADER, body, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 302, 400, 401, 403, 404, 405, 413, 415, 422})
    void theRestIsARefusal(int status) {
        assertEquals(
                new Answer.Refused("HTTP " + status + " not-this-way"),
                Answer.of(status, NO_HEADER, "{\"code\": \"not-this-way\"}", 2));
    }
}
