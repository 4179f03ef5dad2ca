package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector writes files, is killed, and runs out of disk. */
class FileIT {
    private static final int OBJECTS = 4;
    private static final int RECORDS_PER_OBJECT = 40_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;

    @TempDir
    private Path folder;

    @Test
    void killedAgainAndAgainItLeavesEveryRecordOnceInCompleteFiles() throws Exception {
        kill(2, lake(), RECORDS);
    }

    @Test
    @Tag("soak")
    void killedTwentyTimesItLeavesEveryRecordOnceInCompleteFiles() throws Exception {
        kill(20, lake(100_000), OBJECTS * 100_000);
    }

    /** Plain files and compressed ones, by one process: destinations have nothing in common but the records. */
    private void kill(int times, ParquetLake lake, int records) throws Exception {
        var tree = folder.resolve("tree");
        var zipped = folder.resolve("zipped");
        var trees = List.of(tree, zipped);
        var random = new Random(11);
        var kills = 0;
        var settings = Map.of(
                "destination.type",
                "file,zipped",
                "destination.file.roll-bytes",
                "1000000",
                "destinations.zipped.kind",
                "file",
                "destinations.zipped.folder",
                zipped.toString(),
                "destinations.zipped.compression",
                "gzip",
                "destinations.zipped.roll-bytes",
                "100000",
                "schedule.batch-size",
                "80");
        while (kills < times) {
            var slow = new TreeMap<>(settings);
            slow.put("delivery.max-records-per-second", String.valueOf(records / 20));
            var more = random.nextInt(20_000);
            var enough = trees.stream().map(each -> journalSize(each) + more).toList();
            try (var connector = start(lake, tree, slow)) {
                Await.until(
                        "some batches before kill " + kills,
                        () -> journalSize(tree) > enough.get(0) && journalSize(zipped) > enough.get(1)
                                || !connector.isAlive());
                assertThat(connector.isAlive())
                        .as("over before kill %d: %s", kills, connector.standardError())
                        .isTrue();
                connector.killHard();
                kills++;
            }
            // What is visible is complete, at any time.
            numbers(tree);
            numbers(zipped);
        }
        var last = run(lake, tree, settings);
        assertThat(last.code()).as(last.shown()).isZero();

        for (var each : trees) {
            var numbers = numbers(each);
            assertThat(numbers).hasSize(records);
            assertThat(new HashSet<>(numbers)).hasSize(records);
            assertThat(files(each)).hasSizeGreaterThan(5).noneMatch(file -> file.toString()
                    .endsWith(".part"));
        }
    }

    @Test
    void aFullDiskFailsTheRunAndTheRestComesLaterOnce() throws Exception {
        var lake = lake();
        var small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(
                TestTools.run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small.toString()), "mount needs root");
        try {
            var tree = small.resolve("tree");
            var settings = Map.of("destination.file.roll-bytes", "1000000");
            var failed = run(lake, tree, settings);
            assertThat(failed.code()).isEqualTo(1);
            assertThat(failed.log().stream().filter(line -> line.contains("ERROR")))
                    .singleElement()
                    .asString()
                    .contains("file, export default", "No space left on device", "Check the free space");
            var first = numbers(tree);
            assertThat(first).isNotEmpty().doesNotHaveDuplicates().hasSizeLessThan(RECORDS);
            assertThat(TestTools.run("mount", "-o", "remount,size=100m", small.toString()))
                    .isTrue();

            var rest = run(lake, tree, settings);
            assertThat(rest.code()).as(rest.shown()).isZero();
            var all = numbers(tree);
            assertThat(all).hasSize(RECORDS);
            var distinct = new HashSet<>(all);
            assertThat(distinct).hasSize(RECORDS);
            assertThat(distinct.containsAll(first)).isTrue();
        } finally {
            TestTools.run("umount", small.toString());
        }
    }

    @Test
    void aFolderHasOneWriter() throws Exception {
        var tree = Files.createDirectory(folder.resolve("tree"));
        try (var journal = FileChannel.open(
                        tree.resolve(".written"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = journal.lock();
                var connector = start(lake(), tree, Map.of())) {
            assertThat(lock.isValid()).isTrue();

            assertThat(connector.waitFor(Duration.ofMinutes(2))).isEqualTo(1);
            assertThat(connector.standardError())
                    .contains("another connector writes to " + tree)
                    .doesNotContain("\tat ");
        }
    }

    private ParquetLake lake() {
        return lake(RECORDS_PER_OBJECT);
    }

    private ParquetLake lake(int recordsPerObject) {
        var lake = ParquetLake.in(folder.resolve("lake"));
        for (var i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * recordsPerObject,
                    recordsPerObject);
        }
        return lake;
    }

    private ConnectorProcess start(ParquetLake lake, Path tree, Map<String, String> more) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(), environment(lake, tree, more), List.of("-Xmx256m"), "--mode", "batch");
    }

    /** What nothing interrupts. */
    private MainHere run(ParquetLake lake, Path tree, Map<String, String> more) {
        return MainHere.runIn(environment(lake, tree, more), "--mode", "batch");
    }

    private Map<String, String> environment(ParquetLake lake, Path tree, Map<String, String> more) {
        var settings = new TreeMap<>(lake.settings("SELECT n, hostname, message FROM events"));
        settings.put("destination.type", "file");
        settings.putAll(more);
        settings.put("destination.file.folder", tree.toString());
        settings.put("cursor.file", folder.resolve("cursor.db").toString());
        return TestSettings.environment(settings);
    }

    private static long journalSize(Path tree) {
        return tree.resolve(".written").toFile().length();
    }

    private static List<Path> files(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            return paths.filter(Files::isRegularFile)
                    .filter(path -> !path.endsWith(".written"))
                    .toList();
        }
    }

    /** Of the records in complete files; fails when one of them is torn. */
    private static List<Long> numbers(Path tree) throws IOException {
        return files(tree).stream()
                .filter(file -> !file.getFileName().toString().startsWith("."))
                .flatMap(FileIT::lines)
                .map(line -> {
                    if (!line.endsWith("\"}")) {
                        throw new AssertionError("torn: " + line);
                    }
                    return ParquetLake.number(line.getBytes(java.nio.charset.StandardCharsets.UTF_8));
                })
                .toList();
    }

    private static Stream<String> lines(Path file) {
        try (var in = Files.newInputStream(file);
                var plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
            return new String(plain.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
