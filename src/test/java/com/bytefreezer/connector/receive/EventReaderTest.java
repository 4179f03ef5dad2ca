package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.bytefreezer.connector.query.DuckDb;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {
    private static final long AT = 1_700_000_000_000L;

    private final Shape shape = Shape.empty();
    private final EventReader reader = new EventReader(shape, AT);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"a":1.10} | {"BfTs":1700000000000,"a":1.10}
                    {}         | {"BfTs":1700000000000}
                    { } | {"BfTs":1700000000000}
                    {"a":1,"BfTs":5,"b":2} | {"BfTs":1700000000000,"a":1,"BfTs_event":5,"b":2}
                    {"\\u0042fTs" : 5} | {"BfTs":1700000000000,"BfTs_event" : 5}
                    {"bfts":5} | {"BfTs":1700000000000,"BfTs_event":5}
                    {"":5} | {"BfTs":1700000000000,"_":5}
                    {"a":{"":5}} | {"BfTs":1700000000000,"a":{"_":5}}
                    {"é":"ü \\ud83d\\ude00 \\\\ud800"} | {"BfTs":1700000000000,"é":"ü \\ud83d\\ude00 \\\\ud800"}
                    """)
    void anEventGetsItsTimeAndStaysAsItIsWritten(String event, String line) throws NotAnEventException {
        assertThat(read(event)).isEqualTo(line);
    }

    @Test
    void anEventOverSeveralLinesBecomesOne() throws NotAnEventException {
        assertThat(read("{\r\n \"a\": 1,\n \"B\": [1,\n2]}"))
                .isEqualTo("{\"BfTs\":1700000000000,\"a\": 1,  \"B\": [1, 2]}");
    }

    @Test
    void aNameInAnotherCaseIsTheFirstOne() throws NotAnEventException {
        assertThat(read("{\"Msg\":{\"In\":1}}")).contains("Msg");
        assertThat(read("{\"MSG\":{\"in\":2}}")).isEqualTo("{\"BfTs\":1700000000000,\"Msg\":{\"In\":2}}");
        assertThat(shape.columns()).containsExactly(entry("Msg", "STRUCT(\"In\" BIGINT)"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1",
                "[{}]",
                "{",
                "{}x",
                "{}{}",
                "{\"a\":}",
                "{\"a\":NaN}",
                "{\"a\":01}",
                "{'a':1}",
                "{\"a\":1,}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"A\":2}",
                "{\"a\":{\"b\":1,\"B\":2}}",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\\ud800\"}",
                "{\"a\":\"\\ud800x\\udc00\"}",
                "{\"a\":\"\\uDC00\"}",
                "{\"BfTs\":1,\"BfTs_event\":2}"
            })
    void whatDuckDbDoesNotTakeIsNoEventAndWritesNothing(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] bytes = text.getBytes(UTF_8);
        assertThatThrownBy(() -> reader.read(bytes, 0, bytes.length, out)).isInstanceOf(NotAnEventException.class);
        assertThat(out.size()).isZero();
    }

    @Test
    void bytesThatAreNotUtf8AreNoEvent() {
        byte[] bytes = "{\"a\":\"\u00e9\"}".getBytes(ISO_8859_1);
        assertThatThrownBy(() -> reader.read(bytes, 0, bytes.length, new ByteArrayOutputStream()))
                .hasMessage("it is not in UTF-8");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    1 ; 2                     | BIGINT
                    1 ; 1.5                   | DOUBLE
                    9007199254740993          | BIGINT
                    9007199254740993 ; 1.5    | VARCHAR
                    18446744073709551615 ; 1  | DECIMAL(38,0)
                    12345678901234567890123456789012345678901 | VARCHAR
                    1e400                     | VARCHAR
                    true ; null               | BOOLEAN
                    true ; 1                  | VARCHAR
                    22 ; "ssh"                | VARCHAR
                    [1] ; [] ; [2.5]          | DOUBLE[]
                    [1] ; 1                   | VARCHAR
                    []                        | VARCHAR[]
                    [[1],[2]]                 | BIGINT[][]
                    {"x":1} ; {"y":"q"}       | STRUCT("x" BIGINT, "y" VARCHAR)
                    {"x":1} ; {"x":[1]}       | STRUCT("x" VARCHAR)
                    [{"x":1},{"y z":true}]    | STRUCT("x" BIGINT, "y z" BOOLEAN)[]
                    {"x":1} ; 3               | VARCHAR
                    {}                        | VARCHAR
                    {"x\\"y":1}               | STRUCT("x""y" BIGINT)
                    """)
    void aColumnHasTheTypeThatHoldsAllItsValues(String values, String type) throws NotAnEventException {
        for (String value : values.split(" ; ")) {
            read("{\"a\":%s}".formatted(value));
        }
        assertThat(shape.columns()).containsExactly(entry("a", type));
        assertThat(Shape.of(shape.stored()).columns()).isEqualTo(shape.columns());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    [] ; [1]          | VARCHAR[]
                    [[]] ; [[1]]      | VARCHAR[][]
                    {} ; {"x":1}      | VARCHAR
                    null ; 1          | BIGINT
                    [{}] ; [{"x":1}]  | VARCHAR[]
                    """)
    void aTypeThatAPackHasGivenStays(String values, String type) throws NotAnEventException {
        for (String value : values.split(" ; ")) {
            read("{\"a\":%s}".formatted(value));
            shape.settle();
        }
        assertThat(shape.columns()).containsExactly(entry("a", type));
    }

    @Test
    void anObjectWhoseNamesAreDataIsKeptAsJson() throws NotAnEventException {
        for (int i = 0; i <= Shape.MOST_MEMBERS; i++) {
            read("{\"a\":{\"key%d\":{\"deep\":1},\"x\":[1,{\"y\":1}]},\"b\":%d}".formatted(i, i));
        }
        assertThat(shape.columns()).containsExactly(entry("a", "VARCHAR"), entry("b", "BIGINT"));
        read("{\"a\":{\"key\":%s1%s}}".formatted("[".repeat(500), "]".repeat(500)));
    }

    /** DuckDB reads what was taken, whatever it is, with each value in its column. */
    @Test
    void duckDbReadsWhateverIsTakenWithTheTypesOfTheShape() throws IOException, SQLException {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            Shape own = Shape.empty();
            EventReader ownReader = new EventReader(own, AT);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            List<String> taken = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String event = object(random, 0);
                byte[] bytes = event.getBytes(UTF_8);
                try {
                    ownReader.read(bytes, 0, bytes.length, out);
                    taken.add(event);
                } catch (NotAnEventException e) {
                    assertThat(e).as(event).hasMessageContaining("twice");
                }
            }
            Path file = folder.resolve("events.ndjson");
            Files.write(file, out.toByteArray());
            assertThat(count(file, own)).as("seed %d", seed).isEqualTo(taken.size());
        }
    }

    private static long count(Path file, Shape shape) throws SQLException {
        String columns = shape.columns().entrySet().stream()
                .map(one -> ", '%s': '%s'".formatted(quoted(one.getKey()), quoted(one.getValue())))
                .collect(Collectors.joining());
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(BfTs), count(COLUMNS(*)) FROM read_json('%s', format='newline_delimited', columns={'BfTs': 'BIGINT'%s})"
                                .formatted(file, columns))) {
            row.next();
            for (int i = 2; i <= row.getMetaData().getColumnCount(); i++) {
                assertThat(row.getLong(i)).as("values of column %d", i).isPositive();
            }
            return row.getLong(1);
        }
    }

    private static String quoted(String text) {
        return text.replace("'", "''");
    }

    private static String object(Random random, int depth) {
        return IntStream.range(0, random.nextInt(5))
                .mapToObj(i -> "%s: %s".formatted(name(random), value(random, depth + 1)))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String name(Random random) {
        String[] names = {"a", "b", "B", "it's", "x\\\"y", "\\u00e9", "é", "a b", "", "BfTs", "\\n", "select", "日"};
        return '"' + names[random.nextInt(names.length)] + '"';
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 3 ? 9 : 12)) {
            case 0 -> "null";
            case 1 -> String.valueOf(random.nextBoolean());
            case 2 -> String.valueOf(random.nextInt());
            case 3 -> String.valueOf(random.nextLong());
            case 4 -> "1" + "0".repeat(random.nextInt(60));
            case 5 -> String.valueOf(random.nextGaussian());
            case 6 -> "-1.5E+" + random.nextInt(500);
            case 7 -> "\"2026-01-01T00:00:00Z\"";
            case 8 -> "\"\\u0000 \\ud83d\\ude00 ü\\n\"";
            case 9 ->
                IntStream.range(0, random.nextInt(3))
                        .mapToObj(i -> value(random, depth + 1))
                        .collect(Collectors.joining(", ", "[", "]"));
            default -> object(random, depth);
        };
    }

    private String read(String event) throws NotAnEventException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] around = ("  " + event).getBytes(UTF_8);
        reader.read(around, 2, around.length - 2, out);
        assertThat(out.toString(UTF_8)).endsWith("\n");
        return out.toString(UTF_8).strip();
    }
}
