package com.bytefreezer.connector.query;

import static com.bytefreezer.connector.testing.RawParquet.of;
import static com.bytefreezer.connector.testing.RawParquet.ofLength;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.testing.RawParquet;
import com.bytefreezer.connector.testing.RawParquet.Physical;
import com.bytefreezer.connector.testing.RawParquet.Type;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each type of Parquet with values that its writers should not write: each record arrives, as JSON. */
@Tag("slow")
class AnyValueTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final List<String> QUERIES = List.of(
            "SELECT * FROM events",
            "SELECT id, v AS x, [v] AS l, {'a': v} AS s, map {'k': v} AS m FROM events",
            "SELECT id, v::VARCHAR AS v FROM events",
            "SELECT id, concat(v, '') AS v, to_json(v) AS j, format('{}', v) AS f FROM events",
            "SELECT id, to_json(events) AS j FROM events",
            "SELECT id FROM events WHERE v IS NULL OR v::VARCHAR IS NOT NULL");

    private static final Type TEXT = new Type(Physical.BYTE_ARRAY, 0, 0, "STRING", 0, 0);

    @TempDir
    private Path folder;

    static Stream<Arguments> files() {
        List<Arguments> files = new ArrayList<>();
        List<byte[]> ints = IntStream.of(
                        Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1, 0, 1, 86_399_999, 86_400_001, Integer.MAX_VALUE)
                .mapToObj(RawParquet::of)
                .toList();
        add(files, ints, Physical.INT32, -1, "", 0, 0);
        add(files, ints, Physical.INT32, 6, "DATE", 0, 0);
        add(files, ints, Physical.INT32, -1, "DATE", 0, 0);
        add(files, ints, Physical.INT32, 7, "TIME", 1, 0);
        add(files, ints, Physical.INT32, -1, "TIME", -1, 0);
        add(files, ints, Physical.INT32, 5, "DECIMAL", 9, 2);
        add(files, ints, Physical.INT32, 5, "DECIMAL", 4, 4);
        add(files, ints, Physical.INT32, -1, "DECIMAL", 4, 4);
        for (int bits : new int[] {8, -8, 16, -16, 32, -32}) {
            add(files, ints, Physical.INT32, -1, "INT", bits, 0);
        }
        List<byte[]> longs = LongStream.of(
                        Long.MIN_VALUE,
                        Long.MIN_VALUE + 1,
                        Long.MIN_VALUE + 2,
                        -1_000_000_000_000_000_000L,
                        -62_135_596_800_000L,
                        -1,
                        0,
                        1,
                        86_400_000_001L,
                        253_402_300_800_000_000L,
                        9_000_000_000_000_000_000L,
                        Long.MAX_VALUE - 1,
                        Long.MAX_VALUE)
                .mapToObj(RawParquet::of)
                .toList();
        add(files, longs, Physical.INT64, -1, "", 0, 0);
        for (int unit : new int[] {1, -1, 2, -2, 3, -3}) {
            add(files, longs, Physical.INT64, -1, "TIMESTAMP", unit, 0);
        }
        for (int unit : new int[] {2, -2, 3, -3}) {
            add(files, longs, Physical.INT64, -1, "TIME", unit, 0);
        }
        for (int converted : new int[] {8, 9, 10, 14}) {
            add(files, longs, Physical.INT64, converted, "", 0, 0);
        }
        add(files, longs, Physical.INT64, 5, "DECIMAL", 18, 2);
        add(files, longs, Physical.INT64, -1, "DECIMAL", 18, 2);
        add(files, longs, Physical.INT64, -1, "DECIMAL", 2, 18);
        add(files, longs, Physical.INT64, -1, "INT", 64, 0);
        List<byte[]> halves = IntStream.of(0, 1 << 31, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 1, 0x7f7fffff)
                .mapToObj(RawParquet::of)
                .toList();
        add(files, halves, Physical.FLOAT, -1, "", 0, 0);
        List<byte[]> doubles = LongStream.of(
                        0,
                        1L << 63,
                        0x7ffL << 52,
                        0xfffL << 52,
                        0x7ff8L << 48,
                        0x7ffL << 52 | 1,
                        1,
                        0x7fefffffffffffffL,
                        0x43e0L << 48)
                .mapToObj(RawParquet::of)
                .toList();
        add(files, doubles, Physical.DOUBLE, -1, "", 0, 0);
        List<byte[]> texts = Stream.of(
                        "",
                        "a",
                        "\u00ff\u00fe",
                        "\u00c3",
                        "\u00ed\u00a0\u0080",
                        "\u00f4\u0090\u0080\u0080",
                        "\0",
                        "NaN",
                        "{",
                        "{\"a\":1,}",
                        "[1",
                        "nul",
                        "\u00ef\u00bb\u00bf{}",
                        "1 2",
                        "\"\n\"",
                        "'x'")
                .map(text -> ofLength(text.getBytes(StandardCharsets.ISO_8859_1)))
                .toList();
        add(files, texts, Physical.BYTE_ARRAY, -1, "", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, 0, "", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, 4, "ENUM", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, 0, "STRING", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, -1, "STRING", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, 19, "JSON", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, -1, "JSON", 0, 0);
        add(files, texts, Physical.BYTE_ARRAY, -1, "DECIMAL", 38, 2);
        add(files, texts, Physical.BYTE_ARRAY, 19, "", 0, 0);
        List<byte[]> fixed = Stream.of(0x00, 0xff, 0x80, 0x7f, 0x01)
                .map(value -> {
                    byte[] bytes = new byte[16];
                    Arrays.fill(bytes, value.byteValue());
                    return bytes;
                })
                .toList();
        files.add(Arguments.of(new Type(Physical.FIXED_LEN_BYTE_ARRAY, 16, -1, "", 0, 0), fixed));
        files.add(Arguments.of(new Type(Physical.FIXED_LEN_BYTE_ARRAY, 16, -1, "UUID", 0, 0), fixed));
        files.add(Arguments.of(new Type(Physical.FIXED_LEN_BYTE_ARRAY, 16, 0, "STRING", 0, 0), fixed));
        files.add(Arguments.of(
                new Type(Physical.INT96, 0, -1, "", 0, 0),
                Stream.of(0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE)
                        .flatMap(nanos -> Stream.of(Integer.MIN_VALUE, 0, 2_440_588, Integer.MAX_VALUE)
                                .map(day -> ByteBuffer.allocate(12)
                                        .put(of(nanos))
                                        .put(of(day))
                                        .array()))
                        .toList()));
        return files.stream();
    }

    private static void add(
            List<Arguments> files,
            List<byte[]> values,
            Physical physical,
            int converted,
            String logical,
            int first,
            int second) {
        files.add(Arguments.of(new Type(physical, 0, converted, logical, first, second), values));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void everyRecordIsDelivered(Type type, List<byte[]> values) throws Exception {
        RawParquet.write(folder.resolve("day=1/v.parquet"), type, values);
        List<String> wrong = new ArrayList<>();
        try (var dataset = new LocalDataset(folder)) {
            List<LakeObject> object = List.of(dataset.add("day=1/v.parquet"));
            for (String sql : QUERIES) {
                try {
                    List<String> records = dataset.exported(sql, object);
                    if (records.size() != values.size()) {
                        wrong.add("%s: %d of %d".formatted(sql, records.size(), values.size()));
                    }
                    for (String record : records) {
                        JSON.readTree(record);
                    }
                } catch (SQLException e) {
                    wrong.add("%s: %s".formatted(sql, DuckDbException.of(e).getMessage()));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void recordsBeforeAnOddValueAreGivenOnceAndInOrder() throws Exception {
        List<byte[]> values = new ArrayList<>(Collections.nCopies(20_000, ofLength(new byte[] {'a'})));
        values.set(15_000, ofLength(new byte[] {(byte) 0xff}));
        RawParquet.write(folder.resolve("day=1/v.parquet"), TEXT, values);
        try (var dataset = new LocalDataset(folder)) {
            List<LakeObject> object = List.of(dataset.add("day=1/v.parquet"));

            List<String> records = dataset.exported("SELECT * FROM events WHERE id >= 10", object);

            assertThat(records).hasSize(19_990).isSortedAccordingTo(Comparator.comparingInt(AnyValueTest::id));
            assertThat(records.get(14_990)).isEqualTo("{\"id\":15000,\"v\":\"/w==\",\"day\":1}");
        }
    }

    @Test
    void textThatOnlyTheNewerAnnotationMarksIsText() throws Exception {
        RawParquet.write(
                folder.resolve("v.parquet"),
                new Type(Physical.BYTE_ARRAY, 0, -1, "STRING", 0, 0),
                List.of(ofLength(new byte[] {'a', '"'}), ofLength(new byte[] {(byte) 0xff})));
        try (var dataset = new LocalDataset(folder)) {
            List<LakeObject> object = List.of(dataset.add("v.parquet"));
            assertThat(dataset.exported("SELECT v FROM events", object))
                    .containsExactly("{\"v\":\"a\\\"\"}", "{\"v\":\"/w==\"}");
            assertThat(dataset.exported("SELECT id FROM events WHERE v = 'a\"'", object))
                    .containsExactly("{\"id\":0}");
        }
    }

    @Test
    void millisecondsThatDuckDbCountsKeepTheirValue() throws Exception {
        RawParquet.write(
                folder.resolve("v.parquet"),
                new Type(Physical.INT64, 0, 9, "TIMESTAMP", 1, 0),
                LongStream.of(Long.MIN_VALUE, 0, 1_795_169_472_001L, Long.MAX_VALUE)
                        .mapToObj(RawParquet::of)
                        .toList());
        try (var dataset = new LocalDataset(folder)) {
            assertThat(dataset.exported("SELECT v FROM events", List.of(dataset.add("v.parquet"))))
                    .containsExactly(
                            "{\"v\":null}",
                            "{\"v\":\"1970-01-01T00:00:00Z\"}",
                            "{\"v\":\"2026-11-20T10:11:12.001Z\"}",
                            "{\"v\":null}");
        }
    }

    /** Some writers do so, and DuckDB holds them. */
    @Test
    void decimalsWithMoreDigitsThanTheirTypeKeepTheirValue() throws Exception {
        RawParquet.write(
                folder.resolve("v.parquet"),
                new Type(Physical.INT64, 0, 5, "DECIMAL", 15, 2),
                List.of(of(Long.MAX_VALUE), of(-1L)));
        try (var dataset = new LocalDataset(folder)) {
            assertThat(dataset.exported("SELECT v FROM events", List.of(dataset.add("v.parquet"))))
                    .containsExactly("{\"v\":92233720368547758.07}", "{\"v\":-0.01}");
        }
    }

    @Test
    void aQueryOverAllObjectsAndThePageGiveTheSame() throws Exception {
        RawParquet.write(
                folder.resolve("day=1/v.parquet"),
                TEXT,
                List.of(ofLength(new byte[] {'a'}), ofLength(new byte[] {(byte) 0xc3})));
        try (var dataset = new LocalDataset(folder)) {
            dataset.add("day=1/v.parquet");
            dataset.write("day=2/w.parquet", "SELECT 7::BIGINT AS id, 'b' AS v");
            String sql = "SELECT day, id, v, filename FROM events ORDER BY day DESC, id";
            String named = "\"filename\":\"" + folder;
            List<String> expected = List.of(
                    "{\"day\":2,\"id\":7,\"v\":\"b\"," + named + "/day=2/w.parquet\"}",
                    "{\"day\":1,\"id\":0,\"v\":\"a\"," + named + "/day=1/v.parquet\"}",
                    "{\"day\":1,\"id\":1,\"v\":\"ww==\"," + named + "/day=1/v.parquet\"}");

            assertThat(dataset.exported(sql, dataset.objects())).isEqualTo(expected);
            assertThat(dataset.shown(sql)).isEqualTo(expected);
        }
    }

    private static int id(String record) {
        return Integer.parseInt(record.substring("{\"id\":".length(), record.indexOf(',')));
    }
}
