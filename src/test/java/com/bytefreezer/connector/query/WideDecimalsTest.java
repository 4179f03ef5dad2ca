package com.bytefreezer.connector.query;

import static com.bytefreezer.connector.testing.RawParquet.ofLength;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.OtherWriter;
import com.bytefreezer.connector.testing.RawParquet;
import com.bytefreezer.connector.testing.RawParquet.Physical;
import com.bytefreezer.connector.testing.RawParquet.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DECIMALs with more digits than DuckDB's, of which it reads inexact or wrong numbers. */
class WideDecimalsTest {
    private static final int WIDEST = 76;
    /** The older annotation, which the newer one may accompany. */
    private static final int OLDER = 5;

    private static final List<BigInteger> NUMBERS = List.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            BigInteger.ONE.negate(),
            new BigInteger("-128"),
            BigInteger.TWO.pow(64),
            BigInteger.TWO.pow(127).negate(),
            BigInteger.TEN.pow(38),
            BigInteger.TEN.pow(39).subtract(BigInteger.ONE).negate());

    @TempDir
    private Path folder;

    @Test
    void eachDigitArrivesWhateverTheLengthOfTheBytes() throws Exception {
        for (int length : new int[] {17, 20, 24, 31, 32, 40}) {
            for (int scale : new int[] {0, 2, WIDEST}) {
                requireExact(
                        new Type(Physical.FIXED_LEN_BYTE_ARRAY, length, OLDER, "DECIMAL", WIDEST, scale),
                        NUMBERS,
                        length);
            }
        }
    }

    @Test
    void eachDigitArrivesWithBothAnnotationsAndBytesOfAnyNumber() throws Exception {
        List<BigInteger> numbers = new ArrayList<>(NUMBERS);
        numbers.add(BigInteger.TEN.pow(WIDEST).subtract(BigInteger.ONE));
        numbers.add(BigInteger.TWO.pow(255).negate());
        numbers.add(BigInteger.TWO.pow(255).subtract(BigInteger.ONE));
        for (int annotation : new int[] {OLDER, -1}) {
            requireExact(new Type(Physical.BYTE_ARRAY, 0, annotation, "DECIMAL", WIDEST, 3), numbers, 0);
            requireExact(new Type(Physical.FIXED_LEN_BYTE_ARRAY, 32, annotation, "DECIMAL", 39, 0), numbers, 32);
        }
    }

    private void requireExact(Type type, List<BigInteger> numbers, int length) throws Exception {
        List<byte[]> values = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (BigInteger number : numbers) {
            byte[] bytes = bytes(number, length);
            values.add(length == 0 ? ofLength(bytes) : bytes);
            expected.add("{\"v\":\"%s\"}".formatted(new BigDecimal(number, type.second()).toPlainString()));
        }
        try (var dataset = written(type, values)) {
            assertThat(dataset.exported("SELECT v FROM events", dataset.objects()))
                    .as(type.toString())
                    .isEqualTo(expected);
        }
    }

    @Test
    void oneOfMoreThan256BitsIsNull() throws Exception {
        List<byte[]> values = List.of(
                ofLength(bytes(BigInteger.TWO.pow(255), 0)),
                ofLength(bytes(BigInteger.TWO.pow(400).negate(), 0)),
                ofLength(new byte[0]),
                ofLength(bytes(BigInteger.TEN, 50)));
        try (var dataset = written(new Type(Physical.BYTE_ARRAY, 0, OLDER, "DECIMAL", WIDEST, 0), values)) {
            assertThat(dataset.exported("SELECT v FROM events", dataset.objects()))
                    .containsExactly("{\"v\":null}", "{\"v\":null}", "{\"v\":null}", "{\"v\":\"10\"}");
        }
    }

    @Test
    void queriesComputeWithThemAndTheyMeetNarrowerOnesAsText() throws Exception {
        Type type = new Type(Physical.FIXED_LEN_BYTE_ARRAY, 17, OLDER, "DECIMAL", 40, 2);
        List<byte[]> values = List.of(bytes(BigInteger.TEN.pow(39), 17), bytes(BigInteger.valueOf(150), 17));
        try (var dataset = written(type, values)) {
            dataset.write("w.parquet", "SELECT 7 AS id, 2.5::DECIMAL(9,2) AS v");
            assertThat(dataset.records("SELECT v FROM events WHERE v::DOUBLE < 1e20 ORDER BY id"))
                    .containsExactly("{\"v\":\"1.50\"}", "{\"v\":\"2.50\"}");
            assertThat(dataset.shown("SELECT v FROM events"))
                    .isEqualTo(dataset.exported("SELECT v FROM events", dataset.objects()))
                    .containsExactlyInAnyOrder(
                            "{\"v\":\"10000000000000000000000000000000000000.00\"}",
                            "{\"v\":\"1.50\"}",
                            "{\"v\":\"2.50\"}");
        }
    }

    @Test
    void theyAreExactInListsStructuresAndMaps() throws Exception {
        try (var dataset = new LocalDataset(folder)) {
            dataset.write(
                    "v.parquet",
                    "SELECT [d, NULL] AS l, {'d': d, 'n': 1} AS s, map {'k': [d]} AS m, map {d: 1} AS k, [{'d': d}] AS ls FROM (SELECT '-1234567890123456789012345678901234567.8'::DECIMAL(38,1) AS d)");
            OtherWriter.widen(folder.resolve("v.parquet"), 60);
            String text = "\"-1234567890123456789012345678901234567.8\"";
            assertThat(dataset.exported("SELECT * FROM events", dataset.objects()))
                    .containsExactly("{'l':[V,null],'s':{'d':V,'n':1},'m':{'k':[V]},'k':{V:1},'ls':[{'d':V}]}"
                            .replace('\'', '"')
                            .replace("V", text));
        }
    }

    private LocalDataset written(Type type, List<byte[]> values) {
        var dataset = new LocalDataset(folder);
        RawParquet.write(folder.resolve("v.parquet"), type, values);
        dataset.add("v.parquet");
        return dataset;
    }

    /** At least so many bytes. */
    private static byte[] bytes(BigInteger number, int length) {
        byte[] least = number.toByteArray();
        byte[] bytes = new byte[Math.max(length, least.length)];
        Arrays.fill(bytes, (byte) (number.signum() < 0 ? -1 : 0));
        System.arraycopy(least, 0, bytes, bytes.length - least.length, least.length);
        return bytes;
    }
}
