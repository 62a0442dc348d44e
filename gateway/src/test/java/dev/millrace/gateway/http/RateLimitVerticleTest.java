package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class RateLimitVerticleTest extends HttpDoorFixture {

    @Override
    HttpLimits limits() {
        HttpLimits d = HttpLimits.DEFAULT;
        return new HttpLimits(
                d.maxConnections(),
                d.maxHeaderBytes(),
                d.maxRequestLineBytes(),
                d.requestTimeout(),
                d.idleTimeout(),
                1);
    }

    @Test
    void refusesAnAddressThatSendsTooManyRequests() throws Exception {
        HttpResponse<String> refused = get("/nowhere");
        // the clock goes on: more than two are taken where the machine is slow
        for (int i = 0; i < 100 && refused.statusCode() == 404; i++) {
            refused = get("/nowhere");
        }

        assertProblem(429, "rate-limited", refused);
        int wait = Integer.parseInt(refused.headers().firstValue("retry-after").orElseThrow());
        assertTrue(wait >= 1 && wait <= 2, "seconds: " + wait);
        assertTrue(registry.get("millrace.gateway.requests")
                        .tag("status", "429")
                        .counter()
                        .count()
                >= 1);
    }

    @Test
    void keepsTheConnectionOfOneThatSendsABody() throws Exception {
        String refused = "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" + "x".repeat(20);
        String answers = raw(refused.repeat(50) + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertEquals(51, answers.split("HTTP/1.1 [0-9]", -1).length - 1, answers);
        assertTrue(answers.contains("429 "), answers);
    }
}
