package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.query.JsonRendering.Column;
import com.bytefreezer.connector.testing.SharedDuckDb;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MembersTest {
    /** Each of four values of {@code n} fills other columns: none, all, every third, the last ones. */
    private static final String VALUE =
            "CASE WHEN n = 1 OR (n = 2 AND %1$d %% 3 = 0) OR (n = 3 AND %1$d > %2$d) THEN repeat('v', %1$d %% 7) || chr(%1$d %% 32) END";

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 32, 33, 40, 41, 453})
    void aShortRecordBecomesTheSameAsAWholeOne(int columns) throws SQLException {
        String select = IntStream.range(0, columns)
                .mapToObj(i -> VALUE.formatted(i, columns - 3) + " AS c" + i)
                .collect(Collectors.joining(", "));
        List<Column> all = IntStream.range(0, columns)
                .mapToObj(i -> Column.of(i == 0 ? "ä\"" : "name" + i, "VARCHAR"))
                .toList();
        for (boolean omitNulls : List.of(true, false)) {
            RowRendering row = new RowRendering(all, omitNulls, columns > 8 ? "name7" : "");
            try (var connection = SharedDuckDb.connect();
                    var statement = connection.createStatement();
                    var rows =
                            statement.executeQuery("SELECT encode(%s), encode(%s) FROM (SELECT %s FROM range(4) t(n))"
                                    .formatted(row.record(), row.shortRecord(30_000), select))) {
                for (int n = 0; n < 4; n++) {
                    assertThat(rows.next()).isTrue();
                    assertThat(text(row.members().completed(rows.getBytes(2)))).isEqualTo(text(rows.getBytes(1)));
                }
            }
        }
    }

    @Test
    void aWideRecordHasTheSameValuesAsANarrowOne(@TempDir Path folder) throws SQLException {
        List<String> values = List.of(
                "CASE WHEN i % 3 > 0 THEN ['0.5', '443', '-0.0', 'nan', 'inf', '1e19', '1152921504606846976', '1e-7'][1 + i % 8]::DOUBLE END",
                "CASE WHEN i % 3 = 0 THEN ['0.1', '7', 'nan', '16777217'][1 + i % 4]::FLOAT END",
                "['2026-01-02 03:04:05.678', '0044-03-15 (BC) 00:00:00', '10000-01-01 00:00:00', 'infinity', NULL][1 + i % 5]::TIMESTAMP",
                "['2026-01-02', 'infinity', '10000-01-01', NULL][1 + i % 4]::DATE",
                "['0.5', '-0.25', NULL][1 + i % 3]::DECIMAL(2,2)",
                "['0.5', '-0.2', NULL][1 + i % 3]::DECIMAL(3,1)",
                "['ä\"\\', chr(1) || 'x', '', NULL][1 + i % 4]",
                "{'a': i % 3 = 0, 'b': [NULL, i]}",
                "CASE WHEN i % 2 = 0 THEN '{\"a\": [1,' || chr(10) || 'null]}' END::JSON",
                "CASE WHEN i = 77 THEN repeat('long', 100000) END");
        String narrow = IntStream.range(0, values.size())
                .mapToObj(i -> values.get(i) + " AS v" + i)
                .collect(Collectors.joining(", "));
        String empty =
                IntStream.range(0, 30).mapToObj(i -> ", NULL::VARCHAR AS n" + i).collect(Collectors.joining());
        try (var dataset = new LocalDataset(folder)) {
            dataset.write("v.parquet", "SELECT %s%s FROM range(5000) t(i)".formatted(narrow, empty));
            for (boolean omitNulls : List.of(true, false)) {
                String nulls = omitNulls
                        ? ""
                        : IntStream.range(0, 30)
                                .mapToObj(i -> ",\"n%d\":null".formatted(i))
                                .collect(Collectors.joining());
                List<String> whole = dataset.exported(
                        "SELECT * EXCLUDE (%s) FROM events"
                                .formatted(IntStream.range(0, 30)
                                        .mapToObj(i -> "n" + i)
                                        .collect(Collectors.joining(", "))),
                        dataset.objects(),
                        omitNulls);
                assertThat(dataset.exported("SELECT * FROM events", dataset.objects(), omitNulls))
                        .isEqualTo(whole.stream()
                                .map(record -> record.substring(0, record.length() - 1) + nulls + "}")
                                .toList());
            }
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
