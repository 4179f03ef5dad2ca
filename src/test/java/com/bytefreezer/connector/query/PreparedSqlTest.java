package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQL means what DuckDB says it means: what is run gives the types and values of the text that a person wrote. */
@Tag("slow")
class PreparedSqlTest {
    /** One a line; each is a column of its own statement. */
    private static final String EXPRESSIONS = """
            1
            -1
            0x1F
            0b101
            1_000_000
            9223372036854775807
            9223372036854775808
            170141183460469231731687303715884105727
            -170141183460469231731687303715884105728
            340282366920938463463374607431768211455
            1.5
            1.50
            .5
            5.
            0.1 + 0.2
            1e0
            1e-1
            1E+10
            1e308
            -1e-300
            1.5e3
            123456789012345678901234567890.12345678
            'NaN'::DOUBLE
            'inf'::DOUBLE
            '-inf'::FLOAT
            -0.0
            -0e0
            1/0
            1//0
            7/2
            7//2
            -7//2
            -7 % 3
            7.5 % 2
            2 ** 10
            2 ^ 3
            5 & 3 | 8
            ~5
            1 << 4
            xor(5, 3)
            - -n
            +n
            !true
            NOT b
            b AND NULL
            b OR NULL
            NULL
            NULL::INTEGER
            NULL IS NULL
            n IS DISTINCT FROM NULL
            n IS NOT DISTINCT FROM 1
            'it''s'
            E'tab\\tline\\nquote\\'x\\\\'
            E'\\u00e9\\x41'
            $$dollar 'quoted' $$
            $tag$a $$ b$tag$
            'a' 'b'
            ''
            'ü😀'
            '\\n'
            '%'
            'a' || 'b' || n
            'a' || NULL
            concat('a', NULL, 1)
            '\\xAA\\x00'::BLOB
            x'AA00'
            '10101'::BIT
            true
            'yes'::BOOLEAN
            CAST('12' AS SMALLINT)
            TRY_CAST('x' AS INTEGER)
            '1.5'::DECIMAL(4,1)
            1.5::DECIMAL(38,10)
            n::DOUBLE::VARCHAR
            f::INTEGER
            f::DECIMAL(10,3)
            DATE '2026-02-28' + 1
            DATE '2026-03-01' - DATE '2026-01-01'
            TIME '12:30:00.5'
            TIMESTAMP '2026-01-02 03:04:05.678901'
            TIMESTAMP_NS '2026-01-02 03:04:05.123456789'
            TIMESTAMP_S '2026-01-02 03:04:05'
            TIMESTAMPTZ '2026-01-02 03:04:05+05:30'
            '2026-01-02 03:04:05'::TIMESTAMP AT TIME ZONE 'Europe/Berlin'
            INTERVAL 1 DAY
            INTERVAL '1 year 2 months -3 days 04:05:06.7'
            INTERVAL (n) HOUR
            t + INTERVAL 1 MONTH
            t - t
            age(t, TIMESTAMP '2020-01-01')
            extract(hour FROM t)
            date_part('epoch', t)
            date_trunc('hour', t)
            strftime(t, '%Y-%m-%d %H:%M:%S.%f')
            strptime('02/01/2026', '%d/%m/%Y')
            epoch_ms(t)
            to_timestamp(1.5)
            make_timestamp(2026, 1, 2, 3, 4, 5.5)
            (t::DATE)::VARCHAR
            t BETWEEN TIMESTAMP '2026-01-01' AND TIMESTAMP '2026-02-01'
            n BETWEEN SYMMETRIC 3 AND 1
            n NOT BETWEEN 1 AND 2
            n IN (1, 2, NULL)
            n NOT IN (1, 2)
            s IN ('a', 'b')
            (n, s) = (1, 'a')
            (n, s) IN ((1, 'a'), (2, 'b'))
            n = ANY([1, 2])
            n > ALL([0, 1])
            n IN (SELECT 1)
            EXISTS (SELECT 1 WHERE n = 1)
            (SELECT max(v) FROM (VALUES (1), (2)) AS x(v))
            CASE WHEN n = 1 THEN 'one' WHEN n = 2 THEN 'two' END
            CASE n WHEN 1 THEN 1.0 ELSE 2 END
            CASE WHEN NULL THEN 1 ELSE NULL END
            if(n > 1, 'x', NULL)
            ifnull(s, 'none')
            coalesce(NULL, s, 'x')
            nullif(n, 1)
            greatest(1, n, NULL)
            least(f, 1)
            s LIKE 'a%'
            s NOT LIKE '_'
            s ILIKE 'A%'
            'a%b' LIKE 'a\\%b' ESCAPE '\\'
            'a_b' NOT ILIKE 'A$_B' ESCAPE '$'
            s SIMILAR TO '(a|b).*'
            s NOT SIMILAR TO 'a'
            s ~ '^a'
            s !~ 'a'
            s ~~ 'a%'
            s GLOB 'a*'
            s ^@ 'a'
            regexp_replace(s, '(.)', '\\1\\1', 'g')
            regexp_extract('a=1', '(\\w)=(\\d)', ['k', 'v'])
            regexp_matches(s, '[a-b]')
            s COLLATE NOCASE = 'A'
            s COLLATE NOACCENT.NOCASE < 'Z'
            upper(s)
            s.upper().lower()
            s[1]
            s[1:2]
            s[-1:]
            substring(s FROM 1 FOR 1)
            position('b' IN 'abc')
            overlay('abc' PLACING 'x' FROM 2 FOR 1)
            trim(BOTH 'x' FROM 'xax')
            trim(LEADING FROM '  a')
            format('{:.2f} {}', f, s)
            printf('%05d|%s', n, s)
            string_split('a,b', ',')
            [1, 2, 3][2]
            [1, 2, 3][1:2]
            [3, 1, 2][:-1]
            [1, 2, 3, 4][1:4:2]
            [n, NULL]
            []
            ['a', 'b'] || ['c']
            l[1]
            l[-1]
            len(l)
            list_transform(l, lambda x: x + 1)
            list_filter(l, lambda x: x > 1)
            list_transform(l, lambda x, i: x * i)
            list_reduce([1, 2, 3], lambda a, b: a + b)
            list_transform(l, lambda x: CASE WHEN x > 1 THEN 'big' ELSE 'small' END)
            list_transform([[1, 2], [3]], lambda y: list_transform(y, lambda z: z * 1e1))
            [x * 2 FOR x IN l]
            [x FOR x IN l IF x > 1]
            list_sort(l, 'DESC')
            list_aggregate(l, 'sum')
            unnest(l)
            unnest([1, 2])
            array_value(1, 2)
            {'a': 1, 'b': {'c': 'x'}}
            {'a': 1}.a
            {'A b': 1e1}['A b']
            row(1, 'a')
            (1, 'a')
            struct_pack(x := n, y := s)
            st.a
            st['a']
            st.inner.b
            (st).inner
            struct_insert({'a': 1}, b := 2)
            map {'a': 1, 'b': 2}
            map {'a': 1}['a']
            map([1, 2], ['x', 'y'])
            map_keys(map {1: 2})
            union_value(k := 1)
            j->'a'
            j->>'a'
            j->'$.b[0]'
            json_extract_string(j, '$.a')
            j::VARCHAR
            '{"a": 1e2}'::JSON
            to_json({'x': 1.50})
            json_object('k', n, 'l', l)
            md5(s)
            hash(n)
            sha256('x')
            encode('ü')
            decode('\\xC3\\xBC'::BLOB)
            base64('x'::BLOB)
            chr(8364)
            ascii('a')
            abs(-n)
            round(2.5)
            round(1.005, 2)
            ceil(f)
            sqrt(2)
            pi()
            pow(2, 0.5)
            ln(10)
            trunc(-1.5)
            sign(-2)
            bit_count(7)
            1.1 * 1.1
            0.1 = 0.10
            1 = 1.0
            '1' = 1
            1::TINYINT + 1::TINYINT
            1::UINTEGER - 1
            uuid('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
            'a'::ENUM('a', 'b')
            range(3)
            generate_series(1, 3)
            list_value(1, 2.5)
            CAST([1, 2] AS VARCHAR[])
            CAST({'a': 1} AS STRUCT(a BIGINT))
            [1, 2]::INTEGER[2]
            '[1, 2]'::INTEGER[]
            ('1 day'::INTERVAL)::VARCHAR
            n::TEXT::INT4::FLOAT8
            "n" + "N"
            events.n
            typeof(1.0)
            typeof(1e0)
            typeof(10000000000)
            typeof('a')
            typeof([1])
            typeof(NULL)
            typeof({'a': 1.5})
            alias(n)
            count(*)
            sum(n)
            sum(n * 1e0) + 1
            max(s) FILTER (WHERE n > 1e0)
            -n * 2e0
            #1
            #2 || 'x'
            "n"
            n::BIGINT
            n::DOUBLE
            CAST(n AS "DOUBLE")
            CASE WHEN n > 1e0 THEN 1 END
            n BETWEEN 1e0 AND 2
            n IN (1e0, 2)
            [1e0, n]
            {'a': 1e0}
            l[1e0::INTEGER]
            (SELECT 1e0)
            (SELECT max(x + 1e0) FROM (SELECT n + 1 AS x FROM events))
            unnest([1e0, 2])
            unnest({'a': 1e0})
            list_transform(l, x -> x + 1)
            list_transform(l, lambda "a b": "a b" + 1)
            list_transform(l, lambda x: list_sum(list_transform(l, lambda y, i: x * y + i)))
            list_filter(l, lambda x: x > 1) || list_transform(l, x -> x * 1e0)
            COLUMNS('^n$') * 1e0
            COLUMNS(c -> c = 'n') + 1e0
            st.a + 1e0
            sum(n) OVER (ORDER BY f RANGE BETWEEN 1e0 PRECEDING AND CURRENT ROW)
            'a "quoted" name' || 1e0
            'a ''text''' || 1e0
            count(*) OVER ()
            row_number() OVER (ORDER BY n DESC NULLS LAST)
            sum(n) OVER (PARTITION BY s ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
            sum(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)
            lag(s, 1, 'none') OVER (ORDER BY n)
            first_value(n IGNORE NULLS) OVER (ORDER BY n)
            ntile(2) OVER w
            count(*) FILTER (WHERE n > 1) OVER ()
            rank() OVER (ORDER BY f, s COLLATE NOCASE)
            """;

    /** What is not run, with the message. */
    private static final String REFUSALS = """
            SELECT 0x1F AS x FROM events
              SQL: line 1, column 13: syntax error at or near "AS". Nothing was exported.
            SELECT 0b101 AS x FROM events
              SQL: line 1, column 14: syntax error at or near "AS". Nothing was exported.
            SELECT E'\\u00e9\\x41' AS x FROM events
              SQL: unicode_to_utf8 NOT IMPLEMENTED. Nothing was exported.
            SELECT 'a' 'b' AS x FROM events
              SQL: line 1, column 12: syntax error at or near "'b'". Nothing was exported.
            SELECT n BETWEEN SYMMETRIC 3 AND 1 AS x FROM events
              SQL: DuckDB does not support a part of it (Expression type T_List (223)). Nothing was exported.
            SELECT E'\\u00e9\\x41' FROM events WHERE n < 3
              SQL: unicode_to_utf8 NOT IMPLEMENTED. Nothing was exported.
            SELECT 'a' 'b' FROM events WHERE n < 3
              SQL: line 1, column 12: syntax error at or near "'b'". Nothing was exported.
            SELECT n BETWEEN SYMMETRIC 3 AND 1 FROM events WHERE n < 3
              SQL: DuckDB does not support a part of it (Expression type T_List (223)). Nothing was exported.
            PIVOT events ON b USING sum(n) GROUP BY s
              SQL: a PIVOT must name its values here. Nothing was exported. Write ON column IN (value, value).
            INSERT INTO events SELECT * FROM events
              SQL: only a SELECT can be exported. Nothing was exported.
            SELECT 1; SELECT 2
              SQL: 2 statements instead of exactly one SELECT. Nothing was exported.
            SELECT n FROM elsewhere
              SQL: line 1, column 15: there is no table elsewhere here. Nothing was exported. Select from events.
            SELECT n FROM events WHERE
              SQL: line 1, column 27: syntax error at end of input. Nothing was exported.
            FROM read_csv('x')
              SQL: line 1, column 6: the table function read_csv cannot be used here. Nothing was exported. Select from events.
            SELECT getenv('HOME')
              SQL: line 1, column 8: the function getenv cannot be used here. Nothing was exported. Select from events.
            SELECT POSITIONAL.n FROM events AS POSITIONAL
              SQL: line 1, column 18: syntax error at or near ".". Nothing was exported.
            """;

    /** Statements, separated by empty lines. */
    private static final String STATEMENTS = """
            SELECT * FROM events

            FROM events

            FROM events SELECT n WHERE b

            SELECT * EXCLUDE (j, st) FROM events

            SELECT * EXCLUDE n REPLACE (upper(s) AS s, f * 2 AS f) FROM events

            SELECT * RENAME (n AS number) FROM events

            SELECT * LIKE 's%' FROM events

            SELECT COLUMNS('^[nf]$') + 1 FROM events

            SELECT COLUMNS(c -> c IN ('n', 'f')) FROM events

            SELECT COLUMNS(* EXCLUDE (j, st, l, t))::VARCHAR FROM events

            SELECT min(COLUMNS('n|f')) FROM events

            SELECT e.* FROM events AS e

            SELECT e.n AS x, e.s FROM events e(n, s) WHERE x > 1

            SELECT n x, s "y z" FROM events

            SELECT x: n, y: s FROM events

            SELECT DISTINCT s FROM events

            SELECT DISTINCT ON (b) b, n FROM events ORDER BY b, n DESC

            SELECT s, count(*) c FROM events GROUP BY s HAVING c > 0 ORDER BY ALL

            SELECT s, sum(n) FROM events GROUP BY ALL

            SELECT s, b, sum(n) FROM events GROUP BY GROUPING SETS ((s), (b), ())

            SELECT s, b, sum(n), grouping(s) FROM events GROUP BY ROLLUP (s, b)

            SELECT s, b, sum(n) FROM events GROUP BY CUBE (s, b)

            SELECT sum(n) FILTER (WHERE b), count(DISTINCT s), string_agg(s, ',' ORDER BY n DESC) FROM events

            SELECT quantile_cont(f, [0.25, 0.5]), mode(s), arg_max(s, n), list(n ORDER BY n) FROM events

            SELECT n FROM events QUALIFY row_number() OVER (PARTITION BY b ORDER BY n) = 1

            SELECT n, sum(n) OVER w FROM events WINDOW w AS (ORDER BY n)

            SELECT n FROM events ORDER BY n DESC NULLS FIRST LIMIT 2 OFFSET 1

            SELECT n FROM events ORDER BY n LIMIT 50%

            SELECT n FROM events WHERE n > (SELECT avg(n) FROM events)

            WITH a AS (SELECT n FROM events WHERE n > 1), b AS MATERIALIZED (SELECT * FROM a) SELECT * FROM b

            WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT i, n FROM r, events

            SELECT * FROM events a JOIN events b USING (n)

            SELECT a.n, b.s FROM events a LEFT JOIN events b ON a.n = b.n + 1

            SELECT count(*) FROM events a CROSS JOIN events b

            SELECT a.n FROM events a SEMI JOIN events b ON a.n = b.n

            SELECT a.n FROM events a ANTI JOIN events b ON a.n = b.n + 1

            SELECT a.n, b.n FROM events a ASOF JOIN events b ON a.t >= b.t

            SELECT a.n, x FROM events a, LATERAL (SELECT a.n * 2 AS x)

            SELECT n FROM events UNION SELECT n + 1 FROM events

            SELECT n FROM events UNION ALL BY NAME SELECT 1.5 AS f

            SELECT n FROM events EXCEPT SELECT 1

            SELECT n FROM events INTERSECT ALL SELECT 1

            SELECT unnest(l) AS x, n FROM events

            SELECT unnest(st) FROM events

            SELECT unnest({'a': [1, 2]}, recursive := true) FROM events

            SELECT n, x.v FROM events, (VALUES (1, 'a'), (2, 'b')) AS x(k, v) WHERE k = n

            SELECT n FROM events WHERE s = 'a' OR (n > 1 AND NOT b) AND f IS NOT NULL

            SELECT n FROM events -- a comment ; with a sign

            /* 'one' */ SELECT /* two */ n FROM events;

            PIVOT events ON b USING sum(n) GROUP BY s

            UNPIVOT (SELECT n::DOUBLE AS n, f FROM events) ON n, f

            SELECT * FROM (SELECT n AS "a""b", s AS "ü" FROM events)

            SELECT [{'k': n, 'v': s}] AS x, {'a': [1, NULL]} AS y FROM events

            SELECT n FROM events TABLESAMPLE 100%

            SELECT n FROM events USING SAMPLE 100 PERCENT (bernoulli)

            SELECT 1 AS one

            VALUES (1, 'a'), (2, NULL)

            TABLE events

            DESCRIBE events

            SUMMARIZE events

            WITH a AS (SELECT n * 1e0, INTERVAL 1 DAY FROM events) SELECT * FROM a

            SELECT n * 1e0 FROM events UNION ALL SELECT 1

            SELECT n * 1e0, count(*) FROM events GROUP BY ALL ORDER BY ALL

            SELECT n * 1e0 FROM events ORDER BY n * 1e0 DESC LIMIT 1

            SELECT DISTINCT n * 1e0 FROM events

            PIVOT events ON b IN (true, false) USING sum(n * 1e0) GROUP BY s

            INSERT INTO events SELECT * FROM events

            SELECT 1; SELECT 2

            SELECT n FROM elsewhere

            SELECT n FROM events WHERE

            FROM read_csv('x')

            SELECT getenv('HOME')

            SELECT POSITIONAL.n FROM events AS POSITIONAL

            SELECT a.n FROM events a POSITIONAL JOIN events b

            SELECT s COLLATE NOCASE AS c FROM events ORDER BY c

            SELECT * FROM events ORDER BY 1, 2 DESC
            """;

    private static final String EVENTS = """
            SELECT * FROM (VALUES
              (1, 'a', 1.25::DOUBLE, true, TIMESTAMP '2026-01-02 03:04:05', [1, 2], {'a': 1, 'inner': {'b': 'x'}}, '{"a": 1, "b": [2]}'::JSON),
              (2, 'B', -0.5::DOUBLE, false, TIMESTAMP '2026-02-02 00:00:00', [3], {'a': NULL, 'inner': NULL}, '{"a": "t"}'::JSON),
              (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS t(n, s, f, b, t, l, st, j)""";

    private static Connection connection;

    @BeforeAll
    static void open() throws SQLException {
        connection = DuckDb.bare();
        try (var statement = connection.createStatement()) {
            statement.execute("SET TimeZone='UTC'");
            statement.execute("SET threads=1");
            statement.execute("CREATE TABLE events AS " + EVENTS);
            statement.execute("CREATE TABLE source AS FROM events");
        }
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    @Test
    void everyStatementGivesWhatItsTextGives() {
        List<String> different = new ArrayList<>();
        Map<String, String> refusals = new LinkedHashMap<>();
        int same = 0;
        for (String statement : statements()) {
            String prepared;
            try {
                prepared = Query.parse(statement, connection, name -> false).over("SELECT * FROM source");
            } catch (ConnectorException e) {
                refusals.put(statement, e.getMessage());
                continue;
            }
            String wanted = result(statement);
            String given = result(prepared);
            if (given.equals(wanted)) {
                same++;
            } else {
                different.add("%s%n  is     %s%n  not    %s%n  by %s".formatted(statement, given, wanted, prepared));
            }
        }
        assertThat(different).isEmpty();
        assertThat(same).isGreaterThan(550);
        assertThat(refusals.entrySet().stream()
                        .map(each -> each.getKey() + "\n  " + each.getValue() + "\n")
                        .collect(Collectors.joining()))
                .isEqualTo(REFUSALS);
    }

    @Test
    void everyColumnHasTheNameThatItsTextGives(@TempDir Path folder) throws Exception {
        try (var dataset = new LocalDataset(folder);
                var duckDb = dataset.open(Map.of())) {
            List<LakeObject> objects = List.of(dataset.write("a.parquet", EVENTS));
            duckDb.lock(1);
            List<String> different = new ArrayList<>();
            int same = 0;
            for (String statement : statements()) {
                List<String> wanted = names(statement);
                Set<String> given;
                try {
                    given = duckDb.describe(Query.parse(statement, connection, name -> false), objects, dataset.schema)
                            .keySet();
                } catch (ConnectorException e) {
                    continue;
                }
                if (List.copyOf(given).equals(wanted)) {
                    same++;
                } else {
                    different.add("%s%n  is  %s%n  not %s".formatted(statement, given, wanted));
                }
            }
            assertThat(different).isEmpty();
            assertThat(same).isGreaterThan(550);
        }
    }

    private static List<String> statements() {
        List<String> statements = new ArrayList<>();
        EXPRESSIONS
                .lines()
                .map(expression -> "SELECT " + expression + " AS x FROM events"
                        + (expression.endsWith("OVER w") ? " WINDOW w AS (ORDER BY n)" : ""))
                .forEach(statements::add);
        // As DuckDB names it.
        EXPRESSIONS
                .lines()
                .filter(expression -> !expression.endsWith("OVER w"))
                .map(expression -> "SELECT " + expression + " FROM events WHERE n < 3")
                .forEach(statements::add);
        Stream.of(STATEMENTS.split("\\n\\n")).map(String::strip).forEach(statements::add);
        return statements;
    }

    private static List<String> names(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                names.add(rows.getMetaData().getColumnLabel(i));
            }
            return names;
        } catch (SQLException e) {
            return List.of(DuckDbException.of(e).getMessage());
        }
    }

    /** Types and rows, in any order; or that it fails. */
    private static String result(String sql) {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql.strip().replaceFirst(";$", ""))) {
            var columns = rows.getMetaData();
            List<String> head = new ArrayList<>();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                head.add(columns.getColumnTypeName(i));
            }
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                List<String> line = new ArrayList<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    line.add(String.valueOf(rows.getString(i)));
                }
                lines.add(line.toString());
            }
            return head + " " + lines.stream().sorted().toList();
        } catch (SQLException e) {
            return "fails: " + DuckDbException.of(e).getMessage().replaceFirst(" .*", "");
        }
    }
}
