package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LoopDisk;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What fails under the connector's own files costs no record. See docs/reliability.md. */
@Tag("slow")
class DiskFaultsTest extends FaultBed {
    private static final int RECORDS = 20_000;
    private static final Pattern OBJECTS = Pattern.compile(": (\\d+) objects, ");

    @Test
    void aFullDiskUnderDuckDbFailsTheRunAndLosesNothing() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                TestTools.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()), "mount needs root");
        try {
            int records = 500_000;
            lake.numbers(OBJECT + "a.parquet", 0, 1);
            Map<String, String> given = sorting(records, disk);
            TestRun full = TestRun.batch(settings(given));
            assertThat(full.succeeded()).isFalse();
            assertThat(full.log("ERROR")).first().asString().contains("duckdb.temp-folder has; free some space there");

            assertThat(TestTools.run("mount", "-o", "remount,size=500m", disk.toString()))
                    .isTrue();
            TestRun after = TestRun.batch(settings(given));
            assertThat(after.succeeded()).as(after.log().toString()).isTrue();
            assertThat(sink.distinctRecords()).isEqualTo(records);
        } finally {
            TestTools.run("umount", disk.toString());
        }
    }

    private enum Place {
        CURSOR,
        DEAD_LETTERS,
        FILES
    }

    /** The file system is frozen, as by a storage that does not answer, or for most of the time. */
    @ParameterizedTest
    @CsvSource({
        "CURSOR,hangs",
        "CURSOR,slow",
        "DEAD_LETTERS,hangs",
        "DEAD_LETTERS,slow",
        "FILES,hangs",
        "FILES,slow",
    })
    void aDiskThatHangsOrIsSlowOnlyTakesTime(Place place, String how) throws Exception {
        // Refused wherever it stands alone or not; so it is found by halves and kept aside.
        String refused = "{\"n\":%d,".formatted(RECORDS / 2);
        try (LoopDisk disk = LoopDisk.in(folder, 32)) {
            if (place == Place.DEAD_LETTERS) {
                sink.replyWhen(request -> request.text().contains(refused), Reply.of(422, "not wanted"));
            }
            lake.numbers(OBJECT + "a.parquet", 0, 1000);
            try (TestRun.Running watch = watch(under(place, disk))) {
                Await.until("the first object", () -> settled(watch) >= 1);
                disk.freeze();
                lake.numbers(OBJECT + "b.parquet", 1000, RECORDS - 1000);
                if (how.equals("hangs")) {
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(4));
                    assertThat(settled(watch)).as("while it hangs").isEqualTo(1);
                    disk.thaw();
                } else {
                    for (int i = 0; i < 15; i++) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
                        disk.thaw();
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
                        disk.freeze();
                    }
                    disk.thaw();
                }
                Await.until("both objects", () -> settled(watch) == 2);
                assertThat(errors(watch)).isEmpty();
            }
            assertThat(records(place, disk)).hasSize(RECORDS).doesNotHaveDuplicates();
        }
    }

    /** Mended by a person while the connector is down, as a broken disk is. */
    @ParameterizedTest
    @EnumSource
    void aDiskThatDiesInTheMiddleLosesNothingOnceMended(Place place) throws Exception {
        String refused = "{\"n\":%d,".formatted(RECORDS - 1);
        sink.reply(Reply.of(200).after(Duration.ofMillis(20)));
        if (place == Place.DEAD_LETTERS) {
            sink.replyWhen(request -> request.text().contains(refused), Reply.of(422, "not wanted"));
        }
        try (LoopDisk disk = LoopDisk.in(folder, 32)) {
            for (int i = 0; i < 5; i++) {
                large(i + ".parquet", i * RECORDS / 10, RECORDS / 10);
            }
            Map<String, String> given = under(place, disk);
            given.put("export.parallel-objects", "1");
            TestRun.Running watch = watch(given);
            try (watch) {
                // Not while the disk confirms a write: the kernel may do so in the moment in which it gives the disk
                // up.
                Await.until("the first half", () -> settled(watch) == 5);
                disk.die();
                for (int i = 5; i < 10; i++) {
                    large(i + ".parquet", i * RECORDS / 10, RECORDS / 10);
                }
                Await.until("a failed run", () -> !errors(watch).isEmpty());
                assertThat(errors(watch))
                        .allMatch(line -> line.contains(disk.folder().toString()))
                        .noneMatch(line -> line.contains("\n"));
            }
            // And one that the stop may have ended.
            long runs = errors(watch).stream()
                            .filter(line -> line.contains("Next try in"))
                            .count()
                    + 1;
            disk.mend();
            TestRun after = TestRun.batch(settings(given));
            assertThat(after.succeeded()).as(after.log().toString()).isTrue();
            List<Long> records = records(place, disk);
            assertThat(records).hasSizeGreaterThanOrEqualTo(RECORDS);
            assertThat(new HashSet<>(records)).hasSize(RECORDS);
            // What a failed run delivers and cannot settle; a file has a journal that knows.
            int perRun = place == Place.FILES ? 0 : RECORDS / 10 + IN_FLIGHT * BATCH;
            System.err.printf(
                    "%s on a disk that dies: %d failed runs, %d repeats%n", place, runs, records.size() - RECORDS);
            assertThat(records.size() - RECORDS).isLessThanOrEqualTo((int) runs * perRun);
        }
    }

    @Test
    void aDiskThatHangsUnderDuckDbOnlyTakesTime() throws Exception {
        int records = 500_000;
        lake.numbers(OBJECT + "a.parquet", 0, 1);
        try (LoopDisk disk = LoopDisk.in(folder, 500)) {
            Settings settings = settings(sorting(records, disk.folder()));
            // Not over before the disk hangs.
            sink.holdAt(1);
            CompletableFuture<TestRun> run = CompletableFuture.supplyAsync(() -> {
                try {
                    return TestRun.batch(settings);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            Await.until("what does not fit into memory", () -> run.isDone() || spilled(disk.folder()));
            disk.freeze();
            sink.answerAll();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
            assertThat(run).as("while it hangs").isNotDone();
            disk.thaw();
            assertThat(run.get().succeeded()).as(run.get().log().toString()).isTrue();
            assertThat(sink.distinctRecords()).isEqualTo(records);
            assertThat(sink.acceptedRecords()).isEqualTo(records);
        }
    }

    private static boolean spilled(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> file.toString().endsWith(".tmp"));
        } catch (IOException | UncheckedIOException goneMeanwhile) {
            return false;
        }
    }

    private static Map<String, String> sorting(int records, Path temporary) {
        return Map.of(
                "query.sql",
                "SELECT range AS n, repeat(md5(range::VARCHAR), 4) AS text FROM range(%d) ORDER BY text"
                        .formatted(records),
                "query.sync",
                "full",
                "duckdb.memory-limit",
                "64MB",
                "duckdb.temp-folder",
                temporary.toString());
    }

    private Map<String, String> under(Place place, LoopDisk disk) {
        Path there = disk.folder();
        return new TreeMap<>(
                switch (place) {
                    case CURSOR ->
                        Map.of("cursor.file", there.resolve("cursor.db").toString());
                    case DEAD_LETTERS ->
                        Map.of(
                                "delivery.dead-letters-folder",
                                there.resolve("letters").toString());
                    case FILES ->
                        Map.of(
                                "destination.type",
                                "file",
                                "destination.file.folder",
                                there.resolve("files").toString());
                });
    }

    /** How many objects are delivered. */
    private static int settled(TestRun.Running watch) {
        return lines(watch, "INFO ").stream()
                .map(OBJECTS::matcher)
                .filter(Matcher::find)
                .mapToInt(found -> Integer.parseInt(found.group(1)))
                .sum();
    }

    /** The numbers of all records that came, as often as they came. */
    private List<Long> records(Place place, LoopDisk disk) throws IOException {
        Path kept =
                switch (place) {
                    case CURSOR -> folder.resolve("nowhere");
                    case DEAD_LETTERS -> disk.folder().resolve("letters");
                    case FILES -> disk.folder().resolve("files");
                };
        List<Long> numbers = new ArrayList<>();
        IntStream.range(0, RECORDS)
                .forEach(number -> numbers.addAll(Collections.nCopies(sink.timesAccepted(number), (long) number)));
        if (Files.exists(kept)) {
            try (Stream<Path> files = Files.walk(kept)) {
                for (Path file :
                        files.filter(one -> one.toString().endsWith(".ndjson")).toList()) {
                    for (String line : Files.readAllLines(file)) {
                        numbers.add(ParquetLake.number(
                                line.replaceFirst("^.*\"record\":", "").getBytes(StandardCharsets.UTF_8)));
                    }
                }
            }
        }
        return numbers;
    }
}
