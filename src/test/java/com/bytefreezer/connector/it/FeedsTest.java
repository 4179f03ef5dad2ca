package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.RawHttp;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events from a client over HTTP to objects that exports see. */
@Tag("slow")
class FeedsTest {
    private static final String TOKEN = "token-of-the-tenant-acme";

    @TempDir
    private Path folder;

    private Path routes;

    @BeforeEach
    void describe() throws IOException {
        routes = Routes.copyTo(folder.resolve("routes"));
        feed("web", "acme", "*", TOKEN);
    }

    private void feed(String name, String tenant, String dataset, String token) throws IOException {
        Files.createDirectories(routes.resolve("feeds"));
        Files.writeString(
                routes.resolve("feeds/%s.camel.yaml".formatted(name)), """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-%1$s
                    parameters:
                      - {name: name, value: %1$s}
                      - {name: tenant, value: "%2$s"}
                      - {name: dataset, value: "%3$s"}
                      - {name: token, value: "%4$s"}
                """.formatted(name, tenant, dataset, token));
    }

    @Test
    void whatIsAcknowledgedIsInTheLakeOnce() throws Exception {
        Settings settings = settings(Map.of());
        try (Feeds feeds = feeds(settings)) {
            assertThat(post(feeds, "/acme/web", "{\"a\":1}\n{\"a\":2}\nno JSON\n"))
                    .isEqualTo(
                            "200 {\"bytes\":24,\"dead_letters\":1,\"lines\":3,\"repeated\":false,\"status\":\"ok\"}");
            assertThat(post(feeds, "/webhook/acme/web", gzip("{\"a\":3}\r\n{\"a\":4}"), "Content-Encoding", "gzip"))
                    .contains("\"lines\":2");
            assertThat(post(feeds, "/acme/a%20b", "{\"a\":5}")).startsWith("200");
            for (boolean repeated : List.of(false, true)) {
                assertThat(post(feeds, "/acme/web", "{\"a\":6}", "X-Proxy-Batch-ID", "b1"))
                        .contains("\"repeated\":" + repeated);
            }
            Await.until("objects", () -> numbers(settings, "web").size() == 5);
            assertThat(numbers(settings, "web")).containsExactly("1", "2", "3", "4", "6");
            Await.until("objects", () -> numbers(settings, "a b").equals(List.of("5")));
        }
        try (Stream<Path> dead = Files.list(folder.resolve("feed-dead-letters"))) {
            assertThat(dead.map(FeedsTest::content).toList())
                    .singleElement()
                    .asString()
                    .contains("no JSON");
        }
    }

    @Test
    void whatIsRefusedIsNotStoredAndTheServerStaysUp() throws Exception {
        Settings settings = settings(Map.of(
                "feeds.max-payload-bytes", "1000", "feeds.max-unpacked-bytes", "5000", "pack.timeout-seconds", "3600"));
        try (Feeds feeds = feeds(settings)) {
            int port = feeds.port();
            String long1 = "{\"a\":\"" + "x".repeat(100_000) + "\"}";
            assertThat(post(feeds, "/acme/web", long1)).startsWith("413");
            assertThat(post(feeds, "/acme/web", gzip(long1), "Content-Encoding", "gzip"))
                    .startsWith("413");
            assertThat(post(feeds, "/acme/web", new byte[] {1, 2, 3}, "Content-Encoding", "gzip"))
                    .startsWith("400");
            assertThat(post(feeds, "/beta/web", "{}")).startsWith("404");
            assertThat(post(feeds, "/acme/..", "{}")).startsWith("404");
            assertThat(post(feeds, "/acme/%2e%2e", "{}")).startsWith("404");
            assertThat(post(feeds, "/acme/a%2Fb", "{}")).startsWith("404");
            assertThat(post(feeds, "/acme/web", "\n \n")).startsWith("400");
            String head = "POST /acme/web HTTP/1.1\r\nHost: x\r\nX-Proxy-Batch-ID: b7\r\nAuthorization: Bearer ";
            assertThat(RawHttp.once(port, head + "wrong\r\nContent-Length: 2\r\n\r\n{}")
                            .status())
                    .isEqualTo(401);
            assertThat(RawHttp.once(port, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .status())
                    .isEqualTo(200);
            assertThat(RawHttp.once(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .status())
                    .isEqualTo(200);
            assertThat(RawHttp.once(port, "GET /acme/web HTTP/1.1\r\nHost: x\r\n\r\n")
                            .status())
                    .isEqualTo(405);
            String ofAPage =
                    "%s%s\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}".formatted(head, TOKEN);
            assertThat(RawHttp.once(port, ofAPage).status()).isEqualTo(403);
            String chunked = head + TOKEN + "\r\nTransfer-Encoding: chunked\r\n\r\n";
            String chunk = "400\r\n" + " ".repeat(1024) + "\r\n";
            // More than the network holds: a sender that reads only after it has sent all still gets the answer.
            assertThat(RawHttp.once(port, chunked + chunk.repeat(20_000) + "0\r\n\r\n")
                            .status())
                    .isEqualTo(413);
            // Bodies that break off would be half a batch under the id of the whole one.
            for (String half : List.of(
                    head + TOKEN + "\r\nContent-Length: 50\r\n\r\n{\"a\":1}\n", chunked + "8\r\n{\"a\":1}\n\r\n")) {
                try (RawHttp connection = new RawHttp(port)) {
                    connection.send(half);
                }
            }
            try (RawHttp connection = new RawHttp(port)) {
                connection.send(head + TOKEN + "\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n");
                assertThat(connection.read().status()).isEqualTo(100);
                connection.send("{\"a\":9}\n");
                assertThat(connection.read().text()).contains("\"repeated\":false", "\"lines\":1");
            }
        }
        try (Feeds feeds = new Feeds(settings, new Secrets(), Mode.PACK)) {
            assertThat(feeds.packAll()).isTrue();
        }
        assertThat(numbers(settings, "web")).containsExactly("9");
    }

    @Test
    void aBucketThatIsAwayGetsItsObjectsLater() throws Exception {
        try (S3Server server = S3Server.minio();
                TestLog log = TestLog.of(Packs.class)) {
            Map<String, String> bucket = new TreeMap<>(S3Server.settings(server.endpoint()));
            bucket.put("s3.bucket", "later");
            bucket.put("lake.root", "");
            Settings settings = settings(bucket);
            try (Feeds feeds = feeds(settings)) {
                assertThat(post(feeds, "/acme/web", "{\"a\":1}")).startsWith("200");
                assertThat(post(feeds, "/acme/auth", "{\"a\":1}")).startsWith("200");
            }
            try (Feeds feeds = new Feeds(settings, new Secrets(), Mode.PACK)) {
                assertThat(feeds.packAll()).isFalse();
                assertThat(log.lines())
                        .singleElement()
                        .asString()
                        .startsWith("WARN pack of dataset acme/")
                        .contains("(404 NoSuchBucket from s3://later; check the name of the bucket).");
                server.createBucket("later");
                assertThat(feeds.packAll()).isTrue();
                assertThat(log.lines()).last().isEqualTo("INFO packs: the lake takes objects again.");
            }
            try (Feeds feeds = new Feeds(settings, new Secrets(), Mode.PACK)) {
                assertThat(feeds.packAll()).isTrue();
                assertThat(feeds.packAll()).isTrue();
            }
            assertThat(server.list("later", "acme/web/data/parquet/year=")).hasSize(1);
        }
    }

    @Test
    void aFullSpoolAsksSendersToComeAgain() throws Exception {
        try (Feeds feeds = feeds(settings(Map.of("spool.max-bytes", "100000", "pack.timeout-seconds", "3600")))) {
            String some = "{\"a\":\"%s\"}".formatted("x".repeat(60_000));
            assertThat(post(feeds, "/acme/web", some)).startsWith("200");
            RawHttp.Answer full = RawHttp.once(
                    feeds.port(),
                    "POST /acme/web HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                            .formatted(TOKEN, some.length(), some));
            assertThat(full.status()).isEqualTo(503);
            assertThat(full.header("Retry-After")).isEqualTo("5");
        }
    }

    @Test
    void aWrongFeedStopsTheStartAsDoesAnOpenOne() throws IOException {
        feed("web", "acme", "a/b/c", "short");
        assertThatThrownBy(() -> settings(Map.of()))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.line())
                        .anyMatch(line -> line.contains("dataset must be the name"))
                        .anyMatch(line -> line.contains("its token must be 16 or more characters")));
        feed("web", "acme", "*", "");
        assertThatThrownBy(() -> settings(Map.of("feeds.host", "0.0.0.0")))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .singleElement()
                        .satisfies(problem -> assertThat(problem.line()).contains("it needs a token")));
    }

    @Test
    void aWatchThatStartsWithoutAFeedOpensTheFirstOne() throws Exception {
        Files.delete(routes.resolve("feeds/web.camel.yaml"));
        int port = TestTools.freePort();
        Settings settings = settings(Map.of(
                "feeds.http-port", "" + port,
                "server.port", "0",
                "query.tenant-id", "acme",
                "query.dataset-id", "web",
                "query.sql", "SELECT a FROM events",
                "destination.type", "file",
                "destination.file.folder", folder.resolve("out").toString()));
        try (TestRun.Running watch = TestRun.watch(settings)) {
            assertThat(folder.resolve("spool")).doesNotExist();
            feed("web", "acme", "*", TOKEN);
            Await.until("the feed is opened", () -> watch.log().stream().anyMatch(line -> line.contains(":" + port)));
            assertThat(post(port, "/acme/web", "{\"a\":1}".getBytes(UTF_8))).startsWith("200");
        }
        assertThat(folder.resolve("spool")).exists();
    }

    @Test
    void aNewFeedAndANewTokenNeedNoRestart() throws Exception {
        Path settings = folder.resolve("application.properties");
        try (Feeds feeds = feeds(settings(Map.of("pack.timeout-seconds", "3600")))) {
            feed("dns", "acme-dns", "*", "{{feeds.dns.token}}");
            Await.until("what is missing", () -> feeds.refused().containsKey("dns"));
            assertThat(feeds.refused().get("dns")).contains("feeds.dns.token is required here.");
            Files.writeString(settings, "feeds.dns.token=" + TOKEN);
            Await.until("the feed is open", () -> feeds.open().containsKey("dns"));
            assertThat(post(feeds, "/acme-dns/web", "{\"a\":1}")).startsWith("200");
            Files.writeString(settings, "feeds.dns.token=another-" + TOKEN);
            Await.until(
                    "the new token",
                    () -> feeds.open().get("dns").feed().token().equals(Optional.of("another-" + TOKEN)));
            assertThat(post(feeds, "/acme-dns/web", "{\"a\":1}")).startsWith("404");
        }
    }

    private Settings settings(Map<String, String> options) throws SettingsException {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "data.folder",
                folder.toString(),
                "feeds.http-port",
                "0",
                "pack.timeout-seconds",
                "1"));
        all.putAll(options);
        return Settings.load(new Settings.Sources(Mode.INGEST, all, Map.of(), null, folder, RouteFiles.in(routes)));
    }

    private static Feeds feeds(Settings settings) throws Exception {
        return new Feeds(settings, new Secrets(), Mode.INGEST).start();
    }

    private static String post(Feeds feeds, String path, String body, String... headers) throws Exception {
        return post(feeds, path, body.getBytes(UTF_8), headers);
    }

    private static String post(Feeds feeds, String path, byte[] body, String... headers) throws Exception {
        return post(feeds.port(), path, body, headers);
    }

    private static String post(int port, String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
                .header("Authorization", "Bearer " + TOKEN)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> answer =
                HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
            packed.write(text.getBytes(UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In the objects that an export lists. */
    private static List<String> numbers(Settings settings, String dataset) {
        List<String> numbers = new ArrayList<>();
        try (Lake lake = Lake.of(settings, "acme", dataset, null);
                Stream<LakeObject> objects = lake.objects();
                Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement()) {
            for (LakeObject each : objects.toList()) {
                try (ResultSet rows = statement.executeQuery("SELECT a::VARCHAR FROM read_parquet('%s')"
                        .formatted(each.whole().url()))) {
                    while (rows.next()) {
                        numbers.add(rows.getString(1));
                    }
                }
            }
            return numbers.stream().sorted().toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
