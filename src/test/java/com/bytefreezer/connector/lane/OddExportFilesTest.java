package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.ExportsBed;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What people, editors and mounts put into {@code routes/exports} beside files of exports. */
@Tag("slow")
class OddExportFilesTest extends ExportsBed {
    private static final int RECORDS = 10;

    OddExportFilesTest() {
        super(WebhookServer.start());
    }

    @BeforeEach
    void makeAGoodOne() throws IOException {
        object("a", 0);
        Files.writeString(file("good"), text("good"));
    }

    /** What is made of the name of an export, and what is said of it. */
    private Map<String, String> makeOddOnes() throws IOException {
        Map<String, String> said = new TreeMap<>();
        Files.createFile(file("empty"));
        said.put("empty", "describes no export");
        Files.createDirectory(file("directory"));
        said.put("directory", "it is a folder");
        Files.createSymbolicLink(file("itself"), Path.of("itself.camel.yaml"));
        said.put("itself", "Too many levels of symbolic links");
        Files.createSymbolicLink(file("dangling"), Path.of("nowhere"));
        said.put("dangling", "it leads to nothing");
        Files.createSymbolicLink(file("parent"), Path.of(".."));
        said.put("parent", "it is a folder");
        Files.writeString(file("half"), text("half").substring(0, text("half").indexOf("webhook") - 3));
        said.put("half", "line ");
        Files.writeString(file("large"), text("large") + "# \n".repeat(3_500_000));
        said.put("large", "it has 10,5");
        byte[] binary = new byte[256];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) i;
        }
        Files.write(file("binary"), binary);
        said.put("binary", "line 2: it is not text in UTF-8");
        Files.writeString(file("wide"), text("wide"), StandardCharsets.UTF_16);
        said.put("wide", "line 1: it is not text in UTF-8");
        Files.writeString(file("zeros"), "\0".repeat(4096));
        said.put("zeros", "line 1");
        Files.writeString(file("deep"), "- [".repeat(100_000));
        said.put("deep", "line ");
        Files.writeString(file("twice"), text("good"));
        said.put("twice", "routes/exports/good.camel.yaml has an export named good already");
        return said;
    }

    @Test
    void anOddFileStopsNoOtherAndIsMendedWithoutARestart() throws Exception {
        Files.createSymbolicLink(exports.resolve("back"), Path.of("..", "exports"));
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the good one", () -> sink.acceptedRecords() == RECORDS);
            assertThat(watch.whyNotReady()).isEmpty();
            oddOnesComeAndAreMended(watch, makeOddOnes(), 1);
        }
    }

    @Test
    void anOddFileStopsNoStartOfTheOthers() throws Exception {
        Map<String, String> odd = makeOddOnes();
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the good one", () -> sink.acceptedRecords() == RECORDS);
            oddOnesComeAndAreMended(watch, odd, 1);
        }
    }

    private void oddOnesComeAndAreMended(TestRun.Running watch, Map<String, String> odd, int objects) throws Exception {
        Await.until(
                "the complaints",
                () -> watch.log().stream()
                                .filter(line -> line.startsWith("ERROR"))
                                .count()
                        == odd.size());
        odd.forEach((name, words) -> assertThat(watch.log())
                .filteredOn(line -> line.startsWith("ERROR") && line.contains("/" + name + ".camel.yaml"))
                .singleElement()
                .asString()
                .contains(words)
                .endsWith("It does not run; the other exports do.")
                .hasSizeLessThan(500));
        // The lines come first.
        Await.until("the lanes that fail", () -> failed(watch).equals(odd.keySet()));
        assertThat(watch.whyNotReady()).isPresent();
        object("b", RECORDS);
        Await.until("a new object", () -> sink.acceptedRecords() == (objects + 1) * RECORDS);

        for (String name : odd.keySet()) {
            Path whole = Files.writeString(exports.resolve("." + name), text(name));
            if (Files.isDirectory(file(name))) {
                Files.delete(file(name));
            }
            Files.move(whole, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        Await.until("readiness", () -> watch.whyNotReady().isEmpty());
        Await.until("all", () -> sink.acceptedRecords() == (objects + 1) * RECORDS * (odd.size() + 1));
        assertThat(watch.log()).noneMatch(line -> line.endsWith(TestRun.STACK_TRACE));
    }

    private static Set<String> failed(TestRun.Running watch) {
        return watch.lanes().stream()
                .filter(lane -> lane.state().equals("failed"))
                .map(LaneStatus::name)
                .collect(Collectors.toSet());
    }

    @Test
    void aFileThatGoesWhileItsLaneRunsEndsTheLane() throws Exception {
        Files.writeString(file("other"), text("other"));
        try (TestRun.Running watch = TestRun.watch(settings())) {
            Await.until("the first", () -> sink.acceptedRecords() == 2 * RECORDS);
            sink.reply(Reply.of(200).after(Duration.ofSeconds(2)));
            int before = sink.requests().size();
            for (int i = 1; i < 20; i++) {
                object("more" + i, i * RECORDS);
            }
            Await.until("a run of both", () -> sink.requests().size() >= before + 2);
            Files.delete(file("good"));
            Await.until(
                    "the end", () -> watch.log().contains("INFO export good/webhook: removed. Its cursor is kept."));
            assertThat(watch.whyNotReady()).isEmpty();
            assertThat(watch.log())
                    .noneMatch(line -> line.startsWith("ERROR") || line.startsWith("WARN"))
                    .noneMatch(line -> line.endsWith(TestRun.STACK_TRACE));
            sink.reply(Reply.of(200));
            Files.writeString(file("good"), text("good"));
            Await.until("all of both", () -> sink.acceptedRecords() == 2 * 20 * RECORDS);
        }
    }

    private Settings settings() {
        return TestRun.settings(folder, folder.resolve("routes"), given(Map.of()), Mode.WATCH);
    }

    private void object(String name, int first) {
        lake.numbers("year=2026/month=11/day=20/hour=01/%s.parquet".formatted(name), first, RECORDS);
    }

    private static String text(String name) {
        return text(name, "SELECT n FROM events");
    }
}
