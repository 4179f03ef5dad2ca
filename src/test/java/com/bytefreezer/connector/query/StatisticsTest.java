package com.bytefreezer.connector.query;

import static com.bytefreezer.connector.testing.RawParquet.of;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.RawParquet;
import com.bytefreezer.connector.testing.RawParquet.Physical;
import com.bytefreezer.connector.testing.RawParquet.Statistics;
import com.bytefreezer.connector.testing.RawParquet.Type;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Filters over files whose writer says something wrong of their values: what counts is the values. */
@Tag("slow")
class StatisticsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Type DOUBLE = new Type(Physical.DOUBLE, 0, -1, "", 0, 0);
    private static final Type FLOAT = new Type(Physical.FLOAT, 0, -1, "", 0, 0);
    private static final Type BIGINT = new Type(Physical.INT64, 0, -1, "", 0, 0);
    private static final Type TEXT = new Type(Physical.BYTE_ARRAY, 0, 0, "STRING", 0, 0);
    private static final Type TIMESTAMP = new Type(Physical.INT64, 0, -1, "TIMESTAMP", -2, 0);
    private static final Type INT96 = new Type(Physical.INT96, 0, -1, "", 0, 0);
    private static final Statistics FIVE_AS_INT96 = new Statistics(old(0, 5), old(0, 5), 0);

    @TempDir
    Path folder;

    static List<Arguments> files() {
        List<byte[]> numbers = Stream.of(1L, 5L, 9L).map(RawParquet::of).toList();
        List<byte[]> doubles = Stream.of(1.0, Double.NaN, 9.0)
                .map(value -> of(Double.doubleToRawLongBits(value)))
                .toList();
        List<byte[]> floats = Stream.of(1f, Float.NaN, 9f)
                .map(value -> of(Float.floatToRawIntBits(value)))
                .toList();
        List<byte[]> texts = Stream.of("a", "f", "é")
                .map(StatisticsTest::text)
                .map(RawParquet::ofLength)
                .toList();
        // Day and nanoseconds of 1970-01-01, 1970-01-02 and 2026-01-01.
        List<byte[]> olds = List.of(old(1, 2_440_588), old(0, 2_440_589), old(0, 2_461_042));
        byte[] nan = of(Double.doubleToRawLongBits(Double.NaN));
        byte[] floatNan = of(Float.floatToRawIntBits(Float.NaN));
        return List.of(
                file(BIGINT, numbers, new Statistics(of(5L), of(5L), 0), "v = 9", 2),
                file(BIGINT, numbers, new Statistics(of(5L), of(5L), 0), "v < 5", 0),
                file(BIGINT, numbers, new Statistics(of(5L), of(5L), 0), "v <> 5", 0, 2),
                file(BIGINT, numbers, new Statistics(of(9L), of(1L), 0), "v IN (1, 9)", 0, 2),
                file(BIGINT, numbers, new Statistics(of(1L), of(9L), 3), "v IS NOT NULL", 0, 1, 2),
                file(BIGINT, numbers, new Statistics(of(1L), of(9L), 3), "v IS NULL"),
                file(DOUBLE, doubles, new Statistics(nan, nan, 0), "v > 5", 1, 2),
                file(DOUBLE, doubles, new Statistics(nan, nan, 0), "v = 1", 0),
                file(DOUBLE, doubles, new Statistics(doubles.get(0), doubles.get(2), 0), "v > 100", 1),
                file(DOUBLE, doubles, new Statistics(doubles.get(0), doubles.get(2), 0), "isnan(v)", 1),
                file(DOUBLE, doubles, new Statistics(doubles.get(0), doubles.get(2), 0), "v = 'NaN'::DOUBLE", 1),
                file(FLOAT, floats, new Statistics(floatNan, floatNan, 0), "v < 5", 0),
                file(FLOAT, floats, new Statistics(floats.get(0), floats.get(2), 0), "v > 100", 1),
                // Compared as signed bytes, as old writers did.
                file(TEXT, texts, new Statistics(text("é"), text("f"), 0), "v = 'a'", 0),
                file(TEXT, texts, new Statistics(text("é"), text("f"), 0), "v > 'z'", 2),
                file(TEXT, texts, new Statistics(text("b"), text("c"), 0), "starts_with(v, 'a')", 0),
                file(
                        TIMESTAMP,
                        numbers,
                        new Statistics(of(5L), of(5L), 0),
                        "v > TIMESTAMP '1970-01-01 00:00:00.000005'",
                        2),
                file(INT96, olds, null, "v >= TIMESTAMP '2026-01-01'", 2),
                file(INT96, olds, FIVE_AS_INT96, "v >= TIMESTAMP '2026-01-01'", 2),
                file(INT96, olds, FIVE_AS_INT96, "v = TIMESTAMP '1970-01-02'", 1),
                file(INT96, olds, FIVE_AS_INT96, "v < TIMESTAMP '1970-01-02'", 0),
                file(INT96, olds, FIVE_AS_INT96, "year(v) = 2026", 2));
    }

    private static Arguments file(
            Type type, List<byte[]> values, @Nullable Statistics statistics, String filter, Integer... ids) {
        return Arguments.of(type, values, statistics, filter, List.of(ids));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] old(long nanoseconds, int day) {
        return ByteBuffer.allocate(12).put(of(nanoseconds)).put(of(day)).array();
    }

    @ParameterizedTest(name = "{0} WHERE {3}")
    @MethodSource("files")
    void wrongOnesChangeNoAnswer(
            Type type, List<byte[]> values, @Nullable Statistics statistics, String filter, List<Integer> ids)
            throws Exception {
        RawParquet.write(folder.resolve("day=1/v.parquet"), type, values, statistics);
        RawParquet.write(folder.resolve("day=2/v.parquet"), type, values, statistics);
        String sql = "SELECT id FROM events WHERE " + filter;
        try (var dataset = new LocalDataset(folder)) {
            var first = dataset.add("day=1/v.parquet");
            assertThat(ids(dataset.exported(sql, List.of(first)))).as("alone").isEqualTo(ids);
            dataset.add("day=2/v.parquet");
            List<Integer> twice =
                    Stream.concat(ids.stream(), ids.stream()).sorted().toList();
            assertThat(ids(dataset.exported(sql, dataset.objects())))
                    .as("together")
                    .isEqualTo(twice);
            assertThat(ids(dataset.shown(sql))).as("on the page").isEqualTo(twice);
        }
    }

    @ParameterizedTest(name = "{0} WHERE {3}")
    @MethodSource("files")
    void wrongOnesChangeNoRecord(
            Type type, List<byte[]> values, @Nullable Statistics statistics, String filter, List<Integer> ids)
            throws Exception {
        RawParquet.write(folder.resolve("wrong.parquet"), type, values, statistics);
        RawParquet.write(folder.resolve("none.parquet"), type, values, null);
        try (var dataset = new LocalDataset(folder)) {
            var wrong = dataset.add("wrong.parquet");
            var none = dataset.add("none.parquet");
            for (String sql : List.of("SELECT * FROM events", "SELECT v, id FROM events")) {
                assertThat(dataset.exported(sql, List.of(wrong)))
                        .as(sql)
                        .hasSameSizeAs(values)
                        .isEqualTo(dataset.exported(sql, List.of(none)));
            }
        }
    }

    private static List<Integer> ids(List<String> records) throws Exception {
        List<Integer> ids = new ArrayList<>();
        for (String record : records) {
            ids.add(JSON.readTree(record).path("id").asInt());
        }
        return ids.stream().sorted().toList();
    }
}
