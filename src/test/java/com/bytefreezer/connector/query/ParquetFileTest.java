package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ParquetRows;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetFileTest {
    private static final int COLUMNS = 450;

    @TempDir
    Path folder;

    @Test
    @Tag("slow")
    void hundredsOfColumnsFitIntoTheMemoryOfASmallContainer() throws Exception {
        try (var dataset = new LocalDataset(folder);
                DuckDb small = dataset.open(Map.of("duckdb.memory-limit", "128MB"))) {
            dataset.write("a.parquet", "SELECT i AS n FROM range(4000) r(i)");
            String columns = IntStream.range(0, COLUMNS)
                    .mapToObj("CASE WHEN n %% 20 = %1$d %% 20 THEN 'value-' || n END AS c%1$d"::formatted)
                    .collect(Collectors.joining(", "));
            Query query = dataset.parsed("SELECT %s FROM events".formatted(columns));
            Path file = small.write(query, dataset.objects(), dataset.schema, begun -> {});
            assertThat(ParquetRows.of(file.getParent(), "SELECT count(*), count(c0), count(c449) FROM one"))
                    .containsExactly("4000|200|200");
        }
    }
}
