package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UseTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM events",
                "select  *  -- all\nfrom events",
                "FROM events",
                "SELECT * FROM read_parquet('PARQUET_PATH', hive_partitioning=true)",
            })
    void aQueryForAllColumnsIsRecognized(String sql) {
        assertThat(LocalDataset.parse(sql).use()).isEqualTo(Use.ALL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM events WHERE true",
                "SELECT * FROM events LIMIT 5",
                "SELECT * FROM events ORDER BY 1",
                "SELECT DISTINCT * FROM events",
                "SELECT *, 1 AS one FROM events",
                "SELECT * EXCLUDE (a) FROM events",
                "SELECT * REPLACE (1 AS a) FROM events",
                "SELECT * RENAME (a AS b) FROM events",
                "SELECT COLUMNS(*) FROM events",
                "SELECT * LIKE 'a%' FROM events",
                "SELECT e.* FROM events AS e",
                "SELECT * FROM events AS e(x)",
                "SELECT * FROM events TABLESAMPLE 10%",
                "SELECT * FROM events USING SAMPLE 10",
                "SELECT * FROM events, events AS other",
                "SELECT * FROM events UNION ALL SELECT * FROM events",
                "WITH events AS (SELECT 1 AS a) SELECT * FROM events",
                "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
                "SELECT * FROM (SELECT * FROM events)",
                "SELECT * FROM read_parquet('PARQUET_PATH', filename=true)",
                "DESCRIBE SELECT * FROM events",
            })
    void anyOtherQueryIsNotTakenForIt(String sql) {
        assertThat(LocalDataset.parse(sql).use()).isNotEqualTo(Use.ALL);
    }

    @Test
    void allColumnsOfOddObjectsAreTheSameAsWithAFilter(@TempDir Path folder) throws SQLException {
        try (var dataset = new LocalDataset(folder)) {
            String hour = "year=2026/month=11/day=20/hour=0";
            dataset.write(
                    hour + "1/a.parquet", "SELECT i AS events, 'x' AS filename, i / 2 AS half FROM range(3) t(i)");
            dataset.write(hour + "2/b.parquet", "SELECT 'y' AS EVENTS, NULL::VARCHAR AS half, 7 AS file_row_number");
            dataset.write(hour + "3/c.parquet", "SELECT {'a': 1} AS half, 9 AS hour, 'z' AS c0");
            for (boolean omitNulls : List.of(true, false)) {
                for (var object : dataset.objects()) {
                    assertThat(dataset.exported("SELECT * FROM events", List.of(object), omitNulls))
                            .isNotEmpty()
                            .isEqualTo(dataset.exported("SELECT * FROM events WHERE true", List.of(object), omitNulls));
                }
                assertThat(dataset.exported("SELECT * FROM events", dataset.objects(), omitNulls))
                        .containsExactlyInAnyOrderElementsOf(
                                dataset.exported("SELECT * FROM events WHERE true", dataset.objects(), omitNulls));
            }
        }
    }
}
