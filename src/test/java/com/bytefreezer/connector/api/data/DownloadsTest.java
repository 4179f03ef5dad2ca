package com.bytefreezer.connector.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
@Tag("slow")
class DownloadsTest {
    @TempDir
    private static Path root;

    @AutoClose
    private static TestApi api;

    @BeforeAll
    static void start() throws Exception {
        Files.createDirectory(root.resolve("results"));
        ParquetLake.in(root.resolve("lake")).object("year=2026/month=11/day=20/hour=01/a.parquet", """
                        SELECT * FROM (VALUES
                          (9007199254740993, 1.10::DECIMAL(4,2), TIMESTAMP '2026-11-20 01:02:03', [1, NULL], '=cmd|x', 'é,"q"'),
                          (-2, NULL, NULL, NULL, '', E'two\\nlines')) AS r(big, price, t, l, formula, text)""");
        ParquetLake.in(root.resolve("lake"))
                .object("year=2026/month=11/day=20/hour=02/b.parquet", "SELECT i AS big FROM range(30000) r(i)");
        api = TestApi.over(Map.of(
                "lake.root",
                "file:" + root.resolve("lake"),
                "duckdb.temp-folder",
                root.resolve("results").toString(),
                "server.max-download-bytes",
                "1000000"));
    }

    @Test
    void ndjsonHasTheBytesOfAnExport() {
        Answer answer = download("ndjson", "SELECT * FROM events WHERE t IS NOT NULL OR formula = ''", "all");
        assertThat(answer.text()).isEqualTo("""
                {"big":9007199254740993,"price":1.10,"t":"2026-11-20T01:02:03Z","l":[1,null],"formula":"=cmd|x","text":"é,\\"q\\"","year":2026,"month":11,"day":20,"hour":1}
                {"big":-2,"price":null,"t":null,"l":null,"formula":"","text":"two\\nlines","year":2026,"month":11,"day":20,"hour":1}
                """);
        assertThat(answer.response().headers().firstValue("Content-Disposition"))
                .contains("attachment; filename=\"acme-events.ndjson\"");
        assertThat(download("ndjson", "SELECT big FROM events", "all").text().lines())
                .hasSize(30_002);
    }

    @Test
    void csvIsNeverAFormulaAndTellsNullFromEmpty() {
        assertThat(download("csv", "SELECT big, price, t, l, formula, text FROM events WHERE text <> ''", "all")
                        .text())
                .isEqualTo("big,price,t,l,formula,text\r\n"
                        + "9007199254740993,1.10,2026-11-20T01:02:03Z,\"[1,null]\",'=cmd|x,\"é,\"\"q\"\"\"\r\n"
                        + "-2,,,,\"\",\"two\nlines\"\r\n");
        for (String text : List.of("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1")) {
            assertThat(download("csv", "SELECT '%s' AS \"=x\"".formatted(text), "all")
                            .text()
                            .replace("\"", ""))
                    .as(text)
                    .isEqualTo("'=x\r\n'" + text + "\r\n");
        }
    }

    @Test
    void parquetKeepsTypesAndEveryDigit() throws Exception {
        Path file = root.resolve("got.parquet");
        Files.write(
                file,
                bytes(
                        "SELECT big, price, t, l, 170141183460469231731687303715884105::HUGEINT AS huge, [1::HUGEINT] AS many FROM events WHERE t IS NOT NULL"));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                ResultSet row = connection
                        .createStatement()
                        .executeQuery(
                                "SELECT r::VARCHAR, typeof(big), typeof(price), typeof(t), typeof(l), typeof(huge) FROM read_parquet('%s') r"
                                        .formatted(file))) {
            row.next();
            assertThat(Stream.of(1, 2, 3, 4, 5, 6).map(at -> text(row, at)))
                    .containsExactly(
                            "{'big': 9007199254740993, 'price': 1.10, 't': '2026-11-20 01:02:03', 'l': [1, NULL], 'huge': 170141183460469231731687303715884105, 'many': '[1]'}",
                            "BIGINT",
                            "DECIMAL(4,2)",
                            "TIMESTAMP",
                            "INTEGER[]",
                            "DECIMAL(38,0)");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ndjson", "csv", "parquet"})
    void aFileIsWholeOrThereIsNone(String format) {
        Answer tooLarge = download(
                format, "SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS x FROM range(1000000) r(i)", "all");
        assertThat(tooLarge.status()).isEqualTo(422);
        assertThat(tooLarge.error()).startsWith("The file would have more than the 1000000 bytes");
        Answer late =
                download(format, "SELECT CASE WHEN big = 29999 THEN error('bad') ELSE big END AS x FROM events", "all");
        assertThat(late.status()).isEqualTo(422);
        assertThat(late.error()).contains("bad");
        Answer wrong = download(format, "SELECT nosuch FROM events", "all");
        assertThat(wrong.status()).isEqualTo(422);
        assertThat(wrong.error()).contains("nosuch");
        assertThat(download("xlsx", "SELECT 1", "all").error()).isEqualTo("format must be ndjson, csv or parquet");
        assertThat(download(format, "COPY events TO 'x'", "all").error()).contains("only a SELECT");
        Await.until("nothing is left", () -> leftOver().isEmpty());
    }

    @Test
    void aDownloadIsCancelled() {
        CompletableFuture<Answer> slow = CompletableFuture.supplyAsync(
                () -> download("parquet", "SELECT count(*) FROM range(100000000) a, range(100000000) b", "all"));
        Await.until("it is cancelled", () -> api.delete("queries/download").status() == 204);
        assertThat(slow.join().error()).isEqualTo("The query was cancelled.");
    }

    private static List<Path> leftOver() {
        try (Stream<Path> files = Files.walk(root.resolve("results"))) {
            return files.filter(file -> file.toString().endsWith(".parquet")
                            || file.toString().endsWith(".json"))
                    .toList();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Answer download(String format, String sql, String from) {
        return api.post("download", wanted(format, sql, from));
    }

    private static byte[] bytes(String sql) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(api.uri("download"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(
                                        new ObjectMapper().writeValueAsBytes(wanted("parquet", sql, "all"))))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray())
                .body();
    }

    private static Map<String, Object> wanted(String format, String sql, String from) {
        return new TreeMap<>(Map.of(
                "tenant_id",
                "acme",
                "dataset_id",
                "events",
                "sql",
                sql,
                "from",
                from,
                "format",
                format,
                "query_id",
                "download"));
    }

    private static String text(ResultSet row, int column) {
        try {
            return row.getString(column);
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
    }
}
