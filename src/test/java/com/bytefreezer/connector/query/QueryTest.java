package com.bytefreezer.connector.query;

import static com.bytefreezer.connector.query.Plan.Kind.LIMITED;
import static com.bytefreezer.connector.query.Plan.Kind.ROW_WISE;
import static com.bytefreezer.connector.query.Plan.Kind.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Plan.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
    private static final String SRC = "read_parquet('PARQUET_PATH', hive_partitioning=true, union_by_name=true)";
    private static final String DAY = "year=2026/month=03/day=05/";
    private static final String ROWS =
            "SELECT * REPLACE (severity::DOUBLE AS severity) FROM (VALUES %s) AS t(id, severity, message, status, \"Flags.RST\", BfTs, tags, geo)";

    @TempDir
    static Path lake;

    @TempDir
    Path ownFolder;

    /** Two objects: hour 01 with the ids 1 to 3, hour 12 with 4 and 5. */
    @AutoClose
    private static LocalDataset dataset;

    @AutoClose
    private LocalDataset own;

    @BeforeAll
    static void writeDataset() {
        dataset = new LocalDataset(lake);
        dataset.write(
                DAY + "hour=01/a.parquet",
                ROWS.formatted("(1, 5.0, 'Failed password', 'failed', 0, 1772672400000, ['x', 'y'], '{\"c\": \"NO\"}'),"
                        + "(2, 3.0, 'ok', 'ok', 1, 1772672401000, [], '{\"c\": \"SE\"}'),"
                        + "(3, 4.0, 'authentication FAILURE', 'error', 0, 1772672402000, NULL, NULL)"));
        dataset.write(
                DAY + "hour=12/b.parquet",
                ROWS.formatted("(4, 7.0, 'PARQUET_PATH', 'ok', 2, 1772712000000, ['z'], '{\"c\": \"US\"}'),"
                        + "(5, 1.0, 'bye', 'timeout', 0, 1772712001000, NULL, NULL)"));
    }

    @BeforeEach
    void openOwn() {
        own = new LocalDataset(ownFolder);
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource({"exports", "shapes"})
    void givesItsRecordsAndItsKind(String sql, Kind kind, String records) {
        String text = sql.replace("SRC", SRC);

        assertThat(String.join("\n", dataset.records(text)).replace("\"", "")).isEqualTo(records);
        assertThat(dataset.plan(text).kind()).isEqualTo(kind);
    }

    /** Exports as people write them, on small records. */
    static Stream<Arguments> exports() {
        return Stream.of(
                arguments("SELECT id, severity FROM SRC WHERE severity >= 4", ROW_WISE, """
                        {id:1,severity:5}
                        {id:3,severity:4}
                        {id:4,severity:7}"""),
                arguments(
                        "SELECT id FROM SRC WHERE message LIKE 'Failed password%'"
                                + " OR message ILIKE '%authentication failure%'",
                        ROW_WISE, "{id:1}\n{id:3}"),
                arguments(
                        "SELECT * EXCLUDE (message, status, tags, geo, BfTs, year, month, day, \"Flags.RST\"),"
                                + " TRY_CAST(id AS INTEGER) % 8 AS sev FROM SRC WHERE TRY_CAST(id AS INTEGER) // 2 = 1",
                        ROW_WISE, "{id:2,severity:3,hour:1,sev:2}\n{id:3,severity:4,hour:1,sev:3}"),
                arguments(
                        "SELECT status AS s, count(*) AS hits FROM SRC GROUP BY ALL HAVING hits > 1",
                        WHOLE,
                        "{s:ok,hits:2}"),
                arguments(
                        "SELECT status, sum(severity * 2) AS est, count(*) AS samples FROM SRC"
                                + " WHERE status IS NOT NULL GROUP BY ALL ORDER BY est DESC LIMIT 2",
                        WHOLE,
                        "{status:ok,est:20,samples:2}\n{status:failed,est:10,samples:1}"),
                arguments(
                        "SELECT to_timestamp(BfTs / 1000) AS at, CAST(severity AS BIGINT) AS s FROM SRC WHERE severity > 6",
                        ROW_WISE,
                        "{at:2026-03-05T12:00:00Z,s:7}"),
                arguments(
                        "SELECT \"Flags.RST\" AS rst, e.\"Flags.RST\" FROM SRC AS e WHERE \"Flags.RST\" > 0",
                        ROW_WISE,
                        "{rst:1,Flags.RST:1}\n{rst:2,Flags.RST:2}"),
                arguments(
                        "SELECT id FROM SRC WHERE status IN ('failed','error','timeout')",
                        ROW_WISE,
                        "{id:1}\n{id:3}\n{id:5}"),
                arguments(
                        "SELECT id, json_extract_string(geo,'$.c') AS country FROM SRC"
                                + " WHERE json_extract_string(geo,'$.c') NOT IN ('US','CA')",
                        ROW_WISE,
                        "{id:1,country:NO}\n{id:2,country:SE}"),
                arguments(
                        "SELECT year, month, day, hour, count(*) AS count FROM SRC"
                                + " GROUP BY year, month, day, hour ORDER BY year, month, day, hour",
                        WHOLE,
                        "{year:2026,month:3,day:5,hour:1,count:3}\n{year:2026,month:3,day:5,hour:12,count:2}"),
                arguments(
                        "SELECT DISTINCT status, COUNT(*) AS hits FROM SRC GROUP BY status"
                                + " ORDER BY hits DESC, status LIMIT 2",
                        WHOLE,
                        "{status:ok,hits:2}\n{status:error,hits:1}"),
                arguments(
                        "SELECT id FROM SRC WHERE year = 2026 AND month = 3 AND day = 5 AND hour >= 2",
                        ROW_WISE,
                        "{id:4}\n{id:5}"));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                arguments("SELECT id FROM SRC LIMIT 2", LIMITED, "{id:1}\n{id:2}"),
                arguments("SELECT id FROM events LIMIT 1 OFFSET 3", LIMITED, "{id:4}"),
                arguments("SELECT id FROM SRC WHERE BfTs >= epoch_ms(now()) - 3600000", ROW_WISE, ""),
                arguments("SELECT id FROM SRC WHERE severity BETWEEN 500 AND 599", ROW_WISE, ""),
                arguments("SELECT id FROM events WHERE hour = 99", ROW_WISE, ""),
                arguments(
                        "SELECT a.id, b.n FROM SRC a JOIN (SELECT hour, count(*) AS n FROM SRC GROUP BY hour) b"
                                + " ON a.hour = b.hour WHERE a.id > 2 ORDER BY a.id",
                        WHOLE,
                        "{id:3,n:3}\n{id:4,n:2}\n{id:5,n:2}"),
                arguments("SELECT 1 AS one", WHOLE, "{one:1}"),
                arguments("WITH x AS (SELECT * FROM SRC) SELECT id FROM x WHERE id = 5", ROW_WISE, "{id:5}"),
                arguments("WITH x AS (SELECT count(*) AS n FROM events) SELECT n FROM x", WHOLE, "{n:5}"),
                arguments(
                        "WITH x AS (SELECT id FROM events WHERE id > 4) SELECT * FROM x UNION ALL SELECT * FROM x",
                        WHOLE,
                        "{id:5}\n{id:5}"),
                arguments(
                        "WITH events AS (SELECT id + 10 AS id FROM SRC) SELECT id FROM events WHERE id = 15",
                        ROW_WISE,
                        "{id:15}"),
                arguments(
                        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2) FROM r",
                        WHOLE,
                        "{n:1}\n{n:2}"),
                arguments(
                        "-- first; a comment\nSELECT id /* ; */ FROM events WHERE id = 1 -- last\n;\n",
                        ROW_WISE,
                        "{id:1}"),
                arguments(
                        "SELECT 'PARQUET_PATH' AS p FROM SRC WHERE message = 'PARQUET_PATH'",
                        ROW_WISE,
                        "{p:PARQUET_PATH}"),
                arguments(
                        "SELECT parse_filename(filename) AS f FROM read_parquet('PARQUET_PATH', filename=true) WHERE id = 4",
                        ROW_WISE,
                        "{f:b.parquet}"),
                arguments("SELECT count(DISTINCT Filename) AS n FROM events", WHOLE, "{n:2}"),
                arguments(
                        "SELECT file_row_number AS n, parse_filename(e.filename) AS f FROM events e WHERE id = 5",
                        ROW_WISE,
                        "{n:1,f:b.parquet}"),
                arguments(
                        "SELECT * REPLACE (id * 2 AS id) FROM (SELECT id FROM events) WHERE id = 2",
                        ROW_WISE,
                        "{id:4}"),
                arguments("FROM events SELECT id WHERE id = 2", ROW_WISE, "{id:2}"),
                arguments("FROM 'PARQUET_PATH' SELECT id WHERE id = 2", ROW_WISE, "{id:2}"),
                arguments("select ID from PARQUET_SCAN('PARQUET_PATH') where Id = 2", ROW_WISE, "{id:2}"),
                arguments("SELECT id FROM Events e WHERE E.ID = 2", ROW_WISE, "{id:2}"),
                arguments(
                        "SELECT id AS \"Say \"\"hi\"\" 100%\" FROM events WHERE id = 2",
                        ROW_WISE, "{Say \\hi\\ 100%:2}"),
                arguments(
                        "SELECT id FROM events WHERE id = 1 UNION ALL SELECT id FROM events WHERE id = 5",
                        WHOLE,
                        "{id:1}\n{id:5}"),
                arguments(
                        "SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM events ORDER BY id LIMIT 1",
                        WHOLE,
                        "{id:1,n:5}"),
                arguments(
                        "SELECT id FROM events QUALIFY row_number() OVER (ORDER BY severity DESC) = 1",
                        WHOLE,
                        "{id:4}"),
                arguments(
                        "SELECT list_transform(tags, lambda t: upper(t)) AS t FROM events WHERE id = 1",
                        ROW_WISE,
                        "{t:[X,Y]}"),
                arguments(
                        "SELECT id, unnest(tags) AS tag FROM events",
                        ROW_WISE,
                        "{id:1,tag:x}\n{id:1,tag:y}\n{id:4,tag:z}"),
                arguments(
                        "SELECT id FROM events ORDER BY severity DESC",
                        WHOLE,
                        "{id:4}\n{id:1}\n{id:3}\n{id:2}\n{id:5}"),
                arguments("SELECT id FROM events WHERE severity = (SELECT max(severity) FROM events)", WHOLE, "{id:4}"),
                arguments("SELECT count(*) AS n FROM (SELECT id FROM events USING SAMPLE 2)", WHOLE, "{n:2}"),
                arguments("SELECT j.key AS k FROM events, json_each(geo) AS j WHERE events.id = 1", WHOLE, "{k:c}"),
                arguments(
                        "SELECT CASE WHEN id = 1 THEN 'ü' END AS c FROM events WHERE id < 3",
                        ROW_WISE,
                        "{c:ü}\n{c:null}"));
    }

    /** Over a single object DuckDB 1.5.4 and 1.5.5 fail with an INTERNAL error without disabled_optimizers. */
    @Test
    void givesMinAndMaxOfAPartitionColumnByAWorkaround() {
        var sql = "SELECT min(hour) AS first, max(hour) AS last FROM events";

        assertThat(dataset.records(sql)).containsExactly("{\"first\":1,\"last\":12}");
        assertThat(dataset.records(sql, dataset.objects().get(1))).containsExactly("{\"first\":12,\"last\":12}");
    }

    @Test
    void saysWhatMakesItsPlan() {
        assertThat(dataset.plan("SELECT id FROM events").reason()).isEqualTo("it only filters and projects");
        assertThat(dataset.plan("SELECT 1 AS one").reason()).isEqualTo("it does not read events");
        assertThat(dataset.plan("SELECT count(*) AS n FROM events").reason()).isEqualTo("it uses AGGREGATE");
        assertThat(dataset.plan("SELECT id FROM events ORDER BY id LIMIT 3").reason())
                .isEqualTo("it uses LIMIT, ORDER_BY");
    }

    @Test
    void readsObjectsOfDifferentDepthTogether() {
        own.write("a.parquet", "SELECT 1 AS id");
        own.write("2026/11/20/b.parquet", "SELECT 2 AS id");
        own.write("year=2026/month=03/day=05/c.parquet", "SELECT 3 AS id");
        own.write("year=2026/month=03/day=05/hour=07/d.parquet", "SELECT 4 AS id");
        own.write("region=north-1/e.parquet", "SELECT 5 AS id");

        assertThat(own.records("SELECT id, hour, region FROM events ORDER BY id"))
                .containsExactly(
                        "{\"id\":1,\"hour\":null,\"region\":null}",
                        "{\"id\":2,\"hour\":null,\"region\":null}",
                        "{\"id\":3,\"hour\":null,\"region\":null}",
                        "{\"id\":4,\"hour\":7,\"region\":null}",
                        "{\"id\":5,\"hour\":null,\"region\":\"north-1\"}");
        assertThat(own.records(
                        "SELECT id FROM events WHERE hour >= 2", own.objects().get(0)))
                .isEmpty();
        assertThat(own.records(
                        "SELECT id FROM events WHERE hour >= 2", own.objects().get(3)))
                .containsExactly("{\"id\":4}");
    }

    @Test
    void takesForNullWhatOnlyOtherObjectsHave() throws Exception {
        var older = own.write("a.parquet", "SELECT 1 AS id");
        Files.writeString(ownFolder.resolve("b.parquet"), "not Parquet");
        own.add("b.parquet");
        own.write(
                "[c]*.parquet",
                "SELECT 2 AS id, 5.5 AS Score, ['x'] AS tags, {'city': 'Oslo'} AS geo, 'f' AS filename");

        assertThat(own.records(
                        "SELECT id, score, upper(tags[1]) AS tag, e.geo.city, geo.city AS c FROM events e", older))
                .containsExactly("{\"id\":1,\"Score\":null,\"tag\":null,\"city\":null,\"c\":null}");
        assertThat(own.records("SELECT filename FROM events", older)).containsExactly("{\"filename\":null}");
        assertThat(own.records("SELECT filename FROM events", own.objects().get(2)))
                .containsExactly("{\"filename\":\"f\"}");
        assertThat(own.records("SELECT id FROM events WHERE score > 1", older)).isEmpty();
    }

    @Test
    void readsObjectsWhoseColumnChangedItsType() {
        var number = own.write("a.parquet", "SELECT 80.0::DOUBLE AS port");
        var text = own.write("b.parquet", "SELECT 'https' AS port");

        assertThat(own.records("SELECT port FROM events", number)).containsExactly("{\"port\":\"80\"}");
        assertThat(own.records("SELECT port FROM events", text)).containsExactly("{\"port\":\"https\"}");
        assertThat(own.records("SELECT port FROM events")).containsExactly("{\"port\":\"80\"}", "{\"port\":\"https\"}");
        assertThat(own.records("SELECT port FROM events WHERE port = '80'", number))
                .hasSize(1);
    }

    @Test
    void givesOneOrderWithAnyNumberOfThreadsAndGoesOnAnywhere() {
        own.write("a.parquet", "SELECT range AS id, hash(range) % 100 AS h FROM range(300000)");
        Query query = LocalDataset.parse("SELECT id FROM events WHERE h < 50");
        List<String> all = read(own, query, 1, 0);

        assertThat(all).hasSizeGreaterThan(140_000);
        assertThat(read(own, query, 2, 0)).isEqualTo(all);
        for (int skip : new int[] {1, 60_000, all.size() - 1, all.size()}) {
            assertThat(read(own, query, 2, skip)).isEqualTo(all.subList(skip, all.size()));
        }
    }

    private static List<String> read(LocalDataset dataset, Query query, int threads, long skip) {
        try (DuckDb duckDb = dataset.open(Map.of())) {
            duckDb.lock(threads);
            return LocalDataset.read(
                    duckDb, duckDb.statements().records(query, dataset.objects(), dataset.schema, false, skip));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT now() FROM events",
                "SELECT id FROM events WHERE BfTs > epoch_ms(current_timestamp)",
                "SELECT CURRENT_DATE FROM events",
                "SELECT today() FROM events",
                "WITH x AS (SELECT * FROM events WHERE random() < 0.1) SELECT * FROM x",
                "SELECT uuid() AS id FROM events",
                "SELECT gen_random_uuid() AS id FROM events"
            })
    void isNotRepeatableWhereItDependsOnTimeOrChance(String sql) {
        assertThat(LocalDataset.parse(sql).isRepeatable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM events",
                "SELECT upper(message) || id, list_transform(tags, lambda t: t || '!') FROM events WHERE severity % 2 = 1",
                "SELECT strftime(to_timestamp(BfTs / 1000), '%Y') FROM events WHERE message LIKE '%now()%'"
            })
    void isRepeatableOtherwise(String sql) {
        assertThat(LocalDataset.parse(sql).isRepeatable()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void saysInOneLineWhatIsWrongAndWhere(String sql, String message) {
        assertThatThrownBy(() -> dataset.records(sql))
                .isInstanceOf(ConnectorException.class)
                .message()
                .startsWith(message)
                .doesNotContain("\n", "LINE 1", "b9b1f6f5", "pending query result", "!.");
    }

    @Test
    void aTextInTheQuotesOfANameGetsARemedy() {
        for (String sql : List.of(
                "SELECT id FROM events WHERE status LIKE \"Failed%\"",
                "SELECT id FROM events WHERE status LIKE ‘Failed%’")) {
            assertThatThrownBy(() -> dataset.records(sql)).hasMessageContaining("A text stands in single quotes");
        }
        assertThatThrownBy(() -> dataset.records("SELECT nope FROM events"))
                .message()
                .doesNotContain("quotes");
    }

    static Stream<Arguments> mistakes() {
        String otherStatement = "SQL: only a SELECT can be exported.";
        return Stream.of(
                arguments("CREATE TABLE t AS SELECT 1", otherStatement),
                arguments("DROP TABLE t", otherStatement),
                arguments("INSERT INTO events VALUES (1)", otherStatement),
                arguments("PIVOT events ON status USING count(*)", "SQL: a PIVOT must name its values here."),
                arguments("EXPLAIN SELECT 1", otherStatement),
                arguments("SELECT 1; SELECT 2", "SQL: 2 statements instead of exactly one SELECT."),
                arguments("-- nothing", "SQL: 0 statements instead of exactly one SELECT."),
                arguments(
                        "SELECT 'ü',\n id FORM events", "SQL: line 2, column 10: syntax error at or near \"events\"."),
                arguments(
                        "index=main \"Failed password\" | stats count by host",
                        "SQL: line 1, column 1: syntax error at or near \"index\". Nothing was exported. Write SQL: SELECT … FROM events"),
                arguments(
                        "SELECT id FROM events WHERE status LIKE \"Failed%\"",
                        "SQL: line 1, column 41: Binder Error: Referenced column \"Failed%\" not found"),
                arguments(
                        "SELECT 'ü', nope FROM events",
                        "SQL: line 1, column 13: Binder Error: Referenced column \"nope\" not found"),
                arguments(
                        "SELECT id\nFROM events e WHERE e.Nope = 1",
                        "SQL: line 2, column 21: Binder Error: Values list \"e\" does not have a column named \"Nope\""),
                arguments(
                        "SELECT nope(id) FROM events",
                        "SQL: line 1, column 8: Catalog Error: Scalar Function with name nope does not exist!"),
                arguments("SELECT id FROM nope", "SQL: line 1, column 16: there is no table nope here."),
                arguments(
                        "SELECT id FROM events GROUP BY status",
                        "SQL: line 1, column 8: Binder Error: column \"id\" must appear in the GROUP BY clause"),
                arguments(
                        "SELECT id, id + 1 AS id, hour, 2 AS \"Hour\", 3 AS hour FROM events",
                        "SQL: the result has several columns named id, hour."),
                arguments(
                        "SELECT * FROM read_parquet('PARQUET_PATH', binary_as_string=true)",
                        "SQL: the option \"binary_as_string\" of read_parquet cannot be set here."),
                arguments(
                        "SELECT id FROM events WHERE id = $1",
                        "DuckDB: Invalid Input Error: Values were not provided"));
    }

    @Test
    void readsMoreObjectsThanItRemembers() throws IOException {
        try (LocalDataset dataset = new LocalDataset(ownFolder, new Schema(Map.of(), 1))) {
            dataset.write("a.parquet", "SELECT 1 AS n");
            dataset.write("b.parquet", "SELECT 'two' AS n");
            dataset.write("c.parquet", "SELECT 3 AS m");

            assertThat(dataset.shown("SELECT n, m FROM events ORDER BY ALL"))
                    .containsExactly("{\"n\":\"1\",\"m\":null}", "{\"n\":\"two\",\"m\":null}", "{\"n\":null,\"m\":3}");
        }
    }
}
