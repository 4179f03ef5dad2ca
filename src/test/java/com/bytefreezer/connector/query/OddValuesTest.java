package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.query.JsonRendering.Column;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a value is, its record is one line of valid JSON, also where it is a part of another one. */
class OddValuesTest {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    private static final String EVERYWHERE = """
            SELECT v, [v] AS a, [[v], NULL] AS b, array_value(v, NULL) AS c, {'f': v} AS d, [{'f': {'g': v}}] AS e,
              map {'k': v} AS f, row(v) AS g, union_value(u := v) AS h, map {1: [v], 2: NULL} AS i""";
    /** A file of pyarrow's with a column v of times: one microsecond before a day begins, and one after it has ended; with statistics. */
    private static final String OUTSIDE_OF_THE_DAY = """
            UEFSMRUAFSwVLCwVBBUAFQYVBhwYCAFg1x0UAAAAGAj//////////xYAKAgBYNcdFAAAABgI//////////8REQAAAAIAAAAEAf//////////AW\
            DXHRQAAAAVBBksNQAYBnNjaGVtYRUCABUEJQIYAXZsfBIcLAAAAAAAFgQZHBkcJgAcFQQZJQYAGRgBdhUAFgQWqgEWqgEmCDwYCAFg1x0UAAAA\
            GAj//////////xYAKAgBYNcdFAAAABgI//////////8REQAZHBUAFQAVAgA8KQYZJgAEAAAAFqoBFgQmCBaqAQAoIHBhcnF1ZXQtY3BwLWFycm\
            93IHZlcnNpb24gMjYuMC4xGRwcAAAAtQAAAFBBUjE=""";

    private static final String AS_KEY =
            "SELECT map {v: 1} AS a, map {[v]: v} AS b, map {{'a': v}: 1} AS c, [map {map {v: 1}: 1}] AS d";

    private static Connection connection;

    @BeforeAll
    static void open() {
        connection = DuckDb.bare();
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    /** Statements that give values of one type, as {@code v}. */
    static Stream<String> values() throws SQLException {
        List<String> all = new ArrayList<>();
        // DuckDB's own list of every type with its limits.
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("DESCRIBE FROM test_all_types()")) {
            while (rows.next()) {
                all.add("SELECT %s AS v FROM test_all_types()".formatted(Query.identifier(rows.getString(1))));
            }
        }
        for (String type : List.of("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")) {
            all.add("""
                    SELECT TRY_CAST(unnest(['infinity', '-infinity', '0001-01-01', '0001-01-01 (BC)', '0044-03-15 (BC)',
                      '4713-01-01 (BC)', '9999-12-31', '10000-01-01', '290000-01-01 (BC)', '290000-01-01', '1677-09-22',
                      '2262-04-11', '5877642-06-25 (BC)', '5881580-07-10']) AS %s) AS v""".formatted(type));
        }
        for (String ticks :
                List.of("try(make_timestamp(t))", "try(make_timestamp(t)::TIMESTAMPTZ)", "try(make_timestamp_ns(t))")) {
            all.add("""
                    SELECT %s AS v FROM (SELECT unnest([-9223372036854775808, -9223372036854775807, -9223372036854775806,
                      -9223372022400000000, 9223372036854775807, 9223372036854775806, -1, 0]::BIGINT[]) AS t)""".formatted(ticks));
        }
        all.addAll(
                List.of(
                        of(
                                "DOUBLE",
                                "'NaN', '-NaN', 'inf', '-inf', '1e308', '5e-324', '1e16', '-0.0', '9223372036854775807'"),
                        of("FLOAT", "'NaN', 'inf', '-inf', '1e-45', '3.4e38', '-0.0', '16777217'"),
                        of(
                                "HUGEINT",
                                "'-170141183460469231731687303715884105728', '170141183460469231731687303715884105727'"),
                        of("UHUGEINT", "'340282366920938463463374607431768211455', '0'"),
                        of("DECIMAL(38,0)", "repeat('9', 38), '-' || repeat('9', 38), '0'"),
                        of("DECIMAL(38,38)", "'0.' || repeat('9', 38), '-0.' || repeat('9', 38), '0'"),
                        of("DECIMAL(38,19)", "repeat('9', 19) || '.' || repeat('9', 19), '-0.1'"),
                        of("DECIMAL(1,1)", "'0', '-0.1'"),
                        of("BIGNUM", "repeat('9', 500), '-' || repeat('9', 500), '0'"),
                        of(
                                "INTERVAL",
                                "'-1 year -2 days -3.5 seconds', '0 days', '178956970 years', '-106751990 days'"),
                        "SELECT to_microseconds(unnest([9223372036854775807, -9223372036854775807])) AS v",
                        of("BIT", "'0', '1', repeat('01', 100)"),
                        of("UUID", "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
                        of("TIME", "'24:00:00', '00:00:00.000001'"),
                        of("TIME_NS", "'24:00:00', '00:00:00.000000001'"),
                        of("TIMETZ", "'24:00:00+15:59:59', '00:00:00-15:59:59'"),
                        of("ENUM('a\"b\\c', '', 'null', 'it''s')", "'a\"b\\c', '', 'null', 'it''s'"),
                        of(
                                "VARCHAR",
                                "'', 'null', '\"', '\\', chr(0), chr(10) || '\"', chr(1114111), chr(65534), chr(8232)"),
                        of("BLOB", "'\\xff\\xfe\\x00', '', '\\x22\\x5C\\x0A'"),
                        of("GEOMETRY", "'POINT(1 2)', 'POLYGON EMPTY'"),
                        of("UNION(k INTEGER, \"s \"\" t\" VARCHAR)", "1, NULL").replace("::VARCHAR[]", ""),
                        "SELECT NULL AS v",
                        "SELECT [] AS v",
                        "SELECT unnest([[], [NULL], [[]]]) AS v",
                        "SELECT unnest([{'a': NULL}, NULL]) AS v",
                        "SELECT {'a': {'b': {'c': NULL}}, 'A ': 1} AS v",
                        "SELECT map {} AS v",
                        "SELECT map {'a': NULL, '': 1, 'x\"y': 2, 'null': 3} AS v",
                        "SELECT map {1: map {2: map {3: NULL}}} AS v",
                        "SELECT map {[NULL]::VARCHAR[]: 1, []: 2} AS v",
                        "SELECT map {1.0::DOUBLE: 1, 'NaN'::DOUBLE: 2, 'inf'::DOUBLE: 3, '-inf'::DOUBLE: 4} AS v",
                        "SELECT map {true: 1, false: 2} AS v",
                        "SELECT map {'\\xff'::BLOB: 1, 'a'::BLOB: 2} AS v",
                        "SELECT map {'infinity'::TIMESTAMP: 1, '-infinity'::TIMESTAMP: 2} AS v",
                        "SELECT map {'infinity'::DATE: 1, '10000-01-01'::DATE: 2} AS v",
                        "SELECT map {1::DECIMAL(38,2): 1, 0.1::DECIMAL(38,2): 2} AS v",
                        "SELECT map {map {1: 2}: 1, map {1: 3}: 2} AS v",
                        of(
                                "JSON",
                                "'[1e400, -1e400]', '\"\\u0000\"', '[]', ' { } ', '-0', 'null', '{\"a\":\"\\ud83d\\ude00\"}'")));
        return all.stream();
    }

    private static String of(String type, String texts) {
        return "SELECT unnest([%s]::VARCHAR[])::%s AS v".formatted(texts, type);
    }

    @ParameterizedTest
    @MethodSource("values")
    void becomesValidJson(String values) throws Exception {
        requireValid("%s FROM (%s UNION ALL SELECT NULL)".formatted(EVERYWHERE, values));
        requireValid("%s FROM (%s) WHERE v IS NOT NULL".formatted(AS_KEY, values));
    }

    @Test
    void writesATimeOutsideOfTheDay(@TempDir Path folder) throws Exception {
        Files.write(folder.resolve("a.parquet"), Base64.getDecoder().decode(OUTSIDE_OF_THE_DAY));
        try (var dataset = new LocalDataset(folder)) {
            var object = dataset.add("a.parquet");

            assertThat(dataset.records("SELECT v FROM events", object))
                    .containsExactly("{\"v\":\"-00:00:00.000001\"}", "{\"v\":\"24:00:00.000001\"}");
            // To compute with the negative one would end DuckDB's process.
            assertThat(dataset.records("SELECT v, v::VARCHAR AS t, [v] AS l FROM events", object))
                    .containsExactly(
                            "{\"v\":null,\"t\":null,\"l\":[null]}",
                            "{\"v\":\"24:00:00.000001\",\"t\":\"24:00:00.000001\",\"l\":[\"24:00:00.000001\"]}");
        }
    }

    @Test
    void writesTheFirstNanosecondsThereAre() throws Exception {
        assertThat(render("SELECT make_timestamp_ns(unnest([-9223372036854775806, -9223372036854775808])) AS v"))
                .extracting(line -> new String(line, StandardCharsets.UTF_8))
                .containsExactly("{\"v\":\"1677-09-21T00:12:43.145225Z\"}", "{\"v\":null}");
    }

    private static void requireValid(String select) throws Exception {
        for (byte[] line : render(select)) {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
            assertThat(text).doesNotContain("\n", "\r");
            JSON.readTree(text);
        }
    }

    private static List<byte[]> render(String query) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("DESCRIBE " + query)) {
            while (rows.next()) {
                columns.add(Column.of(rows.getString(1), rows.getString(2)));
            }
        }
        var names = IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        List<byte[]> lines = new ArrayList<>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT encode(%s) FROM (%s) AS r(%s)"
                        .formatted(new RowRendering(columns, false, "").record(), query, names))) {
            while (rows.next()) {
                var blob = rows.getBlob(1);
                lines.add(blob.getBytes(1, (int) blob.length()));
            }
        }
        return lines;
    }
}
