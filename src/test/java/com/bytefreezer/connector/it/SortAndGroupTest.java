package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WideEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries over the whole dataset; what does not fit into the memory that DuckDB may use goes to its temporary folder. */
@Tag("slow")
class SortAndGroupTest {
    private static final String HOUR = "year=2026/month=11/day=20/hour=%02d/o.parquet";

    @TempDir
    private Path folder;

    private ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
    }

    @Test
    void aMillionAndAHalfRecordsAreSorted() throws Exception {
        for (int hour = 0; hour < 3; hour++) {
            lake.object(
                    HOUR.formatted(hour),
                    "SELECT (n * 7919) %% 1500000 AS n, 'host-' || n %% 100 AS hostname, md5(n::VARCHAR) AS message FROM range(%d, %d) t(n)"
                            .formatted(hour * 500_000, (hour + 1) * 500_000));
        }
        run("SELECT * FROM events ORDER BY n", Map.of("duckdb.memory-limit", "100MB"));

        assertThat(delivered("n"))
                .isEqualTo(LongStream.range(0, 1_500_000).boxed().toList());
    }

    @Test
    void sixMillionKeysAreGrouped() throws Exception {
        lake.object(HOUR.formatted(0), "SELECT n FROM range(100000) t(n)");
        run(
                "SELECT count(*) AS n FROM (SELECT n * 60 + i AS key, count(*) AS records FROM"
                        + " (SELECT n, unnest(range(60)) AS i FROM events) GROUP BY key HAVING records = 1)",
                Map.of("duckdb.memory-limit", "64MB"));

        assertThat(delivered("n")).containsExactly(6_000_000L);
    }

    @Test
    void wideRecordsAreSorted() throws Exception {
        int records = 0;
        for (int object = 0; object < 4; object++) {
            Path file = lake.bytes(HOUR.formatted(object), new byte[0]);
            Files.delete(file);
            try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                    var statement = connection.createStatement()) {
                statement.execute(WideEvents.copy(object, 4000, file));
            }
            records += 4000;
        }
        run("SELECT * FROM events ORDER BY BfTs DESC", Map.of());

        assertThat(delivered("BfTs")).hasSize(records).isSortedAccordingTo(Comparator.reverseOrder());
    }

    private void run(String sql, Map<String, String> further) throws Exception {
        Map<String, String> given = new TreeMap<>(lake.settings(sql));
        given.putAll(Map.of(
                "destination.type",
                "file",
                "destination.file.folder",
                folder.resolve("out").toString()));
        given.putAll(further);
        TestRun run = TestRun.batch(TestRun.settings(folder, given));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
    }

    /** The values of a column, in the order of the records. */
    private List<Long> delivered(String column) throws IOException {
        Pattern value = Pattern.compile("\"%s\":(\\d+)".formatted(column));
        List<Long> all = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder.resolve("out"))) {
            for (Path file : files.filter(file -> file.toString().endsWith(".ndjson"))
                    .sorted()
                    .toList()) {
                try (Stream<String> lines = Files.lines(file)) {
                    lines.map(value::matcher)
                            .filter(Matcher::find)
                            .forEach(match -> all.add(Long.valueOf(match.group(1))));
                }
            }
        }
        return all;
    }
}
