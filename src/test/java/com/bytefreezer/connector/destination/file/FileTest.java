package com.bytefreezer.connector.destination.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.SampleExport;
import com.bytefreezer.connector.delivery.SomeBatch;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FileTest {
    @TempDir
    private Path folder;

    private RollingFiles files = new RollingFiles();

    @AfterEach
    void close() {
        files.stop();
    }

    private Path tree() {
        return folder.resolve("tree");
    }

    private SampleExport export() {
        return new SampleExport(
                folder,
                Path.of("routes"),
                Map.of("destination.type", "file", "destination.file.folder", tree().toString()));
    }

    private RollingFiles rolling(long bytes, long seconds) {
        files.stop();
        files = new RollingFiles();
        files.setFolder(tree().toString());
        files.setCompression("none");
        files.setRollBytes(bytes);
        files.setRollSeconds(seconds);
        files.start();
        return files;
    }

    // -- A damaged disk

    @Test
    void aDamagedJournalIsNamedAndNothingIsWrittenUntilMended() throws Exception {
        assertThat(export().run().succeeded()).isTrue();
        Path journal = tree().resolve(".written");
        byte[] whole = Files.readAllBytes(journal);
        for (String garbage : List.of(
                "\0\0\0\0\0\0\n", "\u00ff\u0012 garbage\n", "a b\n", "a acme/x.ndjson 12x\n", "a ../x.ndjson\n")) {
            Files.write(
                    journal,
                    (garbage + new String(whole, StandardCharsets.UTF_8)).getBytes(StandardCharsets.ISO_8859_1));
            byte[] damaged = Files.readAllBytes(journal);

            assertThatThrownBy(() -> rolling(1, 1))
                    .as(garbage)
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageStartingWith(journal + ", line 1 is damaged. Nothing is written")
                    .hasMessageNotContaining("\n");
            assertThat(journal).hasBinaryContent(damaged);
            assertThat(records()).hasSize(SampleExport.RECORDS);
        }

        Files.write(journal, whole);
        assertThat(export().in(folder.resolve("forgotten")).run().succeeded()).isTrue();
        assertThat(records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
    }

    @Test
    void aLineOfTheJournalThatIsHalfWrittenDoesNotCount() throws Exception {
        assertThat(export().run().succeeded()).isTrue();
        Files.writeString(tree().resolve(".written"), "5b1f acme/syslog/20", StandardOpenOption.APPEND);

        assertThat(export().in(folder.resolve("forgotten")).run().succeeded()).isTrue();
        assertThat(records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
        assertThat(Files.readString(tree().resolve(".written")))
                .doesNotContain("5b1f acme")
                .endsWith("\n");
    }

    // -- Datasets

    @Test
    void noNameOfADatasetLeavesTheTreeOrSharesAFile() throws Exception {
        RollingFiles rolling = rolling(1_000_000, 3600);
        List<String> names = List.of("a b", "a_b", "..a", "%s", "~", "x".repeat(255), "日本", "*");
        for (int i = 0; i < names.size(); i++) {
            rolling.write(SomeBatch.of(SomeBatch.unitOf(names.get(i), "o"), 0, "{\"n\":%d}".formatted(i)));
        }
        rolling.stop();
        assertThat(visible()).hasSize(names.size()).allSatisfy(file -> assertThat(
                        file.startsWith(tree().resolve("acme")))
                .isTrue());
    }

    @Test
    void theFolderMayNameTheDatasetItself() throws Exception {
        RollingFiles rolling = rolling(1_000_000, 3600);
        rolling.setFolder(tree().resolve("all/x-{dataset}/{tenant}").toString());
        rolling.write(SomeBatch.of(SomeBatch.unit("o"), 0, "{}"));
        rolling.stop();
        assertThat(visible()).singleElement().satisfies(file -> assertThat(
                        tree().relativize(file).toString())
                .matches("all/x-syslog/acme/20\\d\\d/[01]\\d/[0-3]\\d/acme-20\\d{6}T\\d{9}Z\\.ndjson"));
    }

    @Test
    void manyDatasetsHoldFewFilesOpen() throws Exception {
        RollingFiles rolling = rolling(1_000_000, 3600);
        long before = openFiles();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 400; i++) {
                rolling.write(SomeBatch.of(SomeBatch.unitOf("d" + i, "o" + round), 0, "{\"n\":%d}".formatted(i)));
            }
        }
        assertThat(openFiles() - before).isLessThan(250);
        rolling.stop();
        assertThat(visible()).hasSize(400);
        assertThat(records()).hasSize(800);
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    // -- Runs

    @Test
    void aRunLeavesOneCompleteFileInADatedTree() throws Exception {
        var run = export().run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(visible()).singleElement().satisfies(file -> assertThat(
                        tree().relativize(file).toString())
                .matches("acme/syslog/20\\d\\d/[01]\\d/[0-3]\\d/syslog-20\\d{6}T\\d{9}Z\\.ndjson"));
        assertThat(hidden()).isEmpty();
        assertThat(records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();

        assertThat(export().run().succeeded()).isTrue();
        assertThat(visible()).hasSize(1);
    }

    @Test
    void filesAreRolledBySizeAndTogetherHoldEveryRecordOnce() throws Exception {
        var run = export().with("destination.file.roll-bytes", 10_000)
                .with("schedule.batch-size", 10)
                .run();

        assertThat(run.succeeded()).isTrue();
        assertThat(visible()).hasSizeGreaterThan(3);
        assertThat(visible().stream().filter(file -> file.toFile().length() < 10_000))
                .as("the last one")
                .hasSizeLessThanOrEqualTo(1);
        assertThat(records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
    }

    @Test
    void filesCanBeCompressed() throws Exception {
        var plain = export().in(folder.resolve("other")).with("destination.file.folder", folder.resolve("plain"));
        plain.run();
        var run = export().with("destination.file.compression", "gzip").run();

        assertThat(run.succeeded()).isTrue();
        assertThat(visible()).singleElement().asString().endsWith(".ndjson.gz");
        assertThat(records()).containsExactlyInAnyOrderElementsOf(recordsIn(folder.resolve("plain")));
    }

    @Test
    void whatTheFolderHasIsADuplicateWhenTheCursorForgets() throws Exception {
        export().run();

        var run = export().in(folder.resolve("forgotten")).run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("0 accepted by file, 400 duplicates"));
        assertThat(records()).hasSize(SampleExport.RECORDS);
        // Another query gives other records.
        export().in(folder.resolve("forgotten again"))
                .with("query.sql", "SELECT message FROM events")
                .run();
        assertThat(records()).hasSizeGreaterThan(SampleExport.RECORDS);
    }

    @Test
    void anUnwritableFolderFailsTheRunInOneLine() throws Exception {
        Files.writeString(tree(), "a file");

        var run = export().run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("file, export default", "file already exists: " + tree(), "cursor stays before it");
    }

    @Test
    void anUnknownCompressionStopsTheStart() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        export().with("destination.file.compression", "zip")::run))
                .rootCause()
                .hasMessageContaining("Use none or gzip");
    }

    // -- One file

    @Test
    void aFileIsHiddenUntilItsTimeIsUp() throws IOException {
        var never = rolling(1000, 1000);
        never.write(SomeBatch.of(SomeBatch.unit("a"), 0, "{\"n\":1}"));
        never.completeDue();
        assertThat(visible()).isEmpty();
        assertThat(hidden()).hasSize(1);

        var atOnce = rolling(1000, 0);
        assertThat(visible()).hasSize(1);
        atOnce.write(SomeBatch.of(SomeBatch.unit("a"), 1, "{\"n\":2}"));
        atOnce.completeDue();
        assertThat(visible()).hasSize(2);
        assertThat(hidden()).isEmpty();
    }

    @Test
    void whatACrashLeftIsCutAtTheLastBatchAndCompleted() throws IOException {
        var unit = SomeBatch.unit("a");
        var day = Files.createDirectories(tree().resolve("acme/syslog/2026/11/21"));
        var id = SomeBatch.of(unit, 0, "{\"n\":1}", "{\"n\":2}").id();
        Files.writeString(day.resolve(".syslog-1.ndjson.part"), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\"");
        Files.writeString(day.resolve(".syslog-2.ndjson.part"), "{\"n\"");
        Files.writeString(tree().resolve(".written"), """
                - acme/syslog/2026/11/21/syslog-1.ndjson 0
                %s acme/syslog/2026/11/21/syslog-1.ndjson 16
                - acme/syslog/2026/11/21/syslog-2.ndjson 0
                abc-2+1 acme/syslog/2026/11/21/syslog-1.nd""".formatted(id));

        var recovered = rolling(1000, 1000);

        assertThat(hidden()).isEmpty();
        assertThat(visible()).containsExactly(day.resolve("syslog-1.ndjson"));
        assertThat(records()).containsExactly("{\"n\":1}", "{\"n\":2}");
        var repeat = SomeBatch.of(unit, 0, "{\"n\":1}", "{\"n\":2}");
        recovered.write(repeat);
        recovered.write(SomeBatch.of(unit, 2, "{\"n\":3}"));
        assertThat(repeat.outcome().duplicates()).isEqualTo(2);
        recovered.stop();
        assertThat(records()).containsExactlyInAnyOrder("{\"n\":1}", "{\"n\":2}", "{\"n\":3}");
    }

    @Test
    void aBatchThatOnlyBeginsLikeAnEarlierOneIsNoRepeat() throws IOException {
        var rolling = rolling(1000, 1000);
        var earlier = SomeBatch.firstRecordsOf("a", "c");
        var withAnotherObject = SomeBatch.firstRecordsOf("a", "b");
        var repeat = SomeBatch.firstRecordsOf("a", "c");

        rolling.write(earlier);
        rolling.write(withAnotherObject);
        rolling.write(repeat);
        rolling.stop();

        assertThat(earlier.outcome().accepted()).isEqualTo(2);
        assertThat(withAnotherObject.outcome().accepted()).isEqualTo(2);
        assertThat(repeat.outcome().duplicates()).isEqualTo(2);
        assertThat(records()).hasSize(4);
    }

    @Test
    void theJournalIsShortenedAndStillKnowsTheNewestBatches() throws IOException {
        var unit = SomeBatch.unit("a");
        // Of an earlier process: each batch waits twice for the disk.
        Files.createDirectories(tree());
        Files.write(
                tree().resolve(".written"),
                IntStream.range(0, 19_000).mapToObj("earlier%d - 0"::formatted).toList());
        var rolling = rolling(Long.MAX_VALUE, 1000);
        var count = 2_500;
        for (var n = 0; n < count; n++) {
            rolling.write(SomeBatch.of(unit, n, "{\"n\":" + n + "}"));
        }
        assertThat(Files.readAllLines(tree().resolve(".written"))).hasSizeLessThan(20_000);

        var again = rolling(Long.MAX_VALUE, 1000);
        for (var n = 0; n < count; n++) {
            again.write(SomeBatch.of(unit, n, "{\"n\":" + n + "}"));
        }
        again.stop();
        assertThat(visible()).hasSize(1);
        assertThat(records()).hasSize(count).doesNotHaveDuplicates();
    }

    @Test
    void aDatasetsNameIsNoPath() throws IOException {
        var object = SomeBatch.unit("a").objects();
        var unit = new Unit(new Lane("default", "file"), "..", "../../x y", object, "query", null, null, true);

        rolling(1, 1000).write(SomeBatch.of(unit, 0, "{}"));

        assertThat(visible())
                .singleElement()
                .asString()
                .matches(Pattern.quote(tree().toString()) + "/_-[0-9a-f]{8}/__\\.\\._x_y-[0-9a-f]{8}/[^.].*");
    }

    // -- Helpers

    private List<Path> visible() throws IOException {
        return filesIn(tree(), false);
    }

    private List<Path> hidden() throws IOException {
        return filesIn(tree(), true);
    }

    private List<String> records() throws IOException {
        return recordsIn(tree());
    }

    private static List<Path> filesIn(Path folder, boolean hidden) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile)
                    .filter(path -> !path.endsWith(".written"))
                    .filter(path -> path.getFileName().toString().startsWith(".") == hidden)
                    .sorted()
                    .toList();
        }
    }

    private static List<String> recordsIn(Path folder) throws IOException {
        return filesIn(folder, false).stream().flatMap(FileTest::lines).toList();
    }

    private static Stream<String> lines(Path file) {
        try (var in = Files.newInputStream(file);
                var plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
            var text = new String(plain.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).endsWith("\n");
            return text.lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
