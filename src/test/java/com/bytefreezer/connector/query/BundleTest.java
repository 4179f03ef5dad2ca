package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small objects that are read together. */
@Tag("slow")
class BundleTest {
    private static final String PARTITION = "year=2026/month=11/day=20/hour=01/";

    @TempDir
    Path folder;

    @AutoClose
    private LocalDataset dataset;

    @BeforeEach
    void open() {
        dataset = new LocalDataset(folder);
    }

    private LakeObject write(String name, String select) {
        return dataset.write(PARTITION + name, select);
    }

    /** Six objects whose names do not tell their order. */
    private void severalObjects() {
        for (String name : List.of("d", "b", "f", "a", "e[1]*", "c")) {
            write(name + ".parquet", """
                    SELECT range AS n, '%s' AS file, TIMESTAMP '2026-11-20 01:02:03' + INTERVAL (range) MILLISECOND AS time, range / 4 AS share,
                      [range, NULL] AS list, {'text': 'a"b', 'when': DATE '2026-11-20'} AS nested
                    FROM range(%d)""".formatted(name, name.equals("f") ? 0 : 50));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM events",
                "SELECT * FROM read_parquet('PARQUET_PATH', hive_partitioning=true, union_by_name=true)",
                "SELECT e.*, n + 1 AS next FROM events AS e WHERE e.n % 3 = 1 AND hour = 1",
                "SELECT * EXCLUDE (time) REPLACE (upper(file) AS file) FROM events",
                "SELECT COLUMNS('n|f.*') FROM events",
                "SELECT file, unnest(list) AS item FROM events WHERE n < 3",
                "SELECT nested.text AS text, events.n FROM events WHERE file IN ('a', 'c')",
                "SELECT hour, n FROM events WHERE n < 0",
                "SELECT n FROM events WHERE hour = 2",
            })
    void givesTheRecordsOfEachObjectAsIfItWasReadAlone(String sql) throws Exception {
        severalObjects();
        List<String> alone = new ArrayList<>();
        for (int i = 0; i < dataset.objects().size(); i++) {
            for (String record : dataset.records(sql, dataset.objects().get(i))) {
                alone.add(i + " " + record);
            }
        }

        assertThat(LocalDataset.parse(sql).canBundle()).isTrue();
        assertThat(together(sql)).isEqualTo(alone);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT events FROM events",
                "SELECT to_json(e) AS json FROM events e",
                "SELECT n, filename FROM events",
                "SELECT n, file_row_number FROM events",
                "SELECT file_index FROM events",
                "SELECT * FROM read_parquet('PARQUET_PATH', filename=true)",
                "SELECT * FROM (SELECT n FROM events)",
                "WITH few AS (SELECT * FROM events) SELECT * FROM few",
                "SELECT a FROM events AS e(a, b)",
                "SELECT concat(*COLUMNS(*)) AS all FROM events",
                "SELECT n FROM events WHERE COLUMNS(*) IS NOT NULL",
                "SELECT 1 AS one",
            })
    void isNotMadeWhereRowsWouldChangeOrNotBeToldApart(String sql) {
        assertThat(LocalDataset.parse(sql).canBundle()).isFalse();
    }

    @Test
    void takesObjectsWithDifferentColumnsAndOddNames() throws Exception {
        write("1.parquet", "SELECT 1 AS n, 'x' AS text");
        write("2.parquet", "SELECT '1' AS n, 'x' AS text");
        write("3.parquet", "SELECT 2 AS n, NULL::VARCHAR AS text, 7 AS File_Index");
        write("4.parquet", "SELECT 'x' AS text, 1 AS n");
        write("5.parquet", "SELECT 3 AS n, 'y' AS text");

        assertThat(together("SELECT * EXCLUDE (year, month, day, hour) FROM events"))
                .containsExactlyInAnyOrder(
                        "0 {\"n\":\"1\",\"text\":\"x\",\"File_Index\":null}",
                        "1 {\"n\":\"1\",\"text\":\"x\",\"File_Index\":null}",
                        "2 {\"n\":\"2\",\"text\":null,\"File_Index\":7}",
                        "3 {\"n\":\"1\",\"text\":\"x\",\"File_Index\":null}",
                        "4 {\"n\":\"3\",\"text\":\"y\",\"File_Index\":null}");
    }

    /** Each record with the number of its object before it. */
    private List<String> together(String sql) throws SQLException {
        try (var duckDb = dataset.open(java.util.Map.of())) {
            duckDb.lock(1);
            List<String> records = new ArrayList<>();
            var statementText = duckDb.statements()
                    .ofBundle(LocalDataset.parse(sql), dataset.objects(), dataset.schema, false, false);
            try (var connection = duckDb.newConnection();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(statementText)) {
                while (rows.next()) {
                    var record = rows.getBlob(1);
                    if (record == null) {
                        return records;
                    }
                    var json = new String(record.getBytes(1, (int) record.length()), StandardCharsets.UTF_8);
                    records.add(rows.getInt(2) + " " + json);
                }
            }
            throw new IllegalStateException("ended early");
        }
    }
}
