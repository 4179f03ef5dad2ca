package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.SharedDuckDb;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A macro repeats its arguments, and macros in one another repeat them dozens of times: once, DuckDB planned the values of folders for ten
 * times as long as it read the rows.
 */
class MacrosTest {
    @TempDir
    private Path folder;

    @Test
    void statementsUseNoMacroThatRepeatsItsArgument() throws Exception {
        try (var dataset = new LocalDataset(folder);
                var connection = SharedDuckDb.connect();
                var statement = connection.createStatement();
                var macros = statement.executeQuery(
                        "SELECT function_name, parameters, macro_definition FROM duckdb_functions() WHERE macro_definition IS NOT NULL")) {
            String row = "SELECT [[1], NULL] AS lists, MAP {'a': [1]} AS maps, {'a': 0.5} AS structs,"
                    + " now() AS time, 'x'::BLOB AS bytes, 1e300 AS number, '{}'::JSON AS json";
            dataset.write("year=2026/month=11/a.parquet", row);
            dataset.write("year=2026/month=12/b.parquet", row);
            dataset.write("c.parquet", row);

            String sql = dataset.statement("SELECT * FROM events");

            while (macros.next()) {
                String definition = macros.getString("macro_definition");
                boolean repeats = Arrays.stream(
                                (Object[]) macros.getArray("parameters").getArray())
                        .anyMatch(
                                one -> Pattern.compile("\\b%s\\b.*\\b%1$s\\b".formatted(Pattern.quote(one.toString())))
                                        .matcher(definition)
                                        .find());
                assertThat(repeats && sql.contains(macros.getString("function_name") + "("))
                        .as(macros.getString("function_name"))
                        .isFalse();
            }
        }
    }
}
