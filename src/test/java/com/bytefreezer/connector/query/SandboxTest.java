package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
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

    @Test
    void letsTheDatasetBeRead() throws IOException {
        assertThat(run("SELECT id FROM events")).hasSize(3);
        assertThat(run("SELECT id FROM read_parquet('DATASET/*.parquet')")).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM read_parquet('OTHER/secret.parquet')",
                "SELECT * FROM read_parquet('DATASET/../other/secret.parquet')",
                "SELECT * FROM read_parquet('OTHER/*.parquet')",
                "SELECT * FROM read_parquet('TEMP/secret.parquet')",
                "SELECT * FROM 'OTHER/secret.parquet'",
                "SELECT * FROM 'OTHER/secret.csv'",
                "SELECT * FROM '/etc/passwd'",
                "SELECT * FROM read_parquet('http://127.0.0.1:1/secret.parquet')",
                "SELECT * FROM read_parquet('https://127.0.0.1:1/secret.parquet')",
                "SELECT * FROM read_parquet('s3://other/secret.parquet')",
                "SELECT (SELECT secret FROM read_parquet('OTHER/secret.parquet')) AS s FROM events"
            })
    void refusesWhatIsElsewhere(String sql) throws IOException {
        assertRefused(sql, "Error");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM read_text('OTHER/secret.csv')",
                "SELECT * FROM read_csv('OTHER/secret.csv')",
                "SELECT * FROM read_blob('DATASET/a.parquet')",
                "SELECT * FROM glob('/etc/*')",
                "SELECT * FROM duckdb_secrets()",
                "SELECT * FROM main.\"DuckDB_Secrets\"()",
                "SELECT * FROM events WHERE id IN (SELECT 1 FROM which_secret('s3://bucket', 's3'))",
                "WITH x AS (FROM duckdb_settings()) FROM x",
                "SELECT * FROM pragma_database_list()",
                "FROM query('SELECT * FROM duckdb_secrets()')",
                "FROM query_table('events')",
                "FROM json_execute_serialized_sql('{}')",
                "FROM enable_logging(storage='file', storage_path='DATASET/log')",
                "SELECT * FROM test_all_types()"
            })
    void refusesTableFunctionsThatAreNotForData(String sql) throws IOException {
        assertRefused(sql, "cannot be used here. Nothing was exported.");
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

    @ParameterizedTest
    @ValueSource(strings = {"SELECT getenv('HOME') AS home", "SELECT * FROM duckdb_secrets"})
    void hasNoWayToTheEnvironmentAndTheKeys(String sql) throws IOException {
        assertRefused(sql, "does not exist");
    }

    @Test
    void sortsMoreThanTheMemoryHoldsAndLeavesNothingBehind() throws Exception {
        var before = files();
        var sql = "SELECT range AS id, repeat(md5(range::VARCHAR), 4) AS m FROM range(500000) ORDER BY m";
        try (DuckDb small = open("64MB")) {
            small.lock(2);
            var statementText = small.records(LocalDataset.parse(sql), dataset.objects(), dataset::objects, false, 0);
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
                duckDb, duckDb.records(LocalDataset.parse(text), dataset.objects(), dataset::objects, false, 0));
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
