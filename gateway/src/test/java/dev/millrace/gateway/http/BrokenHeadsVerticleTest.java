package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A few hundred kinds of broken heads: each gets an answer of the contract or a closed connection, never a 500; nothing is
 * logged, and the server still serves. It is long because the heads are listed.
 */
class BrokenHeadsVerticleTest extends HttpDoorFixture {

    private static final String CRLF = "\r\n";
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3}) ");
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: ([0-9]+)\r\n");
    private static final Set<Integer> REFUSALS = Set.of(400, 404, 405, 413, 415, 422);

    /** Waited for only where none need come: the head or the body is not complete. */
    private static final int SILENCE_MILLIS = 20;

    /** For every answer, however slow the machine. */
    private static final int PATIENCE_MILLIS = 60_000;

    /** What is told of a connection on which nothing came, and which stayed open. */
    private static final String SILENT = "silence";

    /** What is sent, byte by byte a character. */
    private record Case(String name, Expect expect, String bytes) {}

    private final List<Case> cases = new ArrayList<>();

    /** What a broken head is answered. */
    private enum Expect {
        /** A refusal or a closed connection. */
        REFUSED,
        /** It may also be taken: what is broken does not matter, or does not concern the server. */
        ANY,
        /** It is not complete: nothing need come. */
        NOTHING
    }

    @Test
    void answersByTheContractOrClosesAndServesOn() throws Exception {
        methods();
        targets();
        versions();
        headers();
        framing();
        notHttp();
        assertTrue(cases.size() >= 300, "kinds: " + cases.size());
        stream.acceptAll();
        List<String> wrong = new ArrayList<>();
        try (QuietLog log = new QuietLog()) {
            for (Case one : cases) {
                String fault = fault(send(one), one.expect);
                if (!fault.isEmpty()) {
                    wrong.add(one.name + ": " + fault);
                }
            }
            assertEquals(List.of(), wrong);
            assertStillServes();
            assertEquals(List.of(), log.complaints());
        }
        assertFalse(registry.find("millrace.gateway.requests").tag("status", "500").counters().stream()
                .anyMatch(counter -> counter.count() > 0));
        await("the connections of all are closed", () -> openConnections() <= 1);
    }

    private void methods() {
        for (String method : List.of(
                "",
                " ",
                "get",
                "G ET",
                "GET\t",
                "\tGET",
                "G\0T",
                "GÉT",
                "GET,POST",
                "G(T",
                "\"GET\"",
                "GET/",
                "{GET}",
                "PRI",
                "BREW",
                "TRACE",
                "CONNECT",
                "DELETE",
                "PATCH",
                "M".repeat(9000),
                "\u0007",
                "--",
                "GET\u000b")) {
            add("method " + method, Expect.ANY, method + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            add("method on sensors " + method, Expect.ANY, method + " /sensors HTTP/1.1\r\nHost: x\r\n\r\n");
        }
    }

    private void targets() {
        for (String target : List.of(
                "*",
                "x",
                "",
                "//",
                "///",
                "/..",
                "/../../etc/passwd",
                "/sensors/../sensors",
                "/%",
                "/%2",
                "/%zz",
                "/%00",
                "/%c3%28",
                "/%ff%fe",
                "/sensors/%",
                "/sensors/%0d%0aX: y",
                "/sensors/a%2fb",
                "/sensors/%2e%2e",
                "/sensors?limit",
                "/sensors?limit=",
                "/sensors?limit=%",
                "/sensors?%zz=1",
                "/sensors?limit=1&limit=2",
                "/sensors?=&=&=",
                "/sensors?" + "a&".repeat(2000),
                "/sensors?limit=9999999999999",
                "/a b c",
                "/a\tb",
                "/a\0b",
                "/\u00e9",
                "/sensors#x",
                "http://",
                "http:///",
                "http://x",
                "http://x:99999/",
                "http://[::1",
                "http://a b/",
                "ftp://x/y",
                "x:80",
                "[::1]:80",
                ":",
                "?",
                "?limit=1",
                "#",
                "\\",
                "/\\..\\",
                "/;a=b",
                "/sensors;x",
                "/" + "a/".repeat(3000),
                "/" + "x".repeat(8100),
                "/" + "x".repeat(20_000),
                "/" + "%41".repeat(2000))) {
            add("GET " + target, Expect.ANY, "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
            add("POST " + target, Expect.ANY, "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            add("CONNECT " + target, Expect.REFUSED, "CONNECT " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        add("OPTIONS *", Expect.REFUSED, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    private void versions() {
        for (String version : List.of(
                "HTTP/0.9",
                "HTTP/1",
                "HTTP/1.",
                "HTTP/1.2",
                "HTTP/1.10",
                "HTTP/2.0",
                "HTTP/3",
                "HTTP/9.9",
                "HTTP/99999.1",
                "HTTP/-1.1",
                "http/1.1",
                "HTTP /1.1",
                "HTTP/1.1 x",
                "HTTP/1,1",
                "HTTPS/1.1",
                "RTSP/1.0",
                "X",
                "HTTP/a.b",
                "HTTP/1.1\0",
                "HTTP/" + "1".repeat(500) + ".1")) {
            add("version " + version, Expect.ANY, "GET /nowhere " + version + "\r\nHost: x\r\n\r\n");
        }
        add("no version", Expect.REFUSED, "GET /\r\n\r\n");
        add("no version, nothing else", Expect.NOTHING, "GET /\r\n");
        add("one word", Expect.REFUSED, "GET\r\n\r\n");
        add("1.1 without Host", Expect.REFUSED, "GET / HTTP/1.1\r\n\r\n");
    }

    private void headers() {
        for (String name : List.of(
                "",
                " ",
                ":",
                "a b",
                "a\0b",
                "a\tb",
                "\u00e9",
                "a\u0001",
                "(a)",
                "a,b",
                "a;b",
                "\"a\"",
                "a/b",
                "{a}",
                "a@b",
                "a\\b",
                "a=b",
                "\u007f",
                "x".repeat(17_000))) {
            add("header name " + name, Expect.ANY, withHeader(name + ": v"));
            add("header name and a space " + name, Expect.ANY, withHeader(name + " : v"));
        }
        for (String value : List.of(
                "\0",
                "a\0b",
                "\u0001",
                "\u007f",
                "\u00e9",
                "a\rb",
                "a\nb",
                "\r",
                "\u000b",
                "x".repeat(17_000),
                "a\r\n b",
                "a\r\n\tb",
                "a\r\n ",
                "\u001b[31m")) {
            add("header value " + value, Expect.ANY, withHeader("X: " + value));
            add("content type " + value, Expect.ANY, post("Content-Type: " + value, ""));
            add("host " + value, Expect.ANY, "GET /nowhere HTTP/1.1\r\nHost: " + value + "\r\n\r\n");
        }
        add("no colon", Expect.ANY, withHeader("nonsense"));
        add("fold before the first", Expect.ANY, "GET / HTTP/1.1\r\n Host: x\r\n\r\n");
        add(
                "a header a thousand times",
                Expect.ANY,
                withHeader("X: y\r\n".repeat(1000).strip()));
        add(
                "too many headers",
                Expect.REFUSED,
                withHeader("X: yyyyyyyyyyyyy\r\n".repeat(1000).strip()));
        add("two Hosts", Expect.REFUSED, withHeader("Host: y"));
        add(
                "Upgrade to a web socket",
                Expect.ANY,
                withHeader("Connection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13"));
        add(
                "Upgrade to h2c",
                Expect.ANY,
                withHeader("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"));
        for (String type : List.of(
                "",
                ";",
                "/",
                "application",
                "application/",
                "application/json/x",
                "text/plain",
                "*/*",
                "application/json, text/plain",
                "multipart/form-data",
                "multipart/form-data; boundary=x")) {
            add("media type " + type, Expect.REFUSED, post("Content-Type: " + type, "Content-Length: 2\r\n\r\n{}"));
        }
        for (String encoding : List.of("br", "gzip, gzip", "deflate", "x", "gzip;q=1", ",", "chunked")) {
            add(
                    "content encoding " + encoding,
                    Expect.REFUSED,
                    post(
                            "Content-Type: application/json\r\nContent-Encoding: " + encoding,
                            "Content-Length: 2\r\n\r\n{}"));
        }
    }

    private void framing() {
        for (String length : List.of(
                "-1",
                "+2",
                "2, 2",
                "2,3",
                "0x2",
                "2 2",
                "",
                " ",
                "a",
                "1e3",
                "2.0",
                "\u0662",
                "9223372036854775807",
                "9223372036854775808",
                "99999999999999999999",
                "2\0",
                "-0",
                "5000000000")) {
            add("Content-Length " + length, Expect.ANY, framed("Content-Length: " + length, "{}"));
        }
        for (String heads : List.of(
                "Content-Length: 2\r\nContent-Length: 3",
                "Content-Length: 2\r\nContent-Length: 2",
                "Content-Length: 2\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 2",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: ",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding : chunked",
                "Content-Length : 2")) {
            Expect expect = heads.contains("Transfer-Encoding:") ? Expect.REFUSED : Expect.ANY;
            add(heads, expect, framed(heads, "{}"));
            add(heads + ", chunked", expect, framed(heads, "2\r\n{}\r\n0\r\n\r\n"));
        }
        for (String chunk : List.of("x", "-1", "2;\r\n{}", "1".repeat(300) + "\r\n")) {
            add("unfinished chunk " + chunk, Expect.NOTHING, framed("Transfer-Encoding: chunked", chunk));
        }
        for (String chunk : List.of(
                "g\r\n",
                CRLF,
                "ffffffffffffffff\r\n",
                "80000000\r\n",
                "2\n{}\n0\n\n",
                "2\r\n{}x\r\n",
                "2\r\n{}\r\n0\r\nX\0: y\r\n\r\n",
                "2 \r\n{}\r\n0\r\n\r\n",
                "0x2\r\n{}\r\n0\r\n\r\n",
                "2;" + "e".repeat(20_000) + "\r\n{}\r\n0\r\n\r\n",
                "0\r\n" + "T: v\r\n".repeat(5000) + "\r\n")) {
            add("chunk " + chunk, Expect.ANY, framed("Transfer-Encoding: chunked", chunk));
        }
        String whole = framed("Content-Length: " + READING.length(), READING);
        for (int length = 1; length < whole.length(); length += 7) {
            add("truncated at " + length, Expect.NOTHING, whole.substring(0, length));
        }
    }

    private void notHttp() {
        add("HTTP/0.9", Expect.NOTHING, "GET /");
        add("HTTP/2 preface", Expect.REFUSED, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
        add("SSH", Expect.NOTHING, "SSH-2.0-OpenSSH_9.6\r\n");
        add("MQTT", Expect.NOTHING, "\u0010\u000c\0\4MQTT\4\2\0<\0\0");
        add("PROXY", Expect.REFUSED, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
        cases.add(new Case("TLS hello", Expect.NOTHING, "\u0016\u0003\1\2\0\1\0\1\u00fc\3\3\r\n\r\n"));
        Random random = new Random(20251204);
        for (int i = 0; i < 60; i++) {
            byte[] noise = new byte[1 + random.nextInt(i < 50 ? 500 : 40_000)];
            random.nextBytes(noise);
            cases.add(new Case("noise " + i, Expect.NOTHING, new String(noise, StandardCharsets.ISO_8859_1)));
        }
    }

    private void add(String name, Expect expect, String bytes) {
        String shown = name.length() > 60 ? name.substring(0, 60) + "…" + name.length() : name;
        String sent = new String(bytes.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        cases.add(new Case(shown, expect, sent));
    }

    private static String withHeader(String header) {
        return "GET /nowhere HTTP/1.1\r\nHost: x\r\n" + header + CRLF + CRLF;
    }

    private static String post(String header, String rest) {
        return "POST /sensors HTTP/1.1\r\nHost: x\r\n" + header + CRLF + (rest.isEmpty() ? CRLF : rest);
    }

    private static String framed(String framing, String body) {
        return "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + framing + CRLF + CRLF + body;
    }

    /** What is wrong with an answer; empty if nothing. */
    private static String fault(String answer, Expect expect) {
        if (answer.equals(SILENT)) {
            return expect == Expect.NOTHING ? "" : "neither an answer nor an end";
        }
        if (answer.isEmpty()) {
            return "";
        }
        Matcher status = STATUS.matcher(answer);
        if (!status.lookingAt()) {
            return "no answer of HTTP: " + answer;
        }
        int number = Integer.parseInt(status.group(1));
        if (REFUSALS.contains(number)) {
            if (answer.contains("Exception") || answer.contains("\tat ")) {
                return "it tells an exception: " + answer;
            }
            int body = answer.indexOf("\r\n\r\n") + 4;
            if (body == answer.length()) {
                return "an answer without a body: " + answer;
            }
            JsonObject problem = new JsonObject(answer.substring(body, body + bodyLength(answer)));
            return problem.getInteger("status") == number && problem.getString("code") != null ? "" : answer;
        }
        return expect == Expect.ANY && (number == 200 || number == 202) ? "" : "status " + number;
    }

    private static int bodyLength(String answer) {
        Matcher length = LENGTH.matcher(answer);
        return length.find() ? Integer.parseInt(length.group(1)) : 0;
    }

    /** The first answer; empty where the connection is closed, or where none comes and none need come. */
    private String send(Case one) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            socket.setSoTimeout(one.expect == Expect.NOTHING ? SILENCE_MILLIS : PATIENCE_MILLIS);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getOutputStream().write(one.bytes.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
                InputStream in = socket.getInputStream();
                byte[] buffer = new byte[4096];
                while (!isWhole(answer)) {
                    int length = in.read(buffer);
                    if (length < 0) {
                        break;
                    }
                    answer.write(buffer, 0, length);
                }
            } catch (SocketTimeoutException e) {
                // what is missing is waited for: that this ends is shown by HttpLimitsVerticleTest
                return SILENT;
            } catch (IOException e) {
                // closed by the server while it was written
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static boolean isWhole(ByteArrayOutputStream bytes) {
        String answer = bytes.toString(StandardCharsets.ISO_8859_1);
        int head = answer.indexOf("\r\n\r\n");
        return head >= 0 && answer.length() >= head + 4 + bodyLength(answer);
    }
}
