package com.bytefreezer.connector.http;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.testing.RawHttp;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    private static final String TOKEN = "a-token-of-the-test";
    private static final String BEARER = "Authorization: Bearer " + TOKEN;
    private static final String HEAD = "%s HTTP/1.1\r\nHost: localhost\r\n";

    @AutoClose
    private static TestApi open;

    @AutoClose
    private static TestApi closed;

    @BeforeAll
    static void start() throws Exception {
        open = TestApi.over(Map.of());
        closed = TestApi.over(Map.of("server.token", TOKEN));
    }

    @Test
    void everyAnswerTellsTheBrowserToBeCareful() {
        Answer answer = open.get("/api/v1/datasets");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(header(answer, "Content-Security-Policy"))
                .contains("default-src 'self'")
                .doesNotContain("script-src");
        assertThat(header(answer, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
        assertThat(header(answer, "Content-Type")).isEqualTo("application/json");
        assertThat(answer.response().headers().map().keySet())
                .doesNotContain("access-control-allow-origin", "user-agent", "host", "server");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/datasets",
                "/api/v1/datasets/acme/syslog/overview",
                "/api/v1/openapi.yaml",
                "/metrics",
                "/x",
                "/assets",
                "/assets/",
                "/assets/nosuch.js",
                "/assets/lib/",
                "/web/index.html",
                "/api/v1/health/",
                "/API/v1/health",
                "/api/v1/health.json"
            })
    void asksForTheTokenEverywhereButAtProbesAndThePage(String path) throws IOException {
        assertThat(closed.get(path).status()).isEqualTo(401);
        assertThat(closed.get(path + "?token=" + TOKEN).status()).isEqualTo(401);
        assertThat(closed.get(path).error()).startsWith("A token is needed.");
        for (String wrong :
                List.of("Bearer wrong", "Bearer ", "Bearer", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN + "x")) {
            assertThat(ask(closed, "GET " + path, "Authorization: " + wrong).status())
                    .as(wrong)
                    .isEqualTo(401);
        }
        for (String right : List.of("Bearer ", "bearer ", "BEARER  ")) {
            assertThat(ask(closed, "GET " + path, "Authorization: " + right + TOKEN)
                            .status())
                    .as(right)
                    .isNotEqualTo(401);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/health", "/api/v1/ready", "/", "/assets/app.js", "/assets/style.css"})
    void probesAndThePageNeedNoTokenAndAllElseDoes(String path) throws IOException {
        Answer whole = closed.get(path);
        assertThat(whole.status()).isEqualTo(200);
        RawHttp.Answer head = ask(closed, "HEAD " + path);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Length"))
                .isEqualTo(String.valueOf(whole.text().getBytes(StandardCharsets.UTF_8).length));
        assertThat(ask(closed, "GET " + path, "Range: bytes=1-2").text()).isEqualTo(whole.text());
        assertThat(ask(closed, "GET " + path, "X-HTTP-Method-Override: DELETE").text())
                .isEqualTo(whole.text());
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get")) {
            assertThat(ask(closed, method + " " + path).status()).as(method).isEqualTo(401);
            RawHttp.Answer answer = ask(closed, method + " " + path, BEARER);
            assertThat(answer.status()).as(method).isEqualTo(405);
            assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
        }
    }

    @Test
    void aMethodCannotBeOverriddenAndNoneIsEchoed() throws IOException {
        for (String name : List.of("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")) {
            assertThat(ask(closed, "GET /api/v1/query", BEARER, name + ": POST").status())
                    .isEqualTo(405);
        }
        for (String method : List.of("TRACE", "OPTIONS", "CONNECT")) {
            RawHttp.Answer answer = ask(closed, method + " /api/v1/datasets", BEARER, "X-Secret: of-the-request");
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.head() + answer.text()).doesNotContain("of-the-request");
        }
        assertThat(ask(closed, "CONNECT evil.example:443", BEARER).status()).isEqualTo(400);
    }

    /** Each as it would be understood by a router that helps. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/assets/../api/v1/exports",
                "/assets/%2e%2e/api/v1/exports",
                "/assets/%2E./api/v1/exports",
                "/assets/x/../../api/v1/exports",
                "/assets/#/../../api/v1/exports",
                "/assets/./../api/v1/exports",
                "/./api/v1/exports",
                "//api/v1/exports",
                "/api//v1/exports",
                "/api/v1/exports/.",
                "/api/v1/exports/..",
                "/%61pi/v1/exports",
                "/api/v1/e%78ports",
                "/api/v1\\exports",
                "/api/v1/exports;jsessionid=1",
                "/api/v1/exports#x",
                "/api/v1/exports%",
                "/api/v1/exports%2",
                "/api/v1/exports%zz",
                "/api/v1/exports%-1",
                "/api/v1/exports%00",
                "/api/v1/exports%0d%0aX:y",
                "/api/v1/exports%7f",
                "/api/v1/exports\u0001",
                "/api/v1/exports\u00e9",
                "/api/v1/exports\u00ff\u00fe",
                "/api/v1/{x}",
                "/api/v1/exports|",
                "/api/v1/exports^",
                "/api/v1/exports\"",
                "/api/v1/exports?a#b",
                "/api/v1/exports?\u00e9",
                "/api/v1/exports?a=%zz",
                "http://localhost/api/v1/exports",
                "http://localhost/assets/../api/v1/exports",
                "HTTP://LOCALHOST/api/v1/exports",
                "//evil.example/?token=" + TOKEN,
                "api/v1/exports",
                "*",
                "?token=" + TOKEN
            })
    void refusesAPathThatIsNotInItsNormalForm(String target) throws IOException {
        for (String header : List.of(BEARER, "X: y")) {
            RawHttp.Answer answer = ask(closed, "GET " + target, header);
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
            assertThat(answer.headers("Location")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "GET / HTTP/1.1 | 400",
                "GET / HTTP/1.0 | 400",
                "GET / HTTP/1.1~Host: | 400",
                "GET / HTTP/1.1~Host: localhost~Host: localhost | 400",
                "GET / HTTP/1.1~Host: localhost~host: evil.example | 400",
                "GET / HTTP/1.1~Host: evil.example, localhost | 400",
                "GET / HTTP/1.1~Host: evil@localhost | 400",
                "GET / HTTP/1.1~Host: localhost/evil | 400",
                "GET / HTTP/1.1~Host: localhost:123456 | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length: 1~Content-Length: 2~~{} | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length: -1 | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length: +2~~{} | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length: 2,2~~{} | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length : 2~~{} | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~~0~~ | 411",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~Content-Length: 5~~0~~ | 400",
                "POST /api/v1/query HTTP/1.1~Host: localhost~Content-Length: 5~Transfer-Encoding: identity~~0~~ | 411",
                "GET / HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~~0~~GET /api/v1/health HTTP/1.1~Host: localhost~~ | 411",
                "GET / HTTP/1.1~Host: localhost~Authorization: Bearer x~Authorization: Bearer y | 400",
                "GET / | 400"
            })
    void refusesWhatCanBeUnderstoodInTwoWays(String request, int status) throws IOException {
        for (TestApi api : List.of(open, closed)) {
            try (RawHttp connection = new RawHttp(port(api))) {
                connection.send(request.replace("~", "\r\n") + "\r\n\r\n");
                RawHttp.Answer answer = connection.read();
                assertThat(answer.status()).as(answer.text()).isEqualTo(status);
                assertThat(answer.header("Content-Security-Policy")).isNotEmpty();
                if (status == 411) {
                    // What follows may be another request, to somebody who counts otherwise.
                    assertThat(connection.readToEnd()).isEmpty();
                }
            }
        }
    }

    @Test
    void theBodyOfAReadIsNoRequest() throws IOException {
        String hidden = "GET /api/v1/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
        try (RawHttp connection = new RawHttp(port(closed))) {
            connection.send(
                    HEAD.formatted("GET /api/v1/health") + "Content-Length: " + hidden.length() + "\r\n\r\n" + hidden);
            connection.send(HEAD.formatted("GET /api/v1/datasets") + "\r\n");
            assertThat(connection.read().text()).isEqualTo("{\"status\":\"ok\"}");
            assertThat(connection.read().status()).isEqualTo(401);
        }
    }

    @Test
    void speaksNoOtherProtocol() throws IOException {
        for (String other : List.of("GET / HTTP/3.0\r\nHost: localhost", "PRI * HTTP/2.0\r\n\r\nSM")) {
            assertThat(RawHttp.once(port(closed), other + "\r\n\r\n").status()).isEqualTo(501);
        }
        for (String upgrade : List.of(
                "Upgrade: h2c|HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA|Connection: Upgrade, HTTP2-Settings",
                "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")) {
            assertThat(ask(closed, "GET /api/v1/datasets", upgrade.split("\\|")).status())
                    .isEqualTo(401);
            assertThat(ask(open, "GET /api/v1/datasets", upgrade.split("\\|")).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void takesNoBodyOfWhoMayNotAsk() throws IOException {
        try (RawHttp connection = new RawHttp(port(closed))) {
            connection.send(HEAD.formatted("POST /api/v1/query")
                    + "Content-Type: application/json\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n");
            assertThat(connection.read().status()).isEqualTo(401);
        }
        try (RawHttp connection = new RawHttp(port(closed))) {
            connection.send(HEAD.formatted("POST /api/v1/query")
                    + "Content-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n{");
            assertThat(connection.read().status()).isEqualTo(401);
            assertThat(connection.readToEnd()).isEmpty();
        }
        try (RawHttp connection = new RawHttp(port(closed))) {
            connection.send(HEAD.formatted("POST /api/v1/query") + BEARER
                    + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(connection.read().status()).isEqualTo(100);
            connection.send("{}");
            assertThat(connection.read().status()).isEqualTo(400);
        }
    }

    @Test
    void refusesLongHeads() throws IOException {
        assertThat(ask(closed, "GET /assets/" + "a".repeat(9_000)).status()).isEqualTo(414);
        assertThat(ask(closed, "GET /", "X: " + "a".repeat(9_000)).status()).isEqualTo(431);
        assertThat(ask(closed, "GET /assets/" + "a".repeat(7_000)).status()).isEqualTo(401);
    }

    @Test
    void takesTheTokenOutOfTheAddress() throws IOException {
        RawHttp.Answer answer = ask(closed, "GET /?token=" + TOKEN);
        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.header("Location")).isEqualTo("/");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.header("Set-Cookie"))
                .startsWith("connector-token-80=")
                .contains("HTTPOnly", "SameSite=Strict", "Path=/")
                .doesNotContain(TOKEN);
        // Chats and mails are other sites.
        assertThat(ask(closed, "GET /?token=" + TOKEN, "Sec-Fetch-Site: cross-site")
                        .status())
                .isEqualTo(303);
        for (String request : List.of("HEAD /?token=" + TOKEN, "GET /?token=wrong", "GET /?token=")) {
            RawHttp.Answer other = ask(closed, request);
            assertThat(other.status()).as(request).isEqualTo(200);
            assertThat(other.headers("Set-Cookie")).isEmpty();
        }
        assertThat(ask(closed, "POST /?token=" + TOKEN).status()).isEqualTo(401);
    }

    @Test
    void theCookieIsOfOnePort() throws IOException {
        String cookie = cookie("localhost:8091");
        assertThat(cookie).startsWith("connector-token-8091=");
        assertThat(status(closed, "localhost:8091", "Cookie: " + cookie)).isEqualTo(200);
        assertThat(status(closed, "localhost:8092", "Cookie: " + cookie)).isEqualTo(401);
        // Another server on the machine may set one of the same name.
        assertThat(status(closed, "localhost:8091", "Cookie: connector-token-8091=x; " + cookie))
                .isEqualTo(200);
        for (String wrong : List.of(
                "connector-token-8091=" + TOKEN, "connector-token-8091=", cookie + "x", "connector-token=" + TOKEN)) {
            assertThat(status(closed, "localhost:8091", "Cookie: " + wrong))
                    .as(wrong)
                    .isEqualTo(401);
        }
        assertThat(status(closed, "localhost:8091", "Authorization: Bearer " + cookie.split("=")[1]))
                .isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "Origin, http://evil.example",
        "Origin, null",
        "Origin, http://localhost.evil.example",
        "Sec-Fetch-Site, cross-site",
        "Sec-Fetch-Site, same-site",
        "Sec-Fetch-Site, Cross-Site",
        "Sec-Fetch-Site, CROSS-SITE",
        "Sec-Fetch-Site, something-new"
    })
    void refusesPagesOfOtherSites(String name, String value) {
        for (TestApi api : List.of(open, closed)) {
            Answer answer = api.send(request(api, "/api/v1/datasets")
                    .header("Authorization", "Bearer " + TOKEN)
                    .header(name, value));
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.error()).contains("another site");
        }
    }

    @Test
    void refusesAPageThatSaysTwoThings() throws IOException {
        assertThat(ask(
                                closed,
                                "GET /api/v1/datasets",
                                BEARER,
                                "Origin: http://localhost",
                                "Origin: http://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(ask(
                                closed,
                                "GET /api/v1/datasets",
                                BEARER,
                                "Sec-Fetch-Site: same-origin",
                                "Sec-Fetch-Site: cross-site")
                        .status())
                .isEqualTo(403);
        assertThat(ask(closed, "GET /assets/app.js", "Sec-Fetch-Site: cross-site")
                        .status())
                .isEqualTo(403);
        RawHttp.Answer preflight = ask(
                closed, "OPTIONS /api/v1/query", "Origin: http://evil.example", "Access-Control-Request-Method: POST");
        assertThat(preflight.status()).isEqualTo(403);
        assertThat(preflight.head()).doesNotContainIgnoringCase("Access-Control-Allow");
    }

    @Test
    void acceptsItsOwnPageBehindAProxyThatAddsTls() throws IOException {
        assertThat(status(closed, "connector.example", BEARER + "\r\nOrigin: https://connector.example"))
                .isEqualTo(200);
    }

    @Test
    void acceptsItsOwnPage() {
        String origin = "http://" + open.uri("/").getAuthority();
        assertThat(open.send(request(open, "/api/v1/datasets").header("Origin", origin))
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:80",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "localhost.",
                "0.0.0.0",
                "127.1",
                "[::]",
                "[::ffff:127.0.0.1]"
            })
    void answersOnlyToNamesOfThisMachine(String host) throws IOException {
        assertThat(status(open, host, "X: y")).isEqualTo(403);
        for (String probe : List.of("health", "ready")) {
            assertThat(RawHttp.once(port(open), "GET /api/v1/%s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(probe, host))
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "LOCALHOST"})
    void answersToEveryNameOfThisMachine(String host) throws IOException {
        assertThat(status(open, host + ":1", "X: y")).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""})
    void takesOnlyJson(String type) {
        HttpRequest.Builder request =
                request(open, "/api/v1/query").POST(BodyPublishers.ofString("{\"sql\":\"SELECT 1\"}"));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        assertThat(open.send(request).status()).isEqualTo(415);
    }

    @Test
    void aFormWithoutFieldsIsNoJsonEither() throws IOException {
        for (String method : List.of("POST /api/v1/exports/default/stdout/reset-cursor", "DELETE /api/v1/runs/1")) {
            assertThat(ask(open, method, "Content-Length: 0", "Content-Type: text/plain")
                            .status())
                    .isEqualTo(415);
        }
    }

    @Test
    void hasNothingElseAndNoOtherMethod() {
        assertThat(open.get("/").text()).startsWithIgnoringCase("<!doctype html>");
        for (String path : List.of("/nosuch", "/application.properties", "/api/v1/", "/api/v1/queries/")) {
            Answer answer = open.get(path);
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.text()).isEqualTo("404 page not found\n");
        }
        for (Answer answer :
                List.of(open.get("/api/v1/query"), open.get("/api/v1/queries/x"), open.delete("/api/v1/runs"))) {
            assertThat(answer.status()).isEqualTo(405);
            assertThat(header(answer, "Allow").split(", "))
                    .isSubsetOf("GET", "POST", "DELETE")
                    .isNotEmpty()
                    .doesNotContain(answer.response().request().method());
            assertThat(answer.error())
                    .isEqualTo("%s is not allowed here."
                            .formatted(answer.response().request().method()));
        }
        assertThat(header(open.delete("/api/v1/runs"), "Allow").split(", ")).containsExactlyInAnyOrder("GET", "POST");
        Answer tooLarge = open.post("/api/v1/query", "x".repeat(1_100_000));
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.error()).isEqualTo("The body is larger than 1 MB.");
    }

    private static RawHttp.Answer ask(TestApi api, String line, String... headers) throws IOException {
        return RawHttp.once(
                port(api),
                HEAD.formatted(line)
                        + Stream.of(headers).map(header -> header + "\r\n").collect(joining()) + "\r\n");
    }

    private static int status(TestApi api, String host, String header) throws IOException {
        return RawHttp.once(
                        port(api), "GET /api/v1/datasets HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n".formatted(host, header))
                .status();
    }

    private static String cookie(String host) throws IOException {
        return RawHttp.once(port(closed), "GET /?token=%s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(TOKEN, host))
                .header("Set-Cookie")
                .split(";")[0];
    }

    private static int port(TestApi api) {
        return api.uri("").getPort();
    }

    private static HttpRequest.Builder request(TestApi api, String path) {
        return HttpRequest.newBuilder(api.uri(path));
    }

    private static String header(Answer answer, String name) {
        return answer.response().headers().firstValue(name).orElse("");
    }
}
