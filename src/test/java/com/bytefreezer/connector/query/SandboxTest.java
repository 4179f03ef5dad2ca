package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In the statements {@code DATASET} is its folder, {@code OTHER} that of another dataset, {@code TEMP} DuckDB's. */
class SandboxTest {
    @TempDir
    static Path root;

    private static Path temp;

    @AutoClose
    private static LocalDataset dataset;

    @AutoClose
    private static DuckDb duckDb;

    @BeforeAll
    static void open() throws IOException {
        temp = root.resolve("temp");
        dataset = new LocalDataset(root.resolve("dataset"));
        dataset.write("a.parquet", "SELECT range AS id FROM range(3)");
        var elsewhere = new LocalDataset(root);
        for (String folder : List.of("other", "temp")) {
            elsewhere.write(folder + "/secret.parquet", "SELECT 'secret' AS secret");
            Files.writeString(root.resolve(folder).resolve("secret.csv"), "secret\n1\n");
        }
        duckDb = open("256MB");
        duckDb.lock(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id FROM events",
                "FROM read_parquet('PARQUET_PATH')",
                "WITH a AS (FROM events), b AS (FROM a) SELECT (WITH c AS (FROM b) SELECT max(id) FROM c) AS m FROM a",
                "WITH A AS (FROM events) FROM a UNION ALL (WITH b AS (FROM a) FROM b) LIMIT 3",
                "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r",
                "WITH a AS (FROM range(3)) FROM a JOIN a AS b USING (range)",
                "FROM (VALUES (1), (2), (3)) t(x)",
                "SELECT COLUMNS(c -> c LIKE 'i%') FROM events",
                "SELECT * FROM events PIVOT (count(*) FOR id IN (0, 1, 2)) UNION ALL SELECT 1, 2, 3 FROM range(2)",
                "SELECT unnest(json_keys('{\"a\": 1, \"b\": 2, \"c\": 3}')) AS k",
                "SELECT id, from_json('[1]', '[\"INTEGER\"]') AS l FROM events"
            })
    void letsTheDatasetBeReadAndComputedWith(String sql) {
        assertThat(run(sql)).hasSize(3);
    }

    /** Of tables there are the dataset and what the statement names itself, nothing else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM 'DATASET/a.parquet'",
                "SELECT * FROM 'OTHER/secret.parquet'",
                "SELECT * FROM 'OTHER/secret.csv'",
                "SELECT * FROM '/etc/passwd'",
                "SELECT * FROM 's3://bucket/a.parquet?s3_endpoint=127.0.0.1:1'",
                "SELECT * FROM \"DATASET/a.parquet\"",
                "SUMMARIZE 'OTHER/secret.parquet'",
                "FROM (DESCRIBE 'OTHER/secret.parquet')",
                "SELECT (SELECT secret FROM 'OTHER/secret.parquet') AS s FROM events",
                "SELECT * FROM events WHERE id IN (FROM 'OTHER/secret.parquet')",
                "SELECT * FROM 'OTHER/secret.parquet' PIVOT (count(*) FOR secret IN ('secret'))",
                "SELECT * FROM unnest((SELECT list(secret) FROM 'OTHER/secret.parquet'))",
                "SELECT list_transform([1], lambda x: (SELECT count(*) FROM pg_settings)) AS n",
                "SELECT * FROM duckdb_secrets",
                "SELECT * FROM duckdb_settings",
                "SELECT * FROM pg_settings",
                "SELECT * FROM pg_catalog.pg_class",
                "SELECT * FROM information_schema.tables",
                "SELECT * FROM system.information_schema.tables",
                "SELECT * FROM sqlite_master",
                "SELECT * FROM memory.main.events",
                "SELECT * FROM temp.events",
                "SELECT * FROM main.events",
                "FROM events AT (VERSION => 1)",
                "TABLE duckdb_columns",
                "SHOW TABLES",
                "FROM (SHOW ALL TABLES)",
                "FROM (SHOW DATABASES)",
                // What a common table expression is called does not open a view of that name where it does not reach.
                "WITH duckdb_settings AS (FROM duckdb_settings) FROM duckdb_settings",
                "SELECT (WITH pg_settings AS (SELECT 1) SELECT count(*) FROM pg_settings) AS n FROM pg_settings",
                "WITH a AS (FROM pg_settings), pg_settings AS (SELECT 1) FROM a",
                "WITH RECURSIVE a AS (FROM pg_settings), pg_settings AS (SELECT 1) FROM a",
                // A capital K in Unicode, which Java but not DuckDB takes for a k.
                "WITH duc\u212Adb_settings AS (SELECT 1) FROM duckdb_settings"
            })
    void hasNoOtherTables(String sql) throws IOException {
        assertRefused(sql, "here. Nothing was exported. Select from events.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM read_parquet('DATASET/*.parquet')",
                "SELECT * FROM read_parquet('OTHER/secret.parquet')",
                "SELECT * FROM read_parquet('DATASET/../other/secret.parquet')",
                "SELECT * FROM Parquet_Scan(['OTHER/secret.parquet'])",
                "SELECT * FROM read_parquet(file_row_number := true, 'OTHER/secret.parquet')",
                "SELECT * FROM read_parquet('s3://bucket/x?s3_endpoint=127.0.0.1:1&s3_use_ssl=false')",
                "SELECT * FROM read_parquet('http://127.0.0.1:1/secret.parquet')",
                "SELECT * FROM read_parquet((SELECT 'OTHER/secret.parquet'))",
                "SELECT * FROM read_text('OTHER/secret.csv')",
                "SELECT * FROM read_csv('OTHER/secret.csv')",
                "SELECT * FROM sniff_csv('OTHER/secret.csv')",
                "SELECT * FROM read_blob('DATASET/a.parquet')",
                "SELECT * FROM read_duckdb('OTHER/secret.db')",
                "SELECT * FROM parquet_metadata('OTHER/secret.parquet')",
                "SELECT * FROM glob('/etc/*')",
                "SELECT * FROM duckdb_secrets()",
                "SELECT * FROM main.\"DuckDB_Secrets\"()",
                "SELECT * FROM events WHERE id IN (SELECT 1 FROM which_secret('s3://bucket', 's3'))",
                "WITH x AS (FROM duckdb_settings()) FROM x",
                "SELECT * FROM pragma_database_list()",
                "FROM query('SELECT * FROM duckdb_secrets()')",
                "FROM query_table('events')",
                "FROM histogram('pg_settings', name)",
                "FROM json_execute_serialized_sql('{}')",
                "FROM enable_logging(storage='file', storage_path='DATASET/log')",
                "SELECT * FROM test_all_types()",
                "SELECT current_setting('s3_secret_access_key') AS s",
                "SELECT main.Current_Setting('memory_limit') AS s",
                "SELECT ('memory_limit').current_setting() AS s",
                "SELECT list_transform(['memory_limit'], lambda x: current_setting(x)) AS s",
                "SELECT getvariable('x') AS v",
                "SELECT getenv('HOME') AS home",
                "SELECT json_serialize_plan('SELECT 1') AS p",
                "SELECT pg_catalog.pg_get_viewdef(1) AS d",
                "SELECT write_log('x') AS l"
            })
    void refusesFunctionsThatAreNotForData(String sql) throws IOException {
        assertRefused(sql, "cannot be used here. Nothing was exported.");
    }

    /** Each ended the process, or read foreign memory: see {@code SandboxFuzzTest}. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT json_structure(repeat('[', 500000)) AS x",
                "SELECT json_group_structure(repeat('[', 500000)) AS x",
                "SELECT json_contains(repeat('[', 500000), '1') AS x",
                "SELECT json_merge_patch('1', '2') AS x",
                "SELECT json_transform('1', repeat('[', 300000)) AS x",
                "SELECT from_json('1', id::VARCHAR) AS x FROM events",
                "SELECT list_sort([id::VARIANT]) AS x FROM events",
                "SELECT json_transform_strict('1', (SELECT '1')) AS x",
                "SELECT from_json('1', '[\"Variant\"]') AS x",
                "SELECT from_json('1', '[\"\\u0056ARIANT\"]') AS x",
                "SELECT TRY_CAST(id AS STRUCT(a VARIANT)[]) AS x FROM events",
                "SELECT id::MAP(VARCHAR, VARIANT[3]) AS x FROM events",
                "SELECT variant '1' AS x",
                "SELECT id::\"VARIANT\" AS x FROM events",
                "SELECT CAST(id AS main.variant) AS x FROM events",
                "SELECT reservoir_quantile(id, 1, 2147483647) AS x FROM events"
            })
    void refusesWhatEndsTheProcess(String sql) throws IOException {
        assertRefused(sql, "cannot be used here. Nothing was exported.");
    }

    @Test
    void textOfTheUserStaysTextWhateverItSays() {
        for (String text : List.of(
                "b9b1f6f5-scan-of-the-objects",
                "PARQUET_PATH",
                "events",
                "SELECT ''x''",
                "read_parquet(''PARQUET_PATH'')")) {
            assertThat(run("SELECT '%s' AS t FROM events LIMIT 1".formatted(text)))
                    .containsExactly("{\"t\":\"%s\"}".formatted(text.replace("''", "'")));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "COPY (SELECT 1) TO 'DATASET/new.parquet'",
                "COPY events TO 'OTHER/new.parquet'",
                "ATTACH 'DATASET/new.db'",
                "INSTALL httpfs",
                "LOAD httpfs",
                "SET memory_limit='1TB'",
                "PRAGMA database_list",
                "CALL pragma_version()",
                "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
                "EXPORT DATABASE 'DATASET/new'",
                "CREATE TABLE t AS SELECT 1",
                "SELECT 1; COPY (SELECT 1) TO 'DATASET/new.parquet'"
            })
    void refusesEverythingButOneSelect(String sql) throws IOException {
        assertRefused(sql, "Nothing was exported.");
    }

    @Tag("slow")
    @Test
    void sortsMoreThanTheMemoryHoldsAndLeavesNothingBehind() throws Exception {
        var before = files();
        var sql = "SELECT range AS id, repeat(md5(range::VARCHAR), 4) AS m FROM range(500000) ORDER BY m";
        try (DuckDb small = open("64MB")) {
            small.lock(2);
            var statementText =
                    small.statements().records(LocalDataset.parse(sql), dataset.objects(), dataset.schema, false, 0);
            try (var connection = small.newConnection();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(statementText)) {
                assertThat(rows.next()).isTrue();
                assertThat(files()).anyMatch(file -> file.toString().contains("duckdb_temp_storage"));
            }
            assertThat(LocalDataset.read(small, statementText)).hasSize(500_000);
        }
        assertThat(files()).isEqualTo(before);
    }

    private void assertRefused(String sql, String message) throws IOException {
        var before = files();
        assertThatThrownBy(() -> run(sql))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining(message)
                .message()
                .doesNotContain("\n", "LINE 1");
        assertThat(files()).isEqualTo(before);
    }

    private List<String> run(String sql) {
        var text = sql.replace("DATASET", dataset.folder.toString())
                .replace("OTHER", root.resolve("other").toString())
                .replace("TEMP", temp.toString());
        return LocalDataset.read(
                duckDb,
                duckDb.statements().records(LocalDataset.parse(text), dataset.objects(), dataset.schema, false, 0));
    }

    private static DuckDb open(String memoryLimit) {
        return dataset.open(Map.of("duckdb.memory-limit", memoryLimit, "duckdb.temp-folder", temp.toString()));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.sorted().toList();
        }
    }
}
