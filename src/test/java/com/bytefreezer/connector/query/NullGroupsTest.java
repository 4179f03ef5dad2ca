package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.query.JsonRendering.Column;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NullGroupsTest {
    /** Each of four values of {@code n} fills other columns: none, all, every third, the last ones. */
    private static final String VALUE =
            "CASE WHEN n = 1 OR (n = 2 AND %1$d %% 3 = 0) OR (n = 3 AND %1$d > %2$d) THEN 'v' || chr(%1$d %% 32) END";

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
            try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                    var statement = connection.createStatement();
                    var rows =
                            statement.executeQuery("SELECT encode(%s), encode(%s) FROM (SELECT %s FROM range(4) t(n))"
                                    .formatted(row.record(), row.shortRecord(30_000), select))) {
                for (int n = 0; n < 4; n++) {
                    assertThat(rows.next()).isTrue();
                    assertThat(text(row.nullGroups().completed(rows.getBytes(2))))
                            .isEqualTo(text(rows.getBytes(1)));
                }
            }
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
