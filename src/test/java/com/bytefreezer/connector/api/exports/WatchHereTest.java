package com.bytefreezer.connector.api.exports;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.app.ExportsBed;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The process with the page runs the exports of the folder, once a person wants it. */
@Tag("slow")
class WatchHereTest extends ExportsBed {
    private static final int RECORDS = 10;

    private TestApi page;
    private Path cursor;

    WatchHereTest() {
        super(WebhookServer.start());
    }

    @BeforeEach
    void serve() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, RECORDS);
        cursor = folder.resolve("cursor.db");
        page = TestApi.over(folder.resolve("routes"), given(Map.of("cursor.file", cursor.toString())));
    }

    @AfterEach
    void stop() {
        page.close();
    }

    @Test
    void whatIsSavedRunsWithoutRestartAndGoesOnInAWatch() throws Exception {
        assertThat(page.post("watch", Map.of()).error()).isEqualTo("There is no export to run. Save one first.");
        assertThat(page.post("exports", order("first")).status()).isEqualTo(201);
        assertThat(exports().at("/exports/0/state").asText()).isEqualTo("never");
        assertThat(page.get("watch").json().path("here").asBoolean()).isFalse();

        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until("the first", () -> sink.acceptedRecords() == RECORDS);
        assertThat(page.get("watch").json().path("here").asBoolean()).isTrue();
        assertThat(page.post("exports", order("second")).status()).isEqualTo(201);
        Await.until("the second", () -> sink.acceptedRecords() == 2 * RECORDS);
        Files.writeString(file("second"), "- broken: [");
        Await.until("the complaint", () -> exports().toString().contains("second.camel.yaml: it is not YAML"));
        assertThat(page.get("/api/v1/ready").status()).isEqualTo(503);
        Files.delete(file("second"));
        Await.until("the removal", () -> exports().path("exports").size() == 1);

        assertThat(page.delete("watch").status()).isEqualTo(204);
        assertThat(page.delete("watch").error()).isEqualTo("The exports do not run here, so there is nothing to stop.");
        assertThat(page.get("watch").json().path("here").asBoolean()).isFalse();
        assertThat(exports().at("/exports/0/state").asText()).isEqualTo("idle");
        // The cursor is the one of watch mode: only what is new comes.
        lake.numbers("year=2026/month=11/day=20/hour=02/b.parquet", RECORDS, RECORDS);
        try (TestRun.Running watch =
                TestRun.watch(TestRun.settings(folder, folder.resolve("routes"), given(Map.of()), Mode.WATCH))) {
            Await.until("the new object", () -> sink.acceptedRecords() == 3 * RECORDS);
            assertThat(watch.lanes()).hasSize(1);
        }
        assertThat(sink.acceptedRecords()).isEqualTo(3 * RECORDS);
    }

    @Test
    void aCursorThatAnotherProcessHasIsNotShared() throws Exception {
        assertThat(page.post("exports", order("first")).status()).isEqualTo(201);
        try (Cursor held = Cursor.open(cursor, Duration.ofHours(1))) {
            Answer refused = page.post("watch", Map.of());
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.error())
                    .startsWith("cursor %s: another connector is using it".formatted(cursor))
                    .contains("The exports do not run here.")
                    .doesNotContain("\n");
            assertThat(held.lanes().knows(new Lane("first", "webhook"))).isFalse();
        }
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until("the records", () -> sink.acceptedRecords() == RECORDS);
    }

    @Test
    void theProcessEndsItsExportsAndLeavesTheCursorFree() throws Exception {
        assertThat(page.post("exports", order("first")).status()).isEqualTo(201);
        assertThat(page.post("watch", Map.of()).status()).isEqualTo(204);
        Await.until("the records", () -> sink.acceptedRecords() == RECORDS);
        page.close();
        try (Cursor free = Cursor.open(cursor, Duration.ofHours(1))) {
            assertThat(free.lanes().knows(new Lane("first", "webhook"))).isTrue();
        }
    }

    private JsonNode exports() {
        return page.get("exports").json();
    }

    private static Map<String, Object> order(String name) {
        return new HashMap<>(Map.of(
                "name", name,
                "tenant_id", "acme",
                "dataset_id", "events",
                "sql", "SELECT n FROM events",
                "destination_type", "webhook",
                "interval_seconds", 1));
    }
}
