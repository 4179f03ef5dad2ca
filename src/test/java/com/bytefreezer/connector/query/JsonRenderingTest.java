package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.bytefreezer.connector.query.JsonRendering.Column;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonRenderingTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static Connection connection;

    @BeforeAll
    static void open() throws SQLException {
        connection = DriverManager.getConnection("jdbc:duckdb:");
        // Not the machine's zone: the records must be in UTC all the same.
        connection.createStatement().execute("SET TimeZone='Asia/Kathmandu'");
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    @ParameterizedTest(name = "{0} is {1}")
    @MethodSource({"numbers", "texts", "times", "nested"})
    void writesEveryType(String expression, String json) throws Exception {
        // As a constant, as a column beside a NULL, and within each nested type.
        assertThat(render("SELECT %s AS v".formatted(expression))).containsExactly("{\"v\":" + json + "}");
        assertThat(render("SELECT unnest([%s, NULL]) AS v".formatted(expression)))
                .containsExactly("{\"v\":" + json + "}", "{\"v\":null}");
        assertThat(render("SELECT [%1$s, NULL] AS l, {'f': %1$s, 'n': NULL} AS s, map {'k': %1$s, 'n': NULL} AS m"
                        .formatted(expression)))
                .containsExactly("{'l':[%1$s,null],'s':{'f':%1$s,'n':null},'m':{'k':%1$s,'n':null}}"
                        .replace('\'', '"')
                        .formatted(json));
    }

    static Stream<Arguments> numbers() {
        return Stream.of(
                arguments("true", "true"),
                arguments("(-128)::TINYINT", "-128"),
                arguments("255::UTINYINT", "255"),
                arguments("(-32768)::SMALLINT", "-32768"),
                arguments("65535::USMALLINT", "65535"),
                arguments("(-2147483648)::INTEGER", "-2147483648"),
                arguments("4294967295::UINTEGER", "4294967295"),
                arguments("(-9223372036854775808)::BIGINT", "-9223372036854775808"),
                arguments("9223372036854775807::BIGINT", "9223372036854775807"),
                arguments("18446744073709551615::UBIGINT", "18446744073709551615"),
                arguments(
                        "'-170141183460469231731687303715884105728'::HUGEINT",
                        "-170141183460469231731687303715884105728"),
                arguments(
                        "340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
                arguments("('-1' || repeat('0', 60))::BIGNUM", "-1" + "0".repeat(60)),
                arguments("443.0::DOUBLE", "443"),
                arguments("1700000000000.0::DOUBLE", "1700000000000"),
                arguments("9007199254740993.0::DOUBLE", "9007199254740992"),
                arguments("1e21::DOUBLE", "1e21"),
                arguments("1.7976931348623157e308::DOUBLE", "1.7976931348623157e308"),
                arguments("5e-324::DOUBLE", "5e-324"),
                arguments("1e-7::DOUBLE", "1e-7"),
                arguments("0.1::DOUBLE", "0.1"),
                arguments("(-0.5)::DOUBLE", "-0.5"),
                arguments("'-0.0'::DOUBLE", "0"),
                arguments("9.3e18::DOUBLE", "9300000000000000000.0"),
                arguments("'NaN'::DOUBLE", "null"),
                arguments("'Infinity'::DOUBLE", "null"),
                arguments("'-Infinity'::DOUBLE", "null"),
                arguments("0.1::FLOAT", "0.1"),
                arguments("16777216::FLOAT", "16777216"),
                arguments("3.4028235e38::FLOAT", "3.4028235e+38"),
                arguments("'NaN'::FLOAT", "null"),
                arguments("'-Infinity'::FLOAT", "null"),
                arguments("1.25::DECIMAL(10,2)", "1.25"),
                arguments("(-0.05)::DECIMAL(10,2)", "-0.05"),
                arguments(
                        "12345678901234567890.123456789012345678::DECIMAL(38,18)",
                        "12345678901234567890.123456789012345678"),
                arguments("1234::DECIMAL(4,0)", "1234"),
                arguments("0.5::DECIMAL(1,1)", "0.5"),
                arguments("(-0.25)::DECIMAL(2,2)", "-0.25"),
                arguments("(-0.1)::DECIMAL(38,38)", "-0.1" + "0".repeat(37)));
    }

    static Stream<Arguments> texts() {
        return Stream.of(
                arguments("''", "\"\""),
                arguments("'say \"hi\" \\ /'", "\"say \\\"hi\\\" \\\\ /\""),
                arguments("'it''s 100% %s'", "\"it's 100% %s\""),
                arguments("chr(9) || chr(10) || chr(13) || chr(31)", "\"\\t\\n\\r\\u001F\""),
                arguments("'a' || chr(0) || 'b'", "\"a\\u0000b\""),
                arguments("'\u2028<>&\u007f'", "\"\u2028<>&\u007f\""),
                arguments("'grüße 日本 😀'", "\"grüße 日本 😀\""),
                arguments("'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'::UUID", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\""),
                arguments("'it''s'::ENUM('it''s', 'b, (c]')", "\"it's\""),
                arguments("'10100'::BIT", "\"10100\""),
                arguments("'\\x00\\xFFabc'::BLOB", "\"AP9hYmM=\""),
                arguments("''::BLOB", "\"\""),
                arguments(
                        "'{\"a\": [1, 2.50, null], \"b\": \"x\\ny\"}'::JSON",
                        "{\"a\": [1, 2.50, null], \"b\": \"x\\ny\"}"),
                arguments("('{' || chr(13) || chr(10) || '  \"a\": 1' || chr(10) || '}')::JSON", "{    \"a\": 1 }"),
                arguments("'null'::JSON", "null"),
                arguments("{'a': [1, NULL], 'b': 'x'}::VARIANT", "{\"a\":[1,null],\"b\":\"x\"}"),
                arguments("'12345678901234567890123'::JSON", "12345678901234567890123"));
    }

    static Stream<Arguments> times() {
        return Stream.of(
                arguments("'0044-03-15 (BC)'::DATE", "\"-0043-03-15\""),
                arguments("'0001-12-31 (BC)'::DATE", "\"0000-12-31\""),
                arguments("'0001-01-01'::DATE", "\"0001-01-01\""),
                arguments("'9999-12-31'::DATE", "\"9999-12-31\""),
                arguments("'10000-01-01'::DATE", "\"+10000-01-01\""),
                arguments("'0044-03-15 (BC) 01:02:03.5'::TIMESTAMP", "\"-0043-03-15T01:02:03.5Z\""),
                arguments("'9999-12-31 23:59:59.999999'::TIMESTAMP", "\"9999-12-31T23:59:59.999999Z\""),
                arguments("'12026-01-02 03:04:05'::TIMESTAMP", "\"+12026-01-02T03:04:05Z\""),
                arguments("make_timestamp(372800000000000000)::TIMESTAMPTZ", "\"+13783-07-24T13:48:20Z\""),
                arguments("'12026-01-02 03:04:05'::TIMESTAMP_S", "\"+12026-01-02T03:04:05Z\""),
                arguments("'0044-03-15 (BC) 01:02:03.5'::TIMESTAMP_MS", "\"-0043-03-15T01:02:03.5Z\""),
                arguments("'2026-01-02 03:04:05.678'::TIMESTAMP", "\"2026-01-02T03:04:05.678Z\""),
                arguments("'2026-01-02 03:04:05.000001'::TIMESTAMP", "\"2026-01-02T03:04:05.000001Z\""),
                arguments("'1969-12-31 23:59:59'::TIMESTAMP_S", "\"1969-12-31T23:59:59Z\""),
                arguments("'2026-01-02 03:04:05.67'::TIMESTAMP_MS", "\"2026-01-02T03:04:05.67Z\""),
                arguments("'2026-01-02 03:04:05.123456789'::TIMESTAMP_NS", "\"2026-01-02T03:04:05.123456789Z\""),
                arguments("'2026-01-02 03:04:05.678+02:00'::TIMESTAMPTZ", "\"2026-01-02T01:04:05.678Z\""),
                arguments("'infinity'::TIMESTAMP", "null"),
                arguments("'-infinity'::TIMESTAMP_S", "null"),
                arguments("'infinity'::TIMESTAMP_MS", "null"),
                arguments("'infinity'::TIMESTAMP_NS", "null"),
                arguments("'infinity'::TIMESTAMPTZ", "null"),
                arguments("'2026-01-02'::DATE", "\"2026-01-02\""),
                arguments("'-infinity'::DATE", "null"),
                arguments("'03:04:05.678'::TIME", "\"03:04:05.678\""),
                arguments("'03:04:05.123456789'::TIME_NS", "\"03:04:05.123456789\""),
                arguments("'03:04:05+02'::TIMETZ", "\"03:04:05+02\""),
                arguments("INTERVAL '1 year 2 days 3.5 seconds'", "\"1 year 2 days 00:00:03.5\""));
    }

    static Stream<Arguments> nested() {
        return Stream.of(
                arguments("[]::INTEGER[]", "[]"),
                arguments("[[1], [], NULL]", "[[1],[],null]"),
                arguments("[1, NULL, 3]::DOUBLE[3]", "[1,null,3]"),
                arguments("map {}::MAP(VARCHAR, INTEGER)", "{}"),
                arguments("map {'say \"hi\"': 1}", "{\"say \\\"hi\\\"\":1}"),
                arguments("map {'a'::BLOB: 'a'::BLOB}", "{\"YQ==\":\"YQ==\"}"),
                arguments("map {1: ['infinity'::DOUBLE]}", "{\"1\":[null]}"),
                arguments("map {'2026-01-02'::TIMESTAMP: 1}", "{\"2026-01-02T00:00:00Z\":1}"),
                arguments("{'a': NULL::INTEGER, 'b': NULL::STRUCT(c INTEGER)}", "{\"a\":null,\"b\":null}"),
                arguments(
                        "{'x y': 1, 'say \"hi\"': 2, 'it''s, (50%s)': 3, 'Up': 4, 'select': 5}",
                        "{\"x y\":1,\"say \\\"hi\\\"\":2,\"it's, (50%s)\":3,\"Up\":4,\"select\":5}"),
                arguments(
                        "[{'t': [map {'k': {'at': '2026-01-02'::TIMESTAMP, 'b': 'a'::BLOB, 'd': 0.5::DECIMAL(1,1)}}]}]",
                        "[{\"t\":[{\"k\":{\"at\":\"2026-01-02T00:00:00Z\",\"b\":\"YQ==\",\"d\":0.5}}]}]"),
                arguments(
                        "union_value(moment := '2026-01-02'::TIMESTAMP)::UNION(n DOUBLE, moment TIMESTAMP)",
                        "{\"moment\":\"2026-01-02T00:00:00Z\"}"),
                arguments("union_value(n := 'NaN'::DOUBLE)::UNION(n DOUBLE, moment TIMESTAMP)", "{\"n\":null}"),
                arguments(
                        "row(1, '2026-01-02'::TIMESTAMPTZ, row('NaN'::DOUBLE))",
                        "[1,\"2026-01-01T18:15:00Z\",[null]]"));
    }

    @Test
    void leavesOutNullsWhereToldTo() throws Exception {
        var query = "SELECT * FROM (VALUES (NULL, 1, 'NaN'::DOUBLE, {'a': NULL}), (2, NULL, 3.5, NULL),"
                + " (NULL, NULL, NULL, NULL)) AS t(a, b, c, d)";

        assertThat(lines(query, true)).containsExactly("{\"b\":1,\"d\":{\"a\":null}}", "{\"a\":2,\"c\":3.5}", "{}");
        assertThat(lines(query, false))
                .containsExactly(
                        "{\"a\":null,\"b\":1,\"c\":null,\"d\":{\"a\":null}}",
                        "{\"a\":2,\"b\":null,\"c\":3.5,\"d\":null}",
                        "{\"a\":null,\"b\":null,\"c\":null,\"d\":null}");
    }

    @ParameterizedTest
    @MethodSource("names")
    void writesAnyColumnName(String name) throws Exception {
        for (boolean omitNulls : new boolean[] {false, true}) {
            var line = lines("SELECT 1 AS %s, 2 AS b".formatted(Query.identifier(name)), omitNulls)
                    .get(0);

            assertThat(JSON.readTree(line).fieldNames()).toIterable().containsExactly(name, "b");
        }
    }

    static Stream<String> names() {
        return Stream.of(
                "100% %s %1$s %n", "it's", "say \"hi\"", "two\nlines", "日本 😀", "SockTxFlags.RST", "back\\slash");
    }

    @Test
    void writesALineThatParsesForEveryExtremeValueOfDuckDb() throws Exception {
        assertThat(render("SELECT * FROM test_all_types()")).hasSize(3);
    }

    /** The rows as JSON, each of which must be one line that parses. */
    private static List<String> render(String query) throws Exception {
        var lines = lines(query, false);
        for (String line : lines) {
            assertThat(line).doesNotContain("\n", "\r");
            JSON.readTree(line);
        }
        return lines;
    }

    private static List<String> lines(String query, boolean omitNulls) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("DESCRIBE " + query)) {
            while (rows.next()) {
                columns.add(Column.of(rows.getString(1), rows.getString(2)));
            }
        }
        var names = IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        List<String> lines = new ArrayList<>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT %s FROM (%s) AS r(%s)"
                        .formatted(new RowRendering(columns, omitNulls, "").record(), query, names))) {
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
        }
        return lines;
    }
}
