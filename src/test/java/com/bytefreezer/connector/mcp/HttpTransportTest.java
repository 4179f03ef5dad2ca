package com.bytefreezer.connector.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents at {@code /mcp}: what they may send, who may send it, and how they stop what they have asked for. */
@Tag("slow")
class HttpTransportTest {
    private static final String TOKEN = "a-token-of-the-test";
    private static final String SLOW = "SELECT count(*) FROM range(100000000) a, range(100000000) b";
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}}";
    private static final String SYSLOG = "\"tenant_id\":\"acme\",\"dataset_id\":\"syslog\"";

    @TempDir
    private static Path temporary;

    @AutoClose
    private static TestApi open;

    @AutoClose
    private static TestApi closed;

    @BeforeAll
    static void start() throws Exception {
        open = TestApi.over(Map.of());
        closed = TestApi.over(Map.of("server.token", TOKEN, "server.max-queries", "1"));
    }

    private static HttpRequest.Builder request(TestApi api, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(api.uri("/mcp"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    private static Answer post(String body, String... headers) {
        return open.send(request(open, body, headers));
    }

    /** @param arguments as JSON, without its braces */
    private static String call(int id, String tool, String arguments) {
        return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{%s}}}"
                .formatted(id, tool, arguments);
    }

    @ParameterizedTest
    @CsvSource({
        "2024-11-05,2024-11-05",
        "2025-03-26,2025-03-26",
        "2025-06-18,2025-06-18",
        "2025-11-25,2025-11-25",
        "1999-01-01,2025-11-25",
        "what,2025-11-25"
    })
    void speaksTheClientsVersionOrItsOwnNewest(String asked, String spoken) {
        Answer answer = post(INITIALIZE.formatted(asked));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/result/protocolVersion")).isEqualTo(spoken);
        assertThat(answer.response().headers().firstValue("Mcp-Session-Id")).isPresent();
    }

    @Test
    void aHeaderOfAnotherVersionIsRefused() {
        assertThat(post(PING, "MCP-Protocol-Version", "2025-06-18").status()).isEqualTo(200);
        Answer refused = post(PING, "MCP-Protocol-Version", "2020-01-01");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text("/error/message")).startsWith("MCP-Protocol-Version must be one of 2024-11-05,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "null",
                "5",
                "\"text\"",
                "{}",
                "[" + PING + "]",
                "[]",
                "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
                PING + PING,
                PING + "x",
                "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}",
                "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}",
                "{\"jsonrpc\":\"2.0\",\"id\":1}"
            })
    void whatIsNoMessageIsRefusedInOneLine(String body) {
        Answer answer = post(body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/code").asInt()).isIn(-32700, -32600);
        assertThat(answer.text("/error/message")).isNotBlank().doesNotContain("\n", "java", "com.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "nosuch;{};-32601",
                "tools/call;{};-32602",
                "tools/call;{\"name\":[1]};-32602",
                "tools/call;{\"name\":\"query\",\"arguments\":5};-32602",
                "tools/call;{\"name\":\"save_export\",\"arguments\":{}};-32602",
                "resources/read;{};-32002",
                "resources/read;{\"uri\":\"x\"};-32002",
                "prompts/get;{\"name\":\"x\"};-32602",
                "initialize;{\"capabilities\":7};-32602"
            })
    void whatCannotBeAnsweredIsAnErrorOfJsonRpc(String method, String params, int code) {
        Answer answer =
                post("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"%s\",\"params\":%s}".formatted(method, params));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().at("/error/code").asInt()).as(answer.text()).isEqualTo(code);
        assertThat(answer.text("/id")).isEqualTo("a");
        assertThat(answer.text("/error/message")).doesNotContain("\n", "java", "com.");
    }

    @Test
    void anErrorRepeatsLittleOfWhatWasSent() {
        String odd = "a\\n\\u202eb".repeat(10_000);
        for (String body : List.of(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}".formatted(odd),
                call(1, odd, ""),
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/get\",\"params\":{\"name\":\"%s\"}}".formatted(odd),
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"%s\"}}"
                        .formatted(odd))) {
            Answer answer = post(body);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text("/error/message")).isNotBlank().doesNotContain("\n", "\u202e");
            assertThat(answer.text().length()).isLessThan(5_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "\"a\"", "0", "-1", "9007199254740993"})
    void theAnswerHasTheIdOfTheRequest(String id) {
        Answer answer = post("{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}".formatted(id));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("id").toString()).isEqualToIgnoringCase(id);
    }

    @Test
    void whoDoesNotReadAnswersHoldsUpNobody() throws Exception {
        byte[] list = request("tools/list");
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                Socket socket = new Socket();
                socket.setReceiveBufferSize(1024);
                socket.connect(new InetSocketAddress("localhost", open.uri("/").getPort()));
                slow.add(socket);
                for (int j = 0; j < 20; j++) {
                    socket.getOutputStream().write(list);
                }
            }
            assertThat(post(PING).status()).isEqualTo(200);
        } finally {
            for (Socket socket : slow) {
                // In the middle of an answer.
                socket.close();
            }
        }
        assertThat(post(PING).status()).isEqualTo(200);
    }

    private static byte[] request(String method) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}".formatted(method);
        return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(body.length(), body)
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aNotificationHasNoAnswer() {
        for (String body : List.of(
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":{}}}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}")) {
            Answer answer = post(body);
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.text()).isEmpty();
        }
    }

    @Test
    void thereIsNothingButPost() {
        assertThat(open.get("/mcp").status()).isEqualTo(405);
        assertThat(open.delete("/mcp").status()).isEqualTo(405);
        assertThat(open.get("/mcp").response().headers().firstValue("Allow")).contains("POST");
    }

    @Test
    void aBodyIsBounded() {
        assertThat(post(PING + " ".repeat(2_000_000)).status()).isEqualTo(413);
        assertThat(post("[".repeat(500_000)).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "https://evil.example,403",
        "null,403",
        "http://localhost.evil.example,403",
        "http://127.0.0.1.evil.example,403",
        "https:evil,403",
        "http://localhost:6274,200",
        "http://127.0.0.1:5173,200",
        "http://[::1]:5173,200",
        "vscode-file://vscode-app,200"
    })
    void onlyPagesOfOtherSitesAreRefused(String origin, int status) {
        assertThat(post(PING, "Origin", origin).status()).isEqualTo(status);
    }

    @Test
    void whoKnowsTheTokenMayComeFromAnywhere() {
        assertThat(closed.send(request(closed, PING)).status()).isEqualTo(401);
        assertThat(closed.send(request(
                                closed, PING, "Authorization", "Bearer " + TOKEN, "Origin", "https://agent.example"))
                        .status())
                .isEqualTo(200);
        assertThat(closed.send(request(closed, PING, "Authorization", "Bearer x", "Origin", "https://agent.example"))
                        .status())
                .isEqualTo(403);
        assertThat(closed.send(HttpRequest.newBuilder(closed.uri("/api/v1/datasets"))
                                .headers("Authorization", "Bearer " + TOKEN, "Origin", "https://agent.example"))
                        .status())
                .isEqualTo(403);
    }

    private static Answer postWithToken(String body, String... headers) {
        return closed.send(request(closed, body, headers).header("Authorization", "Bearer " + TOKEN));
    }

    /** Whether the one query runs that may run there. */
    private static boolean isBusy() {
        return postWithToken(call(9, "query", SYSLOG + ",\"sql\":\"SELECT 1 FROM events LIMIT 1\""))
                .text("/result/content/0/text")
                .contains("\n1 queries are running already");
    }

    /** Begins a query that runs for as long as it may; one that finds the place taken by {@link #isBusy} begins again. */
    private static Socket beginSlowQuery(int id) throws IOException {
        byte[] body =
                call(id, "query", SYSLOG + ",\"sql\":\"%s\"".formatted(SLOW)).getBytes(StandardCharsets.UTF_8);
        String head =
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nMcp-Session-Id: mine\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                        .formatted(TOKEN, body.length);
        while (true) {
            Socket socket = new Socket("localhost", closed.uri("/").getPort());
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(body);
            Await.until("the query runs or is refused", () -> isBusy() || hasAnswer(socket));
            if (!hasAnswer(socket)) {
                return socket;
            }
            socket.close();
        }
    }

    private static boolean hasAnswer(Socket socket) {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aClientCancelsItsOwnRequestAndNoOther() throws Exception {
        try (Socket socket = beginSlowQuery(7)) {
            String cancel = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}";
            assertThat(postWithToken(cancel, "Mcp-Session-Id", "another").status())
                    .isEqualTo(202);
            assertThat(postWithToken(cancel).status()).isEqualTo(202);
            assertThat(isBusy()).isTrue();
            postWithToken(cancel, "Mcp-Session-Id", "mine");
            Await.until("the query has ended", () -> !isBusy());
            Await.until("the answer is there", () -> hasAnswer(socket));
            StringBuilder answer = new StringBuilder();
            byte[] some = new byte[10_000];
            while (answer.indexOf("The request was cancelled.") < 0) {
                int count = socket.getInputStream().read(some);
                assertThat(count).as(answer.toString()).isPositive();
                answer.append(new String(some, 0, count, StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void whoCancelsARunStopsIt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        try (WebhookServer webhook = WebhookServer.start();
                TestApi api = TestApi.over(Map.of(
                        "mcp.allow",
                        "export",
                        "destination.webhook.url",
                        webhook.url().toString()))) {
            webhook.replyWhen(
                    request -> {
                        begun.countDown();
                        return awaited(cancelled);
                    },
                    Reply.of(200));
            String export =
                    SYSLOG + ",\"sql\":\"SELECT * FROM events\",\"destination_type\":\"webhook\",\"batch_size\":100";
            String confirm =
                    api.post("/mcp", call(1, "plan_export", export)).text("/result/structuredContent/data/confirm");
            String run = call(2, "run_export_once", export + ",\"confirm\":\"%s\"".formatted(confirm));
            CompletableFuture<Answer> running =
                    CompletableFuture.supplyAsync(() -> api.send(request(api, run, "Mcp-Session-Id", "mine")));
            awaited(begun);
            api.send(request(
                    api,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}",
                    "Mcp-Session-Id",
                    "mine"));
            cancelled.countDown();
            assertThat(running.get().text("/error/message")).isEqualTo("The request was cancelled.");
            assertThat(api.post("/mcp", call(3, "list_runs", "")).text("/result/structuredContent/data/once/0/state"))
                    .isEqualTo("cancelled");
            assertThat(webhook.records()).hasSizeLessThan(4000);
        }
    }

    private static boolean awaited(CountDownLatch event) {
        try {
            event.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoHangsUpEndsTheQuery() throws Exception {
        beginSlowQuery(1).close();
        Await.until("the query has ended", () -> !isBusy());
    }

    @Test
    void twoClientsAtOnceGetTheirOwnAnswers() throws Exception {
        try (Agent one = Agent.over(open.uri("/"));
                Agent other = Agent.over(open.uri("/"))) {
            var clients = Executors.newFixedThreadPool(4);
            List<Future<Integer>> answers = IntStream.range(0, 8)
                    .mapToObj(number -> clients.submit(() -> (number % 2 == 0 ? one : other)
                            .call(
                                    "query",
                                    "tenant_id",
                                    "acme",
                                    "dataset_id",
                                    "syslog",
                                    "sql",
                                    "SELECT %d AS n FROM events LIMIT 1".formatted(number))
                            .structured()
                            .at("/data/rows/0/n")
                            .asInt(-1)))
                    .toList();
            for (int number = 0; number < answers.size(); number++) {
                assertThat(answers.get(number).get()).isEqualTo(number);
            }
            clients.shutdown();
        }
    }

    @Test
    void aRouteOfAnIntegratorIsATool() throws Exception {
        Path routes = temporary.resolve("routes");
        Routes.copyTo(routes);
        Files.writeString(routes.resolve("mcp/tickets.camel.yaml"), """
                - route:
                    id: mcp-find-tickets
                    description: Finds tickets about a host
                    group: tools
                    note: |
                      Newest first.
                      host   string, required  name of the host
                      state  open|closed       only tickets in this state
                      most   integer = 3       most tickets
                    routeConfigurationId: mcp
                    from:
                      uri: direct:mcp-find_tickets
                      steps:
                        - setBody:
                            simple: '{"host": "${header.host}", "most": ${header.most}}'
                """);
        Files.copy(Path.of("src/test/resources/conformance.camel.yaml"), routes.resolve("mcp/conformance.camel.yaml"));
        try (TestApi api = TestApi.over(routes, Map.of())) {
            // Only the next start reads the files again.
            Files.writeString(routes.resolve("mcp/tickets.camel.yaml"), "- route: [");
            Files.delete(routes.resolve("mcp/conformance.camel.yaml"));
            JsonNode tools = api.post("/mcp", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
                    .json()
                    .at("/result/tools");
            JsonNode mine = tools.findParents("name").stream()
                    .filter(tool -> tool.path("name").asText().equals("find_tickets"))
                    .findFirst()
                    .orElseThrow();
            assertThat(mine.path("description").asText()).isEqualTo("Finds tickets about a host. Newest first.");
            assertThat(mine.at("/inputSchema/properties/state/enum").toString()).isEqualTo("[\"open\",\"closed\"]");
            assertThat(mine.at("/inputSchema/required").toString()).isEqualTo("[\"host\"]");
            Answer answer = api.post("/mcp", call(1, "find_tickets", "\"host\":\"db-1\""));
            assertThat(answer.json().at("/result/structuredContent/data").toString())
                    .isEqualTo("{\"host\":\"db-1\",\"most\":3}");
            assertThat(Agent.errorIn(api.post("/mcp", call(1, "find_tickets", "\"host\":\"db-1\",\"state\":\"lost\""))
                            .text("/result/content/0/text")))
                    .startsWith("state must be one of open, closed, not \"lost\".");
            assertThat(api.post("/mcp", call(1, "test_simple_text", "")).text("/result/content/0/text"))
                    .contains("This is a simple text response for testing.");
            JsonNode failed =
                    api.post("/mcp", call(1, "test_error_handling", "")).json().path("result");
            assertThat(failed.path("isError").asBoolean()).isTrue();
            assertThat(Agent.errorIn(failed.at("/content/0/text").asText()))
                    .isEqualTo("This tool intentionally returns an error for testing");
        }
    }
}
