package com.bytefreezer.connector.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    private static final String TOKEN = "a-token-of-the-test";

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
    @ValueSource(strings = {"/api/v1/datasets", "/api/v1/datasets/acme/syslog/overview", "/api/v1/openapi.yaml", "/x"})
    void asksForTheTokenEverywhereButForHealth(String path) {
        assertThat(closed.get(path).status()).isEqualTo(401);
        assertThat(closed.get("/api/v1/health").text()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(closed.send(request(closed, path).header("Authorization", "Bearer wrong"))
                        .status())
                .isEqualTo(401);
        assertThat(closed.send(request(closed, path).header("Authorization", "Bearer " + TOKEN))
                        .status())
                .isNotEqualTo(401);
    }

    @Test
    void takesTheTokenOutOfTheAddress() {
        Answer answer = closed.get("/?token=" + TOKEN);
        assertThat(answer.status()).isEqualTo(303);
        assertThat(header(answer, "Location")).isEqualTo("/");
        String cookie = header(answer, "Set-Cookie");
        assertThat(cookie).contains("HTTPOnly", "SameSite=Strict", "Path=/");
        assertThat(closed.send(request(closed, "/api/v1/datasets").header("Cookie", cookie.split(";")[0]))
                        .status())
                .isEqualTo(200);
        assertThat(closed.get("/api/v1/datasets?token=wrong").status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({"Origin, http://evil.example", "Origin, null", "Sec-Fetch-Site, cross-site", "Sec-Fetch-Site, same-site"
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
    void acceptsItsOwnPage() {
        String origin = "http://" + open.uri("/").getAuthority();
        assertThat(open.send(request(open, "/api/v1/datasets").header("Origin", origin))
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example"})
    void answersOnlyToNamesOfThisMachine(String host) throws IOException {
        assertThat(raw("GET /api/v1/datasets HTTP/1.1\r\nHost: %s\r\n".formatted(host)))
                .startsWith("HTTP/1.1 403");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "LOCALHOST"})
    void answersToEveryNameOfThisMachine(String host) throws IOException {
        assertThat(raw("GET /api/v1/datasets HTTP/1.1\r\nHost: %s:1\r\n".formatted(host)))
                .startsWith("HTTP/1.1 200");
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
                    .isEqualTo("There is nothing for %s here."
                            .formatted(answer.response().request().method()));
        }
        assertThat(header(open.delete("/api/v1/runs"), "Allow").split(", ")).containsExactlyInAnyOrder("GET", "POST");
        Answer tooLarge = open.post("/api/v1/query", "x".repeat(1_100_000));
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.error()).isEqualTo("The body is larger than 1 MB.");
    }

    private static String raw(String head) throws IOException {
        URI uri = open.uri("");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort())) {
            socket.getOutputStream().write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static HttpRequest.Builder request(TestApi api, String path) {
        return HttpRequest.newBuilder(api.uri(path));
    }

    private static String header(Answer answer, String name) {
        return answer.response().headers().firstValue(name).orElse("");
    }
}
