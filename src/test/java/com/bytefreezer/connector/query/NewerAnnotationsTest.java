package com.bytefreezer.connector.query;

import static com.bytefreezer.connector.testing.RawParquet.ofLength;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.testing.OtherWriter;
import com.bytefreezer.connector.testing.RawParquet;
import com.bytefreezer.connector.testing.RawParquet.Physical;
import com.bytefreezer.connector.testing.RawParquet.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files whose types only the newer annotation of the format names: their records are those of files with both. */
class NewerAnnotationsTest {
    private static final String ROWS = """
            SELECT id, d::DATE AS d, u8::UTINYINT AS u8, u16::USMALLINT AS u16, u32::UINTEGER AS u32, u64::UBIGINT AS u64, i8::TINYINT AS i8, i16::SMALLINT AS i16,
              d9::DECIMAL(9,2) AS d9, d18::DECIMAL(18,2) AS d18, d38::DECIMAL(38,0) AS d38, fraction::DECIMAL(3,3) AS fraction, s, j::JSON AS j, e::ENUM('one', 'two') AS e
            FROM (VALUES
              (1, '2026-01-02', 255, 65535, 4294967295, '18446744073709551615', -128, -32768, '-9999999.99', '0.05', '-12345678901234567890123456789012345678', '-0.5', 'a"', '{"a": [1]}', 'one'),
              (2, '0001-01-01', 0, 0, 0, '0', 0, 0, '0.01', '-9223372036854775.07', '99999999999999999999999999999999999999', '0.999', '', 'null', 'two'),
              (3, '1969-12-31', 128, 32768, 2147483648, '9223372036854775808', 1, 1, '1', '1', '1', '0', 'é', '"x"', NULL),
              (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
              AS t(id, d, u8, u16, u32, u64, i8, i16, d9, d18, d38, fraction, s, j, e)""";

    /** The same in every structure. */
    private static final String NESTED = """
            SELECT id, [s, NULL] AS texts, [[d], NULL, []] AS lists, {'d': d, 'l': [d18], 's': {'u': u32}} AS struct, [{'a': s, 'd': d38}] AS structs,
              map {'k': d, 'l': NULL} AS dates, map {d9: [s]} AS map, map([], []::DATE[]) AS none, [map {s: 1}] AS maps,
              CASE WHEN id = 1 THEN [d] END AS absent, []::DATE[] AS empty, CASE WHEN id = 1 THEN map {'k': [u64]} END AS absentMap
            FROM (%s) WHERE id < 4""".formatted(ROWS);

    private static final List<String> QUERIES = List.of(
            "SELECT * FROM events",
            "SELECT id FROM events WHERE id > 1 ORDER BY id DESC",
            "SELECT to_json(events) AS all FROM events");

    @TempDir
    private Path folder;

    @Test
    void valuesAreThoseOfAFileWithBothAnnotations() throws Exception {
        requireEqual(ROWS, QUERIES);
        requireEqual(
                ROWS,
                List.of(
                        "SELECT id FROM events WHERE d > '1990-01-01' OR u64 > 9223372036854775807 OR d9 = 0.01 OR s = 'é'",
                        "SELECT d + 1 AS d, u32::BIGINT + 1 AS u, d18::DOUBLE AS t, upper(s) AS s, j->>'a' AS a FROM events"));
    }

    @Test
    void theyAreSoInListsStructuresAndMaps() throws Exception {
        requireEqual(NESTED, QUERIES);
        requireEqual(
                NESTED,
                List.of(
                        "SELECT texts[1] AS t, struct.d AS d, struct.s.u // 2 AS u, dates['k'] AS k, len(absent) AS n, structs[1].d AS x FROM events",
                        "SELECT id, unnest(lists[1]) AS d FROM events"));
    }

    @Test
    void objectsOfBothKindsAreOneDataset() throws Exception {
        try (var dataset = new LocalDataset(folder)) {
            dataset.write("a.parquet", NESTED);
            dataset.write("b.parquet", NESTED);
            OtherWriter.only(folder.resolve("b.parquet"));
            assertThat(dataset.schema.mixed()).isEmpty();
            List<String> records = dataset.exported("SELECT * FROM events", dataset.objects());
            assertThat(records.subList(3, 6)).isEqualTo(records.subList(0, 3));
        }
    }

    /** Older writers have no level between a list and its elements. */
    @Test
    void aStructureOfOneInAListKeepsItsMembersName() throws Exception {
        for (boolean newer : new boolean[] {false, true}) {
            try (var dataset = new LocalDataset(folder)) {
                LakeObject object = dataset.write("v.parquet", """
                        SELECT [1, NULL, 3] AS a, [[1], [], NULL] AS lists, [{'x': 1, 'y': 2}] AS two, {'l': ['t']} AS deep, NULL::INTEGER[] AS none
                        """);
                if (newer) {
                    OtherWriter.only(folder.resolve("v.parquet"));
                }
                OtherWriter.rename(folder.resolve("v.parquet"), Map.of("list", "array", "element", "count"));
                assertThat(dataset.exported(
                                "SELECT *, a[3].count AS third, lists[1].count[1].count AS one FROM events",
                                List.of(object)))
                        .containsExactly(
                                "{\"a\":[{\"count\":1},{\"count\":null},{\"count\":3}],\"lists\":[{\"count\":[{\"count\":1}]},{\"count\":[]},{\"count\":null}],\"two\":[{\"count\":{\"x\":1,\"y\":2}}],\"deep\":{\"l\":[{\"count\":\"t\"}]},\"none\":null,\"third\":3,\"one\":1}");
            }
        }
    }

    /** As Avro's and Thrift's writers have it; DuckDB writes no such file. */
    @Test
    void aListOrMapWithinAListIsNoStructure() {
        String list = "ListType()";
        FileColumn number = new FileColumn("array", "INTEGER", true, "", List.of());
        FileColumn inner = new FileColumn("array", "", true, list, List.of(number));
        assertThat(new FileColumn("v", "", false, list, List.of(inner)).meant(ColumnType.of("INTEGER[][]")))
                .hasToString("INTEGER[][]");
        FileColumn day = new FileColumn("value", "INTEGER", false, "DateType()", List.of());
        FileColumn entry = new FileColumn(
                "map", "", true, "MapType()", List.of(new FileColumn("key", "VARCHAR", false, "", List.of()), day));
        FileColumn map = new FileColumn("array", "", true, "MapType()", List.of(entry));
        assertThat(new FileColumn("v", "", false, list, List.of(map)).meant(ColumnType.of("MAP(VARCHAR, INTEGER)[]")))
                .hasToString("MAP(VARCHAR, DATE)[]");
    }

    @Test
    void decimalsMayHaveBytesOfAnyNumber() throws Exception {
        List<BigInteger> numbers = List.of(
                BigInteger.ZERO,
                BigInteger.ONE.negate(),
                new BigInteger("-128"),
                new BigInteger("128"),
                BigInteger.TWO.pow(64),
                BigInteger.TWO.pow(64).negate(),
                BigInteger.TEN.pow(38).subtract(BigInteger.ONE),
                BigInteger.ONE.subtract(BigInteger.TEN.pow(38)));
        List<byte[]> values = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (BigInteger number : numbers) {
            for (int length : new int[] {0, 16, 20}) {
                byte[] least = number.toByteArray();
                byte[] bytes = new byte[Math.max(length, least.length)];
                Arrays.fill(bytes, (byte) (number.signum() < 0 ? -1 : 0));
                System.arraycopy(least, 0, bytes, bytes.length - least.length, least.length);
                values.add(ofLength(bytes));
                expected.add("{\"v\":%s}".formatted(new BigDecimal(number, 2).toPlainString()));
            }
        }
        for (BigInteger tooLong : List.of(BigInteger.TEN.pow(38), BigInteger.TWO.pow(127), BigInteger.TEN.pow(50))) {
            values.add(ofLength(tooLong.toByteArray()));
            values.add(ofLength(tooLong.negate().toByteArray()));
            expected.addAll(List.of("{\"v\":null}", "{\"v\":null}"));
        }
        values.add(ofLength(new byte[0]));
        expected.add("{\"v\":null}");
        RawParquet.write(folder.resolve("v.parquet"), new Type(Physical.BYTE_ARRAY, 0, -1, "DECIMAL", 38, 2), values);
        try (var dataset = new LocalDataset(folder)) {
            assertThat(dataset.exported("SELECT v FROM events", List.of(dataset.add("v.parquet"))))
                    .isEqualTo(expected);
        }
    }

    @Test
    void timesThatDuckDbCutsAreNamed() throws Exception {
        List<byte[]> values = List.of(RawParquet.of(3_723_000_004_005L));
        for (String name : List.of("TIME", "TIMESTAMP")) {
            for (int unit : new int[] {2, 3, -3}) {
                try (var dataset = new LocalDataset(folder)) {
                    RawParquet.write(
                            folder.resolve("v.parquet"), new Type(Physical.INT64, 0, -1, name, unit, 0), values);
                    String record = dataset.exported("SELECT v FROM events", List.of(dataset.add("v.parquet")))
                            .get(0);
                    boolean isWhole = unit == 2 || record.contains("004005");
                    assertThat(dataset.schema.losses()).as(record).hasSize(isWhole ? 0 : 1);
                }
            }
        }
    }

    @Test
    void timesOfSparkAreNamedBecauseTheirFormatHasNanoseconds() throws Exception {
        byte[] dayAndNanoseconds = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(3_723_000_004_005L)
                .putInt(2_440_588)
                .array();
        RawParquet.write(
                folder.resolve("v.parquet"), new Type(Physical.INT96, 0, -1, "", 0, 0), List.of(dayAndNanoseconds));
        try (var dataset = new LocalDataset(folder)) {
            assertThat(dataset.exported("SELECT v FROM events", List.of(dataset.add("v.parquet"))))
                    .containsExactly("{\"v\":\"1970-01-01T01:02:03.000004Z\"}");
            assertThat(dataset.schema.losses()).singleElement().asString().contains("\"v\"", "nanoseconds");
        }
    }

    /** Reads the same rows from a file with both annotations and from one with the newer. */
    private void requireEqual(String rows, List<String> queries) throws Exception {
        for (String sql : queries) {
            List<List<String>> both = new ArrayList<>();
            for (boolean newer : new boolean[] {false, true}) {
                try (var dataset = new LocalDataset(folder)) {
                    LakeObject object = dataset.write("v.parquet", rows);
                    if (newer) {
                        OtherWriter.only(folder.resolve("v.parquet"));
                    }
                    both.add(dataset.exported(sql, List.of(object)));
                }
            }
            assertThat(both.get(1)).as(sql).isEqualTo(both.get(0)).isNotEmpty();
        }
    }
}
