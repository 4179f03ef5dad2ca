package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests without the token, of random bytes: what comes back is a refusal, or what everybody may have. */
@Tag("slow")
class GateFuzzTest {
    private static final List<String> PROTECTED = List.of(
            "/api/v1/exports",
            "/api/v1/datasets",
            "/api/v1/datasets/acme/syslog/overview",
            "/api/v1/datasets/acme/syslog/columns/message/profile",
            "/api/v1/destinations",
            "/api/v1/exports/default/stdout/dead-letters",
            "/api/v1/openapi.yaml",
            "/api/v1/runs",
            "/metrics");
    private static final List<String> OPEN =
            List.of("/", "/assets/app.js", "/assets/style.css", "/api/v1/health", "/api/v1/ready", "/assets/icon.svg");
    private static final List<String> TRICKS = List.of(
            "/",
            "//",
            "/./",
            "/../",
            "..",
            "%2e%2e",
            "%2E.",
            "%2f",
            "%5c",
            "\\",
            ";",
            ";x=y",
            "#",
            "?",
            "?token=",
            "&",
            "%00",
            "%09",
            "%0d%0a",
            "%25",
            "%252e%252e",
            "%c0%ae",
            "%e0%80%ae",
            "%u002e",
            "\u00e9",
            "\u00ff",
            "\u0000",
            "\t",
            " ",
            "*",
            "@",
            ":",
            "http://localhost",
            "http://localhost:80/",
            "//localhost",
            "/assets/",
            "/assets/..",
            "/api/v1/health",
            "/api/v1/ready/..",
            "%61",
            "A",
            "~",
            "|",
            "^",
            "\"",
            "<",
            "\u007f",
            "\u0085",
            "\u00a0");
    private static final List<String> METHODS = List.of(
            "GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PRI");
    private static final List<String> HEADERS = List.of(
            "Authorization: Bearer ",
            "Authorization: Basic eDp4",
            "Cookie: connector-token-80=",
            "X-Original-URL: /api/v1/health",
            "X-Rewrite-URL: /assets/app.js",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Host: localhost",
            "Forwarded: for=127.0.0.1",
            "X-HTTP-Method-Override: GET",
            "Upgrade: h2c",
            "Connection: Upgrade, HTTP2-Settings",
            "HTTP2-Settings: AAMAAABk",
            "Upgrade: websocket",
            "Origin: null",
            "Sec-Fetch-Site: same-origin",
            "Content-Length: 0",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Expect: 100-continue",
            "Host: 127.0.0.1",
            "Accept-Encoding: gzip",
            "Range: bytes=0-1",
            "If-None-Match: *",
            " folded: x",
            "No-Colon");

    @AutoClose
    private static TestApi api;

    private static int port;
    private static final List<byte[]> open = new ArrayList<>();

    private RawHttp connection;

    @BeforeAll
    static void start() throws Exception {
        api = TestApi.over(Map.of("server.token", "a-token-of-the-test"));
        port = api.uri("").getPort();
        for (String path : OPEN) {
            for (String encoding : List.of("identity", "gzip")) {
                open.add(RawHttp.once(
                                port,
                                "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n".formatted(path, encoding))
                        .body());
            }
        }
    }

    @BeforeEach
    void connect() throws IOException {
        connection = new RawHttp(port);
    }

    @Test
    void nothingElseComesBack() throws IOException {
        attack(20_261_127, 5_000);
    }

    @Test
    @Tag("soak")
    void nothingElseComesBackForLong() throws IOException {
        attack(System.nanoTime(), 1_000_000);
    }

    private void attack(long seed, int requests) throws IOException {
        Random random = new Random(seed);
        int refused = 0;
        int given = 0;
        for (int i = 0; i < requests; i++) {
            String request = request(random);
            String told = "seed %d, request %d: %s".formatted(seed, i, request);
            RawHttp.Answer answer = answer(request);
            if (answer.status() == 200) {
                given++;
                assertThat(open).as(told).anyMatch(body -> isSame(answer, body));
            } else {
                refused++;
                assertThat(answer.status())
                        .as(told)
                        .satisfiesAnyOf(status -> assertThat(status).isBetween(400, 499), status -> assertThat(status)
                                .isEqualTo(501));
            }
            assertThat(answer.headers("Set-Cookie")).as(told).isEmpty();
        }
        connection.close();
        // Else nothing was tried.
        assertThat(refused).isGreaterThan(requests / 2);
        assertThat(given).isGreaterThan(requests / 100);
    }

    private static boolean isSame(RawHttp.Answer answer, byte[] body) {
        return answer.body().length == 0
                ? answer.header("Content-Length").equals(String.valueOf(body.length))
                : Arrays.equals(answer.body(), body);
    }

    /** Over the same connection as long as the server keeps it. */
    private RawHttp.Answer answer(String request) throws IOException {
        try {
            connection.send(request);
            RawHttp.Answer answer = connection.read(request.startsWith("HEAD "));
            if (answer.header("Connection").equals("close") || isLeftOpen(request)) {
                reconnect();
            }
            return answer;
        } catch (IOException closed) {
            reconnect();
            connection.send(request);
            RawHttp.Answer answer = connection.read(request.startsWith("HEAD "));
            reconnect();
            return answer;
        }
    }

    private void reconnect() throws IOException {
        connection.close();
        connection = new RawHttp(port);
    }

    /** What follows would be taken for its body, or for the rest of it. */
    private static boolean isLeftOpen(String request) {
        return request.contains("Content-Length: 5")
                || request.contains("Transfer-Encoding")
                || request.startsWith("HEAD");
    }

    private static String request(Random random) {
        StringBuilder target = new StringBuilder(random.nextInt(4) == 0 ? one(random, OPEN) : one(random, PROTECTED));
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int at = random.nextInt(target.length() + 1);
            switch (random.nextInt(6)) {
                case 0 -> target.insert(at, one(random, TRICKS));
                case 1 -> target.insert(0, one(random, TRICKS));
                case 2 -> target.insert(0, one(random, OPEN) + one(random, TRICKS));
                case 3 -> target.append(one(random, TRICKS));
                case 4 -> {
                    if (at < target.length()) {
                        target.replace(at, at + 1, "%%%02x".formatted((int) target.charAt(at) & 0xff));
                    }
                }
                default -> target.insert(at, (char) random.nextInt(256));
            }
        }
        StringBuilder request = new StringBuilder(one(random, METHODS))
                .append(' ')
                // These would end the line, and what follows would be another request.
                .append(target.toString().replace("\n", "%0a").replace("\r", "%0d"))
                .append(" HTTP/1.1\r\nHost: x\r\n");
        for (int headers = random.nextInt(3); headers > 0; headers--) {
            request.append(one(random, HEADERS)).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    private static String one(Random random, List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
