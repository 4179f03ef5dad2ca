package com.bytefreezer.connector.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.spool.Counts;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.ParquetRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the SQL of a pack makes of events, and that each of them is counted once. */
class PackSqlTest {
    @TempDir
    private Path folder;

    private Packer packer;
    private FolderShelf lake;
    private LookupTables lookups = LookupTables.NONE;
    private String types = "";

    @BeforeEach
    void prepare() {
        packer = new Packer("zstd", 256_000_000, 2, folder.resolve("tmp [1]"), folder.resolve("dead"));
        lake = new FolderShelf(folder.resolve("lake [1]/t/d"));
    }

    @Test
    void sqlRenamesCastsAndDropsAndEachEventIsCounted() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, """
                    {"level":"debug","msg":"a","port":"22"}
                    {"level":"info","msg":"b","port":"443"}
                    {"level":"warn","msg":"c user=bob","port":null}
                    no JSON
                    """);
            Packer.Packed packed = pack(
                    intake,
                    "SELECT upper(level) AS severity, port::INTEGER AS port, regexp_extract(msg, 'user=(\\w+)', 1) AS who FROM incoming WHERE level <> 'debug'");
            assertThat(packed.events()).isEqualTo(2);
            assertThat(packed.rows()).isEqualTo(2);
            assertThat(packed.dropped()).isEqualTo(1);
            assertThat(packed.deadLetters()).isEqualTo(1);
            assertThat(intake.spool().counts()).isEqualTo(new Counts(2, 1, 1, 0));
            assertThat(intake.spool().look().dropped()).isEqualTo(1);
        }
        assertThat(rows("SELECT severity, port, who, BfTs > 1700000000000 FROM one ORDER BY severity"))
                .containsExactly("INFO|443||true", "WARN|null|bob|true");
        assertThat(rows("SELECT string_agg(column_name, ' ') FROM (DESCRIBE one)"))
                .containsExactly("BfTs severity port who");
        assertThat(files("tmp [1]")).isEmpty();
    }

    @Test
    void whatIsAllDroppedMakesNoObject() {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"a\":1}\n{\"a\":2}");
            assertThat(pack(intake, "SELECT a FROM incoming WHERE a > 5").key()).isEmpty();
            assertThat(intake.spool().counts()).isEqualTo(new Counts(0, 2, 0, 0));
            assertThat(lake.folder()).doesNotExist();
        }
    }

    @Test
    void anEventThatMatchesSeveralEntriesIsCountedOnce() throws SQLException {
        lookup("ioc", "SELECT * FROM (VALUES ('1.1.1.1', 'x'), ('1.1.1.1', 'y'), ('2.2.2.2', 'z')) t(ip, threat)");
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, """
                    {"src":"1.1.1.1"}
                    {"src":"2.2.2.2"}
                    {"src":"3.3.3.3"}
                    """);
            Packer.Packed packed = pack(intake, "SELECT i.*, threat FROM incoming i JOIN ioc ON src = ip");
            assertThat(packed.events()).isEqualTo(2);
            assertThat(packed.rows()).isEqualTo(3);
            send(intake, "{\"src\":\"1.1.1.1\"}\n{\"src\":\"3.3.3.3\"}");
            pack(intake, "SELECT *, unnest(['a', 'b']) AS part FROM incoming WHERE src IN (SELECT ip FROM ioc)");
            assertThat(intake.spool().counts()).isEqualTo(new Counts(3, 2, 0, 0));
        }
        assertThat(rows("SELECT src, threat, part FROM one ORDER BY ALL"))
                .containsExactly(
                        "1.1.1.1|x|null", "1.1.1.1|y|null", "1.1.1.1|null|a", "1.1.1.1|null|b", "2.2.2.2|z|null");
    }

    @Test
    void anAddressGetsItsCountryByTheRangeThatHoldsIt() throws SQLException {
        lookup("geo", "SELECT * FROM (VALUES (0, 99, 'DE'), (100, 149, 'FR'), (200, 299, 'IT')) t(low, high, country)");
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"n\":5}\n{\"n\":120}\n{\"n\":170}\n{\"n\":250}");
            pack(
                    intake,
                    "SELECT n, CASE WHEN n <= high THEN country END AS country FROM incoming ASOF LEFT JOIN geo ON n >= low");
            assertThat(intake.spool().counts()).isEqualTo(new Counts(4, 0, 0, 0));
        }
        assertThat(rows("SELECT n, country FROM one ORDER BY n"))
                .containsExactly("5|DE", "120|FR", "170|null", "250|IT");
    }

    @Test
    @Tag("slow")
    void anEventForWhichTheSqlFailsHoldsUpNoOther() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            // More than DuckDB reads in one piece, so that several threads read.
            send(
                    intake,
                    IntStream.range(0, 20_000)
                            .mapToObj(i -> "{\"n\":%d,\"port\":\"%s\",\"pad\":\"%s\"}\n"
                                    .formatted(i, i % 5_000 == 777 ? "-" + i : i, "x".repeat(200)))
                            .collect(Collectors.joining()));
            intake.append(new Arrival(Optional.empty(), ByteBuffer.wrap("damaged\n".getBytes(UTF_8)), 1));
            Packer.Packed packed = pack(
                    intake,
                    "SELECT n, port::UINTEGER AS port, random() < 2 AS sure FROM incoming WHERE n % 2 = 1 AND port IS NOT NULL");
            assertThat(packed.deadLetters()).isEqualTo(5);
            assertThat(intake.spool().counts()).isEqualTo(new Counts(10_000 - 4, 10_000, 5, 0));
        }
        assertThat(rows("SELECT count(*), count(DISTINCT n), count_if(n <> port), count_if(sure) FROM one"))
                .containsExactly("9996|9996|0|9996");
        assertThat(files("dead")).singleElement().satisfies(file -> assertThat(Files.readString(file))
                .contains(
                        "\"reason\":\"SQL: Conversion Error: Could not convert string '-777' to UINT32 when casting from source column port\",\"line\":\"{\\\"BfTs\\\":")
                .contains("\\\"n\\\":15777,\\\"port\\\":\\\"-15777\\\"")
                .contains("\"line\":\"damaged\""));
    }

    @Test
    void sqlThatIsWrongForEveryEventMakesNoDeadLetters() {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(
                    intake,
                    IntStream.range(0, 200)
                            .mapToObj("{\"a\":\"x%d\"}\n"::formatted)
                            .collect(Collectors.joining()));
            for (Map.Entry<String, String> each : Map.of(
                            "SELECT a::INTEGER AS a FROM incoming",
                            "SQL: it fails for each of 200 events (Conversion Error: Could not convert string 'x0' to INT32 when casting from source column a). Its events stay where they are until that is mended. Use TRY_CAST",
                            "SELECT nonsense(a) AS a FROM incoming",
                            "SQL: line 1, column 8: Catalog Error: Scalar Function with name nonsense does not exist!",
                            "SELECT a FROM incoming JOIN gone ON a = b",
                            "SQL: there is no table gone here. Its events stay where they are until that is mended. Add the lookup",
                            "SELECT * FROM incoming WHERE levle = 'error'",
                            "SQL: no event has had levle yet, and without it no event is left. Its events stay where they are",
                            "SELECT a, (SELECT count(*) FROM incoming) AS n FROM incoming",
                            "SQL: it uses ",
                            "SELECT a, 1 AS A FROM incoming",
                            "SQL: the result has several columns named A. Give each its own name with AS. Its events stay")
                    .entrySet()) {
                assertThatThrownBy(() -> pack(intake, each.getKey()))
                        .as(each.getKey())
                        .isInstanceOf(ConnectorException.class)
                        .hasMessageStartingWith("pack of dataset t/d: " + each.getValue());
            }
            assertThat(intake.spool().counts()).isEqualTo(new Counts(0, 0, 0, 200));
            assertThat(folder.resolve("dead")).doesNotExist();
            pack(intake, "SELECT TRY_CAST(a AS INTEGER) AS a FROM incoming");
            assertThat(intake.spool().counts()).isEqualTo(new Counts(200, 0, 0, 0));
            assertThat(files("tmp [1]")).isEmpty();
        }
    }

    @Test
    void aColumnThatComesLaterIsNullUntilThen() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"id\":1}");
            assertThat(pack(intake, "SELECT *, lower(late) AS low, o.x AS x FROM incoming WHERE late IS NULL")
                            .missing())
                    .containsExactlyInAnyOrder("late", "o");
            send(intake, "{\"id\":2,\"Late\":\"A\"}");
            pack(intake, "SELECT *, lower(late) AS low FROM incoming");
        }
        assertThat(rows("SELECT id, late, low FROM one ORDER BY id")).containsExactly("1|null|null", "2|A|a");
        assertThat(rows("SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM (DESCRIBE one)"))
                .containsExactly("BfTs Late id low");
    }

    @Test
    void aColumnOfTheObjectsOnlyWidensWhateverTheSql() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"Port\":1,\"n\":1}");
            intake.spool().seal();
            packer.pack(intake.spool().next().orElseThrow(), intake, lake, Optional.empty());
            send(intake, "{\"port\":2,\"n\":2}");
            pack(intake, "SELECT n, 'p' || port AS PORT, hash(n) AS h, 1::HUGEINT AS big FROM incoming");
        }
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"port\":3,\"n\":3}");
            pack(intake, "SELECT n::VARCHAR AS n, port FROM incoming");
            // Without SQL again.
            send(intake, "{\"port\":4,\"n\":4}");
            intake.spool().seal();
            packer.pack(intake.spool().next().orElseThrow(), intake, lake, Optional.empty());
            assertThat(intake.spool().columns())
                    .containsExactly(
                            Map.entry("Port", "VARCHAR"),
                            Map.entry("n", "VARCHAR"),
                            Map.entry("h", "UBIGINT"),
                            Map.entry("big", "DECIMAL(38,0)"));
        }
        assertThat(rows("SELECT port, n FROM one ORDER BY n")).containsExactly("1|1", "p2|2", "3|3", "4|4");
        assertThat(rows(
                        "SELECT name, string_agg(type || coalesce(converted_type, ''), ' ' ORDER BY file_name) FROM parquet_schema('%s/**/*.parquet') WHERE name IN ('Port', 'PORT', 'port') GROUP BY name"
                                .formatted(lake.folder().toString().replace("[", "[[]"))))
                .singleElement()
                .asString()
                .startsWith("Port|")
                .contains("INT64INT_64")
                .contains("BYTE_ARRAYUTF8");
    }

    /** The lake may have the object of a pack that died, whatever a repeat would make. */
    @ParameterizedTest
    @ValueSource(strings = {"", "SELECT a, random() AS r FROM incoming WHERE a < 3"})
    void aPackThatDiedIsRepeatedAsItWas(String sql) throws SQLException, IOException {
        Shelf fatal = (key, file) -> {
            lake.put(key, file);
            throw new IOException("died after it was there");
        };
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\nx");
            intake.spool().seal();
            assertThatThrownBy(() -> packer.pack(intake.spool().next().orElseThrow(), intake, fatal, recipe(sql)))
                    .hasMessageContaining("They stay where they are");
        }
        List<String> before = rows("FROM one ORDER BY a");
        try (Spool spool = open()) {
            packer.tidy(spool.datasets());
            Intake intake = intake(spool);
            packer.pack(
                    intake.spool().next().orElseThrow(), intake, lake, recipe("SELECT a FROM incoming WHERE a > 5"));
            assertThat(intake.spool().counts())
                    .isEqualTo(sql.isEmpty() ? new Counts(3, 0, 1, 0) : new Counts(2, 1, 1, 0));
            packer.tidy(spool.datasets());
        }
        assertThat(rows("FROM one ORDER BY a")).isEqualTo(before).hasSize(sql.isEmpty() ? 3 : 2);
        assertThat(files("dead")).hasSize(1);
        assertThat(files("tmp [1]")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT count(*) FROM incoming|SQL: it uses the aggregate count",
                "SELECT a, sum(b) FROM incoming GROUP BY a|SQL: it uses GROUP BY",
                "SELECT a FROM incoming GROUP BY ALL|SQL: it uses GROUP BY",
                "SELECT a FROM incoming ORDER BY a|SQL: it uses ORDER BY",
                "SELECT a FROM incoming LIMIT 5|SQL: it uses LIMIT",
                "SELECT DISTINCT a FROM incoming|SQL: it uses DISTINCT",
                "SELECT row_number() OVER () FROM incoming|SQL: it uses a window function",
                "SELECT a FROM incoming QUALIFY row_number() OVER () = 1|SQL: it uses QUALIFY",
                "SELECT a FROM incoming USING SAMPLE 10%|SQL: it uses a sample",
                "SELECT a FROM incoming UNION ALL SELECT a FROM incoming|SQL: its FROM must name incoming itself",
                "SELECT a FROM incoming x JOIN incoming y USING (a)|SQL: its FROM must name incoming itself",
                "SELECT 1 AS a|SQL: its FROM must name incoming itself",
                "WITH e AS (FROM incoming) SELECT * FROM e|SQL: its FROM must name incoming itself",
                "DELETE FROM incoming|SQL: only a SELECT",
                "SELECT * FROM incoming; SELECT 1|SQL: 2 statements",
                "SELECT * FROM read_csv('/etc/passwd')|SQL: line 1, column 15: the table function read_csv cannot be used here. Nothing was exported. Select from incoming.",
                "SELECT * FROM 'x.csv'|SQL: its FROM must name incoming itself",
                "SELEC a|SQL: line 1, column 1: "
            })
    void sqlThatNeedsSeveralEventsAtOnceIsRefused(String sqlAndProblem) throws SQLException {
        String[] parts = sqlAndProblem.split("\\|");
        try (Connection connection = DuckDb.bare()) {
            assertThatThrownBy(() -> PackQuery.parse(parts[0], connection, name -> true))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageStartingWith(parts[1]);
        }
    }

    @Test
    void sqlThatSamplesMayFailForSomeEvents() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(
                    intake,
                    IntStream.range(0, 4000)
                            .mapToObj(i -> "{\"n\":%d,\"port\":\"%s\"}\n".formatted(i, i % 20 == 7 ? "x" : "22"))
                            .collect(Collectors.joining()));
            // Whether an event fails is another matter each time.
            Packer.Packed packed =
                    pack(intake, "SELECT n, CASE WHEN random() < 0.5 THEN port::INTEGER END AS port FROM incoming");
            assertThat(packed.deadLetters()).isLessThanOrEqualTo(200);
            assertThat(packed.events()).isEqualTo(4000 - packed.deadLetters());
        }
        assertThat(rows("SELECT count(DISTINCT n) = count(*), bool_and(port = 22) FROM one"))
                .containsExactly("true|true");
    }

    @Test
    void aTypeByHandBringsBackWhatOneWrongEventHasWidened() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"port\":22}");
            pack(intake, "");
            send(intake, "{\"port\":\"n/a\"}");
            pack(intake, "");
            types = "PORT: BIGINT, share: DOUBLE";
            send(intake, """
                    {"port":443,"share":1}
                    {"port":"80","share":"0.5"}
                    {"port":"9007199254740993"}
                    {"port":null,"share":null}
                    {"port":4.5}
                    {"port":"4.5"}
                    {"port":"n/a"}
                    {"port":[1]}
                    {"port":1,"share":"much"}
                    """);
            Packer.Packed packed = pack(intake, "SELECT * FROM incoming");
            assertThat(packed.events()).isEqualTo(4);
            assertThat(packed.deadLetters()).isEqualTo(5);
            assertThat(intake.spool().columns()).isEqualTo(Map.of("port", "BIGINT", "share", "DOUBLE"));
        }
        assertThat(rows("SELECT port, share FROM one WHERE share IS NOT NULL ORDER BY share"))
                .containsExactly("80|0.5", "443|1.0");
        assertThat(rows("SELECT count(*) FROM one WHERE port = '9007199254740993'"))
                .containsExactly("1");
        assertThatThrownBy(() -> {
                    types = "port: NUMBER";
                    recipe("SELECT * FROM incoming");
                })
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("types: NUMBER is not a type for the column port");
    }

    private Optional<Recipe> recipe(String sql) throws SQLException {
        if (sql.isEmpty()) {
            return Optional.empty();
        }
        try (Connection connection = DuckDb.bare()) {
            return Optional.of(new Recipe(
                    PackQuery.parse(sql, connection, name -> true).with(types, connection),
                    lookups,
                    Optional.of("snappy")));
        }
    }

    private void lookup(String name, String rows) throws SQLException {
        Path copy = folder.resolve(name + ".parquet");
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s'".formatted(rows, copy));
        }
        lookups = new LookupTables(List.of(new LookupTable(name, copy, Map.of(), 1, "1")));
    }

    private Spool open() {
        return Spool.open(folder.resolve("spool [1]"), 100_000_000);
    }

    private static Intake intake(Spool spool) {
        return Intake.open(spool.dataset("t", "d"), Clock.systemUTC());
    }

    private static void send(Intake intake, String lines) {
        EventSplitter splitter = new EventSplitter(Format.NDJSON, 1_000_000, intake.batch());
        byte[] bytes = lines.getBytes(UTF_8);
        splitter.take(bytes, 0, bytes.length);
        intake.append(splitter.end(Optional.empty()));
    }

    private Packer.Packed pack(Intake intake, String sql) {
        try {
            intake.spool().seal();
            return packer.pack(intake.spool().next().orElseThrow(), intake, lake, recipe(sql));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> rows(String sql) {
        return ParquetRows.of(lake.folder(), sql);
    }

    private List<Path> files(String name) {
        try (Stream<Path> all = Files.list(folder.resolve(name))) {
            return all.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
