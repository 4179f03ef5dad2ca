package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector with many exports, killed in the middle and started again. */
class ManyExportsIT {
    private static final int EXPORTS = 50;
    private static final int OBJECTS = 2;
    private static final int RECORDS_PER_OBJECT = 1000;
    private static final int KILLS = 2;

    @TempDir
    private Path folder;

    @Test
    void killedAgainAndAgainEachOfFiftyExportsDeliversEveryRecordOnce() throws IOException {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        Routes.copyTo(folder.resolve("routes"));
        Files.delete(folder.resolve("routes/exports/default.camel.yaml"));
        for (int i = 0; i < EXPORTS; i++) {
            export("export-" + i, (long) i * OBJECTS * RECORDS_PER_OBJECT);
        }
        Path tree = folder.resolve("tree");
        Random random = new Random(5);
        for (int kill = 0; kill < KILLS; kill++) {
            long before = journalSize(tree);
            long more = 1 + random.nextInt(8000);
            try (ConnectorProcess connector = start(lake, tree, "6000")) {
                Await.until(
                        "some batches before kill " + kill,
                        () -> journalSize(tree) > before + more || !connector.isAlive());
                assertThat(connector.isAlive()).as(connector.standardError()).isTrue();
                connector.killHard();
            }
        }
        MainHere last = MainHere.runIn(environment(lake, tree, ""), arguments());
        assertThat(last.code()).as(last.shown()).isZero();
        assertThat(numbers(tree))
                .hasSize(EXPORTS * OBJECTS * RECORDS_PER_OBJECT)
                .doesNotHaveDuplicates();
    }

    private void export(String name, long first) throws IOException {
        Files.writeString(
                folder.resolve("routes/exports/" + name + ".camel.yaml"),
                Routes.export(
                        name,
                        Map.of(
                                "tenant", "acme",
                                "dataset", "events",
                                "batchSize", "100",
                                "sql", "SELECT n + %d AS n, hostname FROM events".formatted(first))));
    }

    private ConnectorProcess start(ParquetLake lake, Path tree, String recordsPerSecond) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(),
                environment(lake, tree, recordsPerSecond),
                List.of("-Xmx256m"),
                arguments());
    }

    private String[] arguments() {
        return new String[] {
            "--mode", "batch", "--routes", folder.resolve("routes").toString()
        };
    }

    private Map<String, String> environment(ParquetLake lake, Path tree, String recordsPerSecond) {
        return Map.of(
                "LAKE_ROOT",
                "file:" + lake.root(),
                "DESTINATION_TYPE",
                "file",
                "DESTINATION_FILE_FOLDER",
                tree.toString(),
                "DELIVERY_MAX_RECORDS_PER_SECOND",
                recordsPerSecond,
                "CURSOR_FILE",
                folder.resolve("cursor.db").toString());
    }

    private static long journalSize(Path tree) {
        return tree.resolve(".written").toFile().length();
    }

    private static List<Long> numbers(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            return files.filter(file -> file.toString().endsWith(".ndjson"))
                    .flatMap(ManyExportsIT::lines)
                    .map(line -> ParquetLake.number(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                    .toList();
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
