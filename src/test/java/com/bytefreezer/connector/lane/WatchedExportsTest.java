package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.ExportsBed;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files of exports that are wrong, come, change and go while a watch runs. */
@Tag("slow")
class WatchedExportsTest extends ExportsBed {
    private static final int RECORDS = 10;

    WatchedExportsTest() {
        super(WebhookServer.start());
    }

    @BeforeEach
    void makeObject() {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, RECORDS);
    }

    @Test
    void aWrongFileLeavesTheOtherExportsAlone() throws Exception {
        export("good", "n");
        Files.writeString(exports.resolve("bad.camel.yaml"), "- templatedRoute:\n  parameters: [\n");
        export("worse", "nothing FROM");
        Files.writeString(
                exports.resolve("lost.camel.yaml"), ofColumns("lost", "n").replace("webhook", "nowhere"));
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the good one", () -> sink.acceptedRecords() == RECORDS);
            assertThat(watch.log())
                    .filteredOn(line -> line.startsWith("ERROR"))
                    .hasSize(3)
                    .anyMatch(line -> line.contains("routes/exports/bad.camel.yaml: it is not YAML: line "))
                    .anyMatch(line -> line.contains("routes/exports/worse.camel.yaml: export worse: SQL: "))
                    .anyMatch(line -> line.contains("unknown destination \"nowhere\""))
                    .allMatch(line -> line.endsWith("It does not run; the other exports do."));
            assertThat(watch.lanes())
                    .filteredOn(lane -> lane.state().equals("failed"))
                    .extracting(LaneStatus::name)
                    .containsExactly("bad", "lost", "worse");
            assertThat(watch.whyNotReady())
                    .hasValueSatisfying(why -> assertThat(why).contains("bad.camel.yaml"));
            assertThat(watch.metrics())
                    .contains("bytefreezer_connector_failing{destination=\"none\",export=\"bad\"} 1.0")
                    .contains("bytefreezer_connector_failing{destination=\"webhook\",export=\"good\"} 0.0");

            export("bad", "n");
            Await.until("the corrected one", () -> sink.acceptedRecords() == 2 * RECORDS);
            Files.delete(exports.resolve("lost.camel.yaml"));
            Files.delete(exports.resolve("worse.camel.yaml"));
            Await.until("readiness", () -> watch.whyNotReady().isEmpty());
            Await.until("metrics", () -> !watch.metrics().contains("destination=\"none\""));
        }
    }

    @Test
    void allThatIsWrongWithAFileIsSaidAtOnce() throws Exception {
        export("good", "n");
        Files.writeString(
                exports.resolve("bad.camel.yaml"),
                ofColumns("bad", "n").replace("webhook", "nowhere").replace("name: sql", "name: sqll"));
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the complaint", () -> watch.whyNotReady().isPresent());
            assertThat(watch.whyNotReady().orElseThrow())
                    .contains(
                            "sqll is not a parameter of an export. Did you mean sql?",
                            "unknown destination \"nowhere\"");
        }
    }

    @Test
    void aWrongFileStopsABatchAsBefore() throws Exception {
        export("good", "n");
        Files.writeString(exports.resolve("bad.camel.yaml"), "- templatedRoute:\n  parameters: [\n");
        assertThatThrownBy(() -> TestRun.settings(folder, folder.resolve("routes"), given(Map.of())))
                .hasStackTraceContaining("bad.camel.yaml: it is not YAML: line 2");
        export("bad", "n");
        Files.writeString(exports.resolve("other.camel.yaml"), ofColumns("good", "n"));
        assertThatThrownBy(() -> TestRun.settings(folder, folder.resolve("routes"), given(Map.of())))
                .hasStackTraceContaining("routes/exports/good.camel.yaml has an export named good already");
    }

    @Test
    void filesComeChangeAndGoWhileItRuns() throws Exception {
        export("first", "n");
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the first", () -> sink.acceptedRecords() == RECORDS);
            export("second", "n");
            Await.until("the second", () -> sink.acceptedRecords() == 2 * RECORDS);

            // Its cursor is kept: only what is new comes, as the file says now.
            export("first", "n, 'changed' AS mark");
            Await.until("the change", () -> watch.log()
                    .contains("INFO export first/webhook: changed. It goes on from its cursor."));
            Files.delete(exports.resolve("second.camel.yaml"));
            Await.until("the removal", () -> watch.lanes().size() == 1);
            lake.numbers("year=2026/month=11/day=20/hour=01/b.parquet", RECORDS, RECORDS);
            Await.until("the new object", () -> sink.acceptedRecords() == 3 * RECORDS);
            assertThat(sink.records().subList(2 * RECORDS, 3 * RECORDS))
                    .allMatch(record -> record.contains("\"mark\":\"changed\""));

            // A change that is wrong leaves the running one in its place, and another file is no other export.
            Files.writeString(
                    exports.resolve("first.camel.yaml"), ofColumns("first", "n").replace("name:", "nam"));
            Await.until("the complaint", () -> watch.whyNotReady().isPresent());
            lake.numbers("year=2026/month=11/day=20/hour=01/c.parquet", 2 * RECORDS, RECORDS);
            Await.until("one more object", () -> sink.acceptedRecords() == 4 * RECORDS);
            assertThat(watch.log()).anyMatch(line -> line.endsWith("The export goes on as it was."));
            Files.delete(exports.resolve("first.camel.yaml"));
            Files.writeString(exports.resolve("renamed.camel.yaml"), ofColumns("first", "n, 'changed' AS mark"));
            Await.until("readiness", () -> watch.whyNotReady().isEmpty());
            assertThat(watch.log()).noneMatch(line -> line.contains("first/webhook: removed"));
        }
        assertThat(sink.acceptedRecords()).isEqualTo(4 * RECORDS);
    }

    @Test
    void aNameBelongsToTheExportThatRunsUnderIt() throws Exception {
        Path second = exports.resolve("second.camel.yaml");
        Files.writeString(second, ofColumns("shared", "n, 'second' AS mark"));
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the first run", () -> sink.acceptedRecords() == RECORDS);
            Files.writeString(exports.resolve("first.camel.yaml"), ofColumns("shared", "n, 'first' AS mark"));
            Await.until("the complaint", () -> watch.whyNotReady().isPresent());
            assertThat(watch.whyNotReady().orElseThrow())
                    .contains("first.camel.yaml: routes/exports/second.camel.yaml has an export named shared already");
            assertThat(watch.log()).noneMatch(line -> line.contains("shared/webhook: changed"));
            Files.delete(second);
            Await.until("the other one", () -> watch.log()
                    .contains("INFO export shared/webhook: changed. It goes on from its cursor."));
        }
        assertThat(sink.acceptedRecords()).isEqualTo(RECORDS);
    }

    @Test
    void aLinkThatIsTurnedIsAChange() throws Exception {
        Path one = Files.createDirectories(exports.resolve("..one"));
        Path two = Files.createDirectories(exports.resolve("..two"));
        Files.writeString(one.resolve("mounted.camel.yaml"), ofColumns("mounted", "n"));
        Files.writeString(two.resolve("mounted.camel.yaml"), ofColumns("mounted", "n"));
        Files.writeString(two.resolve("more.camel.yaml"), ofColumns("more", "n"));
        Path data = Files.createSymbolicLink(exports.resolve("..data"), Path.of("..one"));
        for (String name : new String[] {"mounted", "more"}) {
            Files.createSymbolicLink(exports.resolve(name + ".camel.yaml"), Path.of("..data", name + ".camel.yaml"));
        }
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the one that is mounted", () -> sink.acceptedRecords() == RECORDS);
            Path next = Files.createSymbolicLink(exports.resolve("..data_tmp"), Path.of("..two"));
            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Await.until("the one that came", () -> sink.acceptedRecords() == 2 * RECORDS);
            assertThat(watch.lanes())
                    .extracting(lane -> lane.lane().toString())
                    .containsExactly("more/webhook", "mounted/webhook");
        }
    }

    @Test
    void aThousandQuickRewritesGiveTheLastOne() throws Exception {
        export("busy", "n");
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the first run", () -> sink.acceptedRecords() == RECORDS);
            for (int i = 1; i <= 1000; i++) {
                export("busy", "n, " + i + " AS version");
            }
            Await.until("the change", () -> watch.log().stream().anyMatch(line -> line.contains("changed.")));
            lake.numbers("year=2026/month=11/day=20/hour=01/b.parquet", RECORDS, RECORDS);
            Await.until("the new object", () -> sink.acceptedRecords() == 2 * RECORDS);
            assertThat(sink.records().subList(RECORDS, 2 * RECORDS))
                    .allMatch(record -> record.contains("\"version\":1000"));
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    @Test
    void anExportBringsItsDestinationWithIt() throws Exception {
        export("first", "n");
        Map<String, String> given = given(Map.of());
        given.put("destination.file.folder", folder.resolve("out").toString());
        given.put("destination.file.roll-seconds", "1");
        try (TestRun.Running watch =
                TestRun.watch(TestRun.settings(folder, folder.resolve("routes"), given, Mode.WATCH))) {
            Await.until("the first", () -> sink.acceptedRecords() == RECORDS);
            Files.writeString(
                    exports.resolve("archive.camel.yaml"),
                    ofColumns("archive", "n").replace("webhook", "file"));
            Await.until("a file", () -> Files.exists(folder.resolve("out/acme/events")));
            assertThat(watch.whyNotReady()).isEmpty();
        }
    }

    private Settings settings() {
        return TestRun.settings(folder, folder.resolve("routes"), given(Map.of()), Mode.WATCH);
    }

    private void export(String name, String columns) throws IOException {
        Files.writeString(file(name), ofColumns(name, columns));
    }

    private static String ofColumns(String name, String columns) {
        return text(name, "SELECT %s FROM events".formatted(columns));
    }
}
