package com.bytefreezer.connector.api.exports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.app.ExportsBed;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A person pauses, resumes, edits, runs and removes exports; their files stay the truth. */
@Tag("slow")
class ExportEditsTest extends ExportsBed {
    private static final int RECORDS = 10;

    private TestApi page;

    ExportEditsTest() {
        super(WebhookServer.start());
    }

    @BeforeEach
    void serve() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, RECORDS);
        Files.writeString(file("one"), "# by hand\n" + text("one", "SELECT n FROM events"));
        page = TestApi.over(
                folder.resolve("routes"),
                given(Map.of(
                        "cursor.file", folder.resolve("cursor.db").toString(),
                        "lookups.folder", folder.resolve("lookups").toString())));
    }

    @AfterEach
    void stop() {
        page.close();
    }

    @Test
    void anExportIsPausedResumedRunEditedAndRemoved() throws Exception {
        assertThat(page.post("exports/one/webhook/run", Map.of()).error())
                .isEqualTo("The exports do not run in this process, so none was started.");
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until("the first run", () -> sink.acceptedRecords() == RECORDS);

        change(Map.of("enabled", "false"));
        Await.until("the pause", () -> state().equals("paused"));
        assertThat(page.post("exports/one/webhook/run", Map.of()).error())
                .isEqualTo("export one/webhook is paused. Resume it first.");
        lake.numbers("year=2026/month=11/day=20/hour=02/b.parquet", RECORDS, RECORDS);
        assertThat(page.get("/api/v1/ready").status()).isEqualTo(200);
        assertThat(page.get("exports").json().at("/exports/0/next_run").isNull())
                .isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(RECORDS);

        change(Map.of("enabled", "true", "intervalSeconds", "3600", "sql", "SELECT n, 'new' AS mark FROM events"));
        Await.until("the rest", () -> sink.acceptedRecords() == 2 * RECORDS);
        assertThat(sink.records().subList(RECORDS, 2 * RECORDS))
                .allMatch(record -> record.contains("\"mark\":\"new\""));
        Await.until("the end of the run", () -> state().equals("idle"));
        lake.numbers("year=2026/month=11/day=20/hour=03/c.parquet", 2 * RECORDS, RECORDS);
        assertThat(page.post("exports/one/webhook/run", Map.of()).status()).isEqualTo(204);
        Await.until("the run at once", () -> sink.acceptedRecords() == 3 * RECORDS);

        JsonNode seen = page.get("exports/one/file").json();
        assertThat(seen.path("yaml").asText()).startsWith("# by hand\n").contains("value: \"3600\"");
        Map<String, String> unconfirmed = Map.of("version", seen.path("version").asText());
        assertThat(page.post("exports/one/remove", unconfirmed).status()).isEqualTo(400);
        assertThat(file("one")).exists();
        assertThat(page.post("exports/one/remove", Map.of("version", version("one"), "confirm", "one"))
                        .status())
                .isEqualTo(204);
        assertThat(file("one")).doesNotExist();
        Await.until(
                "the removal", () -> page.get("exports").json().path("exports").isEmpty());
    }

    @Test
    void whatWasChangedMeanwhileIsNeverOverwritten() throws Exception {
        String seen = version("one");
        String byHand = Files.readString(file("one")) + "# changed by hand\n";
        Files.writeString(file("one"), byHand);
        for (String path : List.of("file", "remove")) {
            Answer refused = page.post(
                    "exports/one/" + path,
                    path.equals("file")
                            ? Map.of("version", seen, "changes", Map.of("enabled", "false"))
                            : Map.of("version", seen, "confirm", "one"));
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.error())
                    .isEqualTo(
                            "routes/exports/one.camel.yaml was changed since you looked at it. Nothing was written. Look at it again.");
        }
        assertThat(file("one")).hasContent(byHand);
        Files.delete(file("one"));
        Answer gone = page.post("exports/one/file", Map.of("version", seen, "changes", Map.of("enabled", "false")));
        assertThat(gone.status()).isEqualTo(404);
        assertThat(file("one")).doesNotExist();
        assertThat(page.get("exports/..%2Fone/file").status()).isBetween(400, 499);
    }

    @Test
    void ofManyEditsOfTheSameVersionOneIsWritten() throws Exception {
        String seen = version("one");
        List<Integer> answers = IntStream.range(0, 8)
                .parallel()
                .mapToObj(tab -> page.post(
                        "exports/one/file",
                        Map.of("version", seen, "changes", Map.of("intervalSeconds", String.valueOf(100 + tab)))))
                .map(Answer::status)
                .toList();
        assertThat(answers).containsOnlyOnce(200).containsOnly(200, 409);
        assertThat(Files.readString(file("one"))).containsOnlyOnce("intervalSeconds");
        try (var files = Files.list(exports)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void aRunIsSeenAndStoppedTheNextComesAtItsTime() throws Exception {
        change(Map.of("intervalSeconds", "3600", "batchSize", "1"));
        // Some are answered, and others wait until the run is stopped.
        sink.holdAt(5);
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until(
                "progress",
                () -> page.get("exports")
                                .json()
                                .at("/exports/0/current/accepted")
                                .asLong()
                        > 0);
        JsonNode current = page.get("exports").json().at("/exports/0/current");
        assertThat(current.path("here").asBoolean()).isTrue();
        assertThat(current.path("started_at").asText()).startsWith("20");
        assertThat(page.delete("exports/one/webhook/run").status()).isEqualTo(204);
        sink.answerAll();
        Await.until("the end", () -> state().equals("idle"));
        JsonNode stopped = page.get("exports").json().at("/exports/0");
        assertThat(stopped.at("/runs/0/state").asText()).isEqualTo("stopped");
        assertThat(stopped.path("current").isNull()).isTrue();
        assertThat(Instant.parse(stopped.path("next_run").asText()))
                .isAfter(Instant.now().plusSeconds(3000));
        assertThat(sink.acceptedRecords()).isBetween(1L, (long) RECORDS - 1);
        assertThat(page.delete("exports/one/webhook/run").error())
                .isEqualTo("export one/webhook has no run under way in this process.");

        assertThat(page.post("exports/one/webhook/run", Map.of()).status()).isEqualTo(204);
        Await.until("the rest", () -> sink.acceptedRecords() == RECORDS);
        assertThat(sink.records()).doesNotHaveDuplicates();
    }

    @Test
    void aPausedExportIsLeftOutOfABatch() throws Exception {
        change(Map.of("enabled", "false"));
        assertThat(page.get("exports").text("/exports/0/state")).isEqualTo("paused");
        TestRun run = TestRun.batch(TestRun.settings(folder, folder.resolve("routes"), given(Map.of())));
        assertThat(run.succeeded()).isTrue();
        assertThat(run.log())
                .contains("INFO export one/webhook: paused in its file (enabled: false). It does not run.");
        assertThat(sink.acceptedRecords()).isZero();
    }

    @Test
    void aQueryThatJoinsALookupIsEdited() throws Exception {
        Files.writeString(Files.createDirectory(folder.resolve("lookups")).resolve("owners.csv"), "n,owner\n1,ops\n");
        String sql = "SELECT events.n, owner FROM events JOIN owners ON events.n::VARCHAR = owners.n";
        change(Map.of("sql", sql));
        assertThat(page.get("exports/one/file").json().at("/parameters/sql").asText())
                .isEqualTo(sql);
    }

    @Test
    void aWrongChangeIsToldAndNotWritten() throws Exception {
        String before = Files.readString(file("one"));
        Map<String, String> wrong = Map.of("sql", "SELECT FROM", "intervalSeconds", "0", "enabled", "maybe");
        JsonNode draft = page.post("exports/one/draft", Map.of("version", "", "changes", wrong))
                .json();
        assertThat(draft.path("errors")).hasSize(3);
        assertThat(draft.path("yaml").asText()).isEqualTo(before);
        assertThat(page.post("exports/one/file", Map.of("version", version("one"), "changes", wrong))
                        .status())
                .isEqualTo(400);
        for (String parameter : List.of("name", "destination", "tenant", "routeId", "x\ny")) {
            Answer refused = page.post(
                    "exports/one/file", Map.of("version", version("one"), "changes", Map.of(parameter, "other")));
            assertThat(refused.status()).as(parameter).isEqualTo(400);
            assertThat(refused.error()).doesNotContain("\n");
        }
        assertThat(page.post(
                                "exports/one/file",
                                "{\"version\":\"%s\",\"changes\":{\"sql\":null}}".formatted(version("one")))
                        .status())
                .isEqualTo(400);
        assertThat(page.post(
                                "exports/one/file",
                                Map.of(
                                        "version", version("one"),
                                        "changes", Map.of("intervalSeconds", "{{notifications.type}}")))
                        .error())
                .isEqualTo("intervalSeconds cannot have the value of a setting here. Change the file by hand.");
        assertThat(file("one")).hasContent(before);
    }

    @Test
    void aParameterWithoutAValueIsThatOfTheSettings() throws Exception {
        String before = Files.readString(file("one"));
        Files.writeString(
                file("one"), before + "      - name: intervalSeconds\n        value: \"{{notifications.type}}\"\n");
        assertThat(page.get("exports").json().path("exports")).hasSize(1);
        assertThat(page.post("watch", Map.of()).error())
                .startsWith("notifications.type is required by routes/exports/one.camel.yaml.");

        Files.writeString(file("one"), before + "      - name: batchSize\n        value: \"\"\n");
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until("the first run", () -> sink.acceptedRecords() == RECORDS);
    }

    @Test
    void aReadOnlyFolderIsToldBeforeAndAfter() throws Exception {
        assertThat(page.get("exports/one/file").json().has("read_only")).isFalse();
        Path aside = Files.copy(file("one"), folder.resolve("one.camel.yaml"));
        assumeTrue(TestTools.run("mount", "-t", "tmpfs", "tmpfs", exports.toString()), "mount needs root");
        try {
            Files.copy(aside, file("one"));
            assertThat(TestTools.run("mount", "-o", "remount,ro", exports.toString()))
                    .isTrue();
            assertThat(page.get("exports/one/file").text("/read_only"))
                    .isEqualTo("this process cannot write to its folder");
            Answer refused = page.post(
                    "exports/one/file", Map.of("version", version("one"), "changes", Map.of("enabled", "false")));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.error()).contains("one.camel.yaml cannot be written", "Change it by hand.");
        } finally {
            TestTools.run("umount", exports.toString());
        }
    }

    private void change(Map<String, String> changes) {
        Answer answer = page.post("exports/one/file", Map.of("version", version("one"), "changes", changes));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text("/version")).isEqualTo(version("one"));
    }

    private String version(String export) {
        return page.get("exports/%s/file".formatted(export)).text("/version");
    }

    private String state() {
        return page.get("exports").text("/exports/0/state");
    }
}
