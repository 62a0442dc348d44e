package dev.millrace.gateway.trace;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.opentelemetry.sdk.common.CompletableResultCode;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a stop waits for. */
@Timeout(60)
class OpenTelemetryExportTest {

    @Test
    void aCollectorThatNeverAnswersDoesNotHoldUpTheStop() {
        CompletableResultCode never = new CompletableResultCode();

        OpenTelemetryExport.within(Duration.ofMillis(1), () -> never).await();

        assertFalse(never.isDone());
    }

    @Test
    void anExporterWhoseCloseBlocksDoesNotHoldUpTheStop() {
        CountDownLatch released = new CountDownLatch(1);

        OpenTelemetryExport.within(Duration.ofMillis(1), () -> {
                    try {
                        released.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return CompletableResultCode.ofSuccess();
                })
                .await();

        released.countDown();
    }

    @Test
    void spansThatCannotBeSentFailNoStop() {
        OpenTelemetryExport.within(Duration.ofDays(1), CompletableResultCode::ofFailure)
                .await();
    }
}
