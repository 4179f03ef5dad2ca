package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Objects that have a column with different types, read alone and together. */
class WideningTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        22::DOUBLE                      | 'ftp'                            | VARCHAR                  | "22"                     | "ftp"
        1.5::DOUBLE                     | 'x'                              | VARCHAR                  | "1.5"                    | "x"
        1::TINYINT                      | 300::SMALLINT                    | SMALLINT                 | 1                        | 300
        4000000000::UINTEGER            | -1::INTEGER                      | BIGINT                   | 4000000000               | -1
        18446744073709551615::UBIGINT   | -1::BIGINT                       | HUGEINT                  | 18446744073709551615     | -1
        1::BIGINT                       | 1.5::DOUBLE                      | DOUBLE                   | 1                        | 1.5
        1.25::DECIMAL(5,2)              | 7::INTEGER                       | DECIMAL(12,2)            | 1.25                     | 7.00
        DATE '2026-01-02'               | TIMESTAMP '2026-01-02 03:04:05'  | TIMESTAMP                | "2026-01-02T00:00:00Z"   | "2026-01-02T03:04:05Z"
        TIMESTAMP_NS '2026-01-02 03:04:05.000001' | TIMESTAMP '9999-12-31 00:00:00' | TIMESTAMP        | "2026-01-02T03:04:05.000001Z" | "9999-12-31T00:00:00Z"
        TIMESTAMP '2026-01-02 03:04:05' | 'soon'                           | VARCHAR                  | "2026-01-02T03:04:05Z"   | "soon"
        true                            | 1                                | VARCHAR                  | "true"                   | "1"
        'text'                          | 'text'::BLOB                     | VARCHAR                  | "text"                   | "text"
        {'a': 1}                        | {'b': 'x'}                       | STRUCT(a INTEGER, b VARCHAR) | {"a":1,"b":null}     | {"a":null,"b":"x"}
        {'a': 2::DOUBLE}                | {'A': 'x'}                       | STRUCT(a VARCHAR)        | {"a":"2"}                | {"a":"x"}
        [1, NULL]                       | ['x']                            | VARCHAR[]                | ["1",null]               | ["x"]
        [{'a': 1}]                      | [{'b': 2}]                       | STRUCT(a INTEGER, b INTEGER)[] | [{"a":1,"b":null}] | [{"a":null,"b":2}]
        [1]                             | 'x'                              | VARCHAR                  | "[1]"                    | "x"
        MAP {'k': 1}                    | MAP {'k': 'x'}                   | JSON                     | {"k":1}                  | {"k":"x"}
        """)
    void haveOneTypeAndTheirValues(String one, String other, String type, String oneJson, String otherJson) {
        try (var dataset = new LocalDataset(folder)) {
            LakeObject first = dataset.write("a.parquet", "SELECT %s AS x".formatted(one));
            LakeObject second = dataset.write("b.parquet", "SELECT %s AS x".formatted(other));
            String all = "SELECT x FROM events";

            assertThat(dataset.records(all, first)).containsExactly("{\"x\":%s}".formatted(oneJson));
            assertThat(dataset.records(all, second)).containsExactly("{\"x\":%s}".formatted(otherJson));
            assertThat(dataset.records(all))
                    .containsExactlyInAnyOrder("{\"x\":%s}".formatted(oneJson), "{\"x\":%s}".formatted(otherJson));
            assertThat(type).contains(dataset.schema.mixed().get(0).type().replace("\"", ""));
        }
    }

    @Test
    void isOverruledByTheSetting() {
        try (var dataset = new LocalDataset(folder, "port: VARCHAR, \"user id\": DECIMAL(10,2)")) {
            dataset.write("a.parquet", "SELECT 22::DOUBLE AS port, 7 AS \"user id\"");
            assertThat(dataset.records("SELECT * FROM events")).containsExactly("{\"port\":\"22\",\"user id\":7.00}");
        }
    }

    @Test
    void isTheSameForWhoeverBeginsWithWhatWasKept() {
        try (var dataset = new LocalDataset(folder);
                var later = new LocalDataset(folder)) {
            dataset.write("n=1/a.parquet", "SELECT 22::DOUBLE AS port, {'a': 1} AS s");
            dataset.write("n=x/b.parquet", "SELECT 'ftp' AS port, {'b': 1} AS s, 5 AS more");
            String all = "SELECT * FROM events";
            dataset.records(all);
            later.schema.add(dataset.schema.toJson());
            LakeObject first = later.add("n=1/a.parquet");

            assertThat(later.records(all)).isEqualTo(dataset.records(all, first));
            assertThat(later.schema.mixed()).isEqualTo(dataset.schema.mixed());
        }
    }

    @Test
    void saysInHowManyObjectsEachTypeIsSeen() {
        try (var dataset = new LocalDataset(folder);
                var later = new LocalDataset(folder)) {
            for (int i = 0; i < 9; i++) {
                dataset.write(
                        "n=%s/%d.parquet".formatted(i == 0 ? "x" : i, i),
                        "SELECT %s AS \"DPT\"".formatted(i < 5 ? "22::DOUBLE" : "'ftp'"));
            }
            dataset.write("n=1/more.parquet", "SELECT 1 AS other");
            String all = "SELECT * FROM events";
            dataset.records(all);
            String dpt = "\"DPT\": DOUBLE in 5 objects, VARCHAR in 4 (or more): all records have it as VARCHAR";
            String n = "\"n\": INTEGER in 9 objects, VARCHAR in 1 (or more): all records have it as VARCHAR";
            assertThat(dataset.schema.mixed()).extracting(MixedColumn::toString).containsExactly(dpt, n);

            // The same objects once more, in another process.
            later.schema.add(dataset.schema.toJson());
            later.add("n=1/1.parquet");
            later.add("n=1/1.parquet");
            later.records(all);
            assertThat(later.schema.mixed()).extracting(MixedColumn::toString).containsExactly(dpt, n);
            dataset.schema.add(later.schema.toJson());
            assertThat(dataset.schema.mixed()).extracting(MixedColumn::toString).containsExactly(dpt, n);
        }
    }

    @Test
    void leavesOutCountsThatOlderVersionsHaveNotKept() {
        try (var dataset = new LocalDataset(folder)) {
            dataset.schema.add("""
                [{"name":"port","type":"VARCHAR","folder":false,"seen":["DOUBLE","VARCHAR"]}]""");
            assertThat(dataset.schema.mixed())
                    .extracting(MixedColumn::toString)
                    .containsExactly("\"port\": DOUBLE, VARCHAR: all records have it as VARCHAR");
            dataset.write("a.parquet", "SELECT 'ftp' AS port");
            dataset.records("SELECT * FROM events");
            assertThat(dataset.schema.mixed())
                    .extracting(MixedColumn::toString)
                    .containsExactly("\"port\": DOUBLE, VARCHAR in 1 object (or more): all records have it as VARCHAR");
        }
    }

    @Test
    void ofWhatAnObjectLacksIsNullInEverySpelling() {
        try (var dataset = new LocalDataset(folder)) {
            dataset.write("a.parquet", "SELECT 1 AS id, 'x' AS secret, {'country': 'DE', 'city': 'B'} AS geo");
            dataset.write("b.parquet", "SELECT 2 AS id, {'country': 'FR'} AS geo");
            LakeObject least = dataset.write("c.parquet", "SELECT 3 AS id");
            for (String sql : new String[] {
                "SELECT * EXCLUDE (secret) FROM events",
                "SELECT * REPLACE (upper(secret) AS secret) FROM events",
                "SELECT id, COLUMNS('secr.*') FROM events",
                "SELECT id, geo.city FROM events",
                "SELECT id, geo['city'] AS city, struct_extract(e.geo, 'country') FROM events e WHERE secret IS NULL OR true",
                "WITH x AS (SELECT events.secret, id FROM events) SELECT id FROM x WHERE secret IS DISTINCT FROM 'y'"
            }) {
                assertThat(dataset.records(sql)).as(sql).hasSize(3);
                assertThat(dataset.records(sql, least)).as(sql).hasSize(1);
            }
        }
    }
}
