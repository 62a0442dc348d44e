package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.ItemRefusal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngestAnswersTest {

    /** Whether the body was one value, why its items were refused, and the answer. */
    @ParameterizedTest
    @CsvSource({
        "true, INVALID_READING, INVALID_READING",
        "true, TOO_LARGE, TOO_LARGE",
        "true, FORBIDDEN, FORBIDDEN",
        "false, '', INVALID_READING",
        "false, INVALID_READING, INVALID_READING",
        "false, TOO_LARGE, INVALID_READING",
        "false, FORBIDDEN, FORBIDDEN",
        "false, FORBIDDEN FORBIDDEN, FORBIDDEN",
        "false, FORBIDDEN INVALID_READING, INVALID_READING",
        "false, TOO_LARGE FORBIDDEN, INVALID_READING",
    })
    void aBodyWithoutAValidReadingIsAnsweredByItsReasons(boolean single, String reasons, Problem.Code code) {
        List<ItemRefusal> refusals = Arrays.stream(reasons.split(" ", -1))
                .filter(reason -> !reason.isEmpty())
                .map(reason -> new ItemRefusal(0, ItemRefusal.Code.valueOf(reason), "", "Why"))
                .toList();

        IngestAnswers.Answer answer = IngestAnswers.of(new IngestOutcome.NoneValid(single, refusals));

        assertEquals(
                code,
                assertInstanceOf(IngestAnswers.Answer.Failed.class, answer)
                        .problem()
                        .code());
    }
}
