package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class FirstRecordsTest {
    private static final long LIMIT = 25;

    @TempDir
    private static Path folder;

    @AutoClose
    private static LocalDataset dataset;

    @BeforeAll
    static void write() {
        dataset = new LocalDataset(folder);
        // The times of the objects overlap; some records have none, and n is of several types.
        String rows =
                "SELECT CASE WHEN i %% 5 > 0 THEN TIMESTAMP '2026-11-20 10:00:00.123456' + INTERVAL (i * 37 + %1$d * 11) SECOND END AS t, %1$d * 100 + i AS id, (i %% 3)::%2$s AS n, (i / 7)::DOUBLE AS d, DATE '2026-11-20' + (i %% 4)::INTEGER AS day, 'host-' || i %% 3 AS host, t::VARCHAR AS text FROM range(60) r(i)";
        for (int object = 0; object < 4; object++) {
            dataset.write(
                    "year=2026/month=11/day=20/hour=0%d/a.parquet".formatted(object),
                    rows.formatted(object, object % 2 == 0 ? "BIGINT" : "VARCHAR"),
                    10);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t", "text", "day", "d", "id", "n"})
    void theNewestRecordsAreThoseOfASort(String time) throws IOException {
        for (String query : List.of(
                "SELECT * FROM events",
                "SELECT %s, id AS number FROM events".formatted(time),
                "SELECT upper(host) AS upper, %s, id AS number FROM events WHERE n = '1' OR id > 200".formatted(time),
                "SELECT * FROM events WHERE false")) {
            List<String> sorted =
                    read("SELECT %1$s FROM (%2$s) ORDER BY %1$s DESC NULLS LAST".formatted(time, query), "");
            List<String> newest = read(query, time);
            assertThat(newest.stream().map(record -> member(record, time)))
                    .as(query)
                    .containsExactlyElementsOf(
                            sorted.stream().map(record -> member(record, time)).toList());
            assertThat(newest).doesNotHaveDuplicates();
        }
    }

    @Test
    void withoutATimeTheNewestObjectComesFirst() throws IOException {
        assertThat(read("SELECT id FROM events WHERE n = '0'", "none"))
                .hasSize((int) LIMIT)
                .startsWith("{\"id\":300}")
                .element(20)
                .isEqualTo("{\"id\":200}");
    }

    @Test
    void olderObjectsAreOpenedOnlyWhileThereAreTooFewRecords() throws IOException {
        try (LocalDataset many = new LocalDataset(folder.resolve("many"))) {
            for (int hour = 0; hour < 300; hour++) {
                // In old objects the time is a text, and there is another column.
                String columns = hour < 50 ? "t::VARCHAR AS t, id, 'old' AS more" : "t, id";
                many.write(
                        "object=%03d/a.parquet".formatted(hour),
                        "SELECT %1$s FROM (SELECT CASE WHEN %2$d %% 100 > 0 THEN TIMESTAMP '2026-11-01' + INTERVAL %2$d HOUR END AS t, %2$d AS id)"
                                .formatted(columns, hour));
            }
            assertThat(look(many, "SELECT * FROM events", "t", new ArrayList<>()))
                    .isEqualTo(200);
            assertThat(ids(read(many, "SELECT * FROM events", "t")))
                    .hasSize((int) LIMIT)
                    .startsWith("299", "298")
                    .endsWith("275");
            assertThat(ids(read(many, "SELECT t, id FROM events WHERE id < 298 LIMIT 3", "t")))
                    .containsExactly("297", "296", "295");
            assertThat(look(many, "SELECT t, id FROM events WHERE id < 298 LIMIT 3", "t", new ArrayList<>()))
                    .isEqualTo(200);
            // Records without a time come last.
            String few = "SELECT t, id FROM events WHERE id IN (290, 200, 120, 60, 10)";
            assertThat(ids(read(many, few, "t"))).containsExactly("290", "120", "60", "10", "200");
            assertThat(ids(read(many, few, "none"))).containsExactly("290", "200", "120", "60", "10");
            assertThat(look(many, few, "t", new ArrayList<>())).isEqualTo(300);
            assertThat(read(many, "SELECT * FROM events WHERE more = 'old' AND id > 48", "t"))
                    .containsExactly("{\"t\":\"2026-11-03 01:00:00\",\"id\":49,\"more\":\"old\",\"object\":\"049\"}");
            assertThat(read(many, "SELECT id FROM events WHERE id < 0", "t")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT t, id FROM events ORDER BY id",
                "SELECT t, id FROM events ORDER BY id LIMIT 3",
                "SELECT max(t) AS t, count(*) FROM events",
                "SELECT max(t) AS t, host FROM events GROUP BY host ORDER BY host",
                "SELECT t, id, row_number() OVER (ORDER BY id) AS number FROM events ORDER BY id",
                "SELECT t, id FROM events WHERE id > (SELECT avg(id) FROM events) ORDER BY ALL",
                "WITH few AS (SELECT * FROM events WHERE id < 10) SELECT t, id FROM few ORDER BY ALL",
                "SELECT t, id FROM events WHERE id < 3 UNION ALL SELECT t, id FROM events WHERE id > 357 ORDER BY ALL"
            })
    void aStatementWithOrderOrMoreThanRowsStaysAsItIs(String query) throws IOException {
        assertThat(read(query, "t")).isEqualTo(read(query, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT DISTINCT day AS t FROM events",
                "SELECT t, id, count(*) OVER () AS all_of_them FROM events",
                "SELECT t, id FROM events QUALIFY row_number() OVER (PARTITION BY host ORDER BY id) = 1",
                "SELECT t, id FROM events WHERE random() >= 0",
                "SELECT host, any_value(t) IS NOT NULL AS t FROM events GROUP BY ALL"
            })
    void noRecordIsLostWhereTheNewestCannotBeTakenAlone(String query) throws IOException {
        assertThat(read(query, "t").stream().sorted())
                .hasSameSizeAs(read(query, ""))
                .isNotEmpty();
        assertThat(read(query, "t").get(0)).doesNotContain("\"all_of_them\":60,");
    }

    /** @param time by which the newest come first; empty: as they come */
    private static List<String> read(String sql, String time) throws IOException {
        return read(dataset, sql, time);
    }

    private static List<String> read(LocalDataset dataset, String sql, String time) throws IOException {
        List<String> records = new ArrayList<>();
        look(dataset, sql, time, records);
        return records;
    }

    /** Adds the records, and gives the number of objects that it looks at. */
    private static int look(LocalDataset dataset, String sql, String time, List<String> records) throws IOException {
        try (DuckDb duckDb = dataset.open(Map.of())) {
            duckDb.lock(2);
            return duckDb.read(
                    LocalDataset.parse(sql), dataset.objects(), dataset.schema, true, LIMIT, new DuckDb.Reader() {
                        @Override
                        public void columns(List<String> names, List<String> types) {
                            assertThat(names).hasSameSizeAs(types).doesNotHaveDuplicates();
                            assertThat(String.join("", names)).doesNotContain("-");
                        }

                        @Override
                        public boolean record(byte[] json) {
                            return records.add(new String(json, StandardCharsets.UTF_8));
                        }

                        @Override
                        public boolean newestFirst() {
                            return !time.isEmpty();
                        }

                        @Override
                        public Optional<String> timeColumn(Map<String, String> columns) {
                            return Optional.of(time).filter(columns::containsKey);
                        }
                    });
        }
    }

    private static List<String> ids(List<String> records) {
        return records.stream().map(record -> member(record, "id").substring(5)).toList();
    }

    private static String member(String record, String name) {
        int at = record.indexOf("\"" + name + "\":");
        return at < 0 ? "" : record.substring(at).split("[,}]", 2)[0];
    }
}
