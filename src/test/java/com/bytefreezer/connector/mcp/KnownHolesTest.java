package com.bytefreezer.connector.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.mcp.Agent.Told;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What other servers that put DuckDB behind these tools allowed, and this one does not. */
@Tag("slow")
class KnownHolesTest {
    @TempDir
    private static Path root;

    private static Path secret;
    private static Path target;

    @AutoClose
    private static WebhookServer inside;

    @AutoClose
    private static TestApi api;

    @AutoClose
    private static Agent agent;

    @BeforeAll
    static void start() throws Exception {
        secret = Files.writeString(root.resolve("secret.csv"), "word\nswordfish\n");
        target = root.resolve("written");
        inside = WebhookServer.start();
        ParquetLake.in(root.resolve("lake")).numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 1000);
        ParquetLake.in(root.resolve("lake")).numbers("year=2026/month=11/day=20/hour=02/b.parquet", 0, 1000);
        api = TestApi.over(Map.of("lake.root", "file:" + root.resolve("lake")));
        agent = Agent.over(api.uri("/"));
    }

    private static Told query(String sql) {
        return agent.call("query", "tenant_id", "acme", "dataset_id", "events", "sql", sql);
    }

    static Stream<String> attacks() {
        return Stream.of(
                        // Files and addresses are read, by function or by name.
                        "SELECT * FROM read_csv('{secret}')",
                        "SELECT * FROM read_text('{secret}')",
                        "SELECT * FROM read_blob('{secret}')",
                        "SELECT * FROM '{secret}'",
                        "SELECT * FROM glob('/etc/*')",
                        "SELECT * FROM read_csv('http://127.0.0.1:{port}/latest/meta-data')",
                        "SELECT * FROM events, read_json_auto('http://127.0.0.1:{port}/x')",
                        "SELECT (SELECT content FROM read_text('{secret}')) FROM events",
                        "WITH c AS (SELECT * FROM read_text('{secret}')) SELECT * FROM c",
                        "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
                        "SELECT * FROM query_table('{secret}')",
                        "SELECT getenv('PATH') FROM events",
                        // Files are written, also on a connection that only reads.
                        "COPY (SELECT 1) TO '{target}'",
                        "COPY events TO '{target}' (FORMAT csv)",
                        "EXPORT DATABASE '{target}'",
                        "ATTACH '{target}' AS a",
                        // What begins like a SELECT runs another statement before the driver complains.
                        "SELECT 1; COPY (SELECT 1) TO '{target}'",
                        "SELECT 1 FROM events; ATTACH '{target}' AS a; SELECT 2",
                        "SELECT 1 /* ; */; CREATE TABLE t AS SELECT 1",
                        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{target}'",
                        // Tables are made and settings changed in a tool that queries.
                        "CREATE TABLE t AS SELECT 1",
                        "CREATE OR REPLACE MACRO count(x) AS 1",
                        "INSERT INTO events VALUES (1)",
                        "SET enable_external_access = true",
                        "PRAGMA database_list",
                        "INSTALL httpfs",
                        "LOAD '/tmp/x.duckdb_extension'",
                        "CALL pragma_version()",
                        // Commands run.
                        "SELECT * FROM read_csv('cat {secret} |')",
                        "SELECT * FROM shellfs('id')",
                        "SELECT system('id') FROM events",
                        // What DuckDB knows of itself is shown.
                        "SELECT * FROM duckdb_secrets()",
                        "SELECT * FROM duckdb_settings()",
                        "SELECT * FROM information_schema.tables")
                .map(sql -> sql.replace("{secret}", secret.toString())
                        .replace("{target}", target.toString())
                        .replace("{port}", String.valueOf(inside.port())));
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void noQueryLeavesTheDataset(String sql) throws IOException {
        Told told = query(sql);
        assertThat(told.error()).doesNotContain("swordfish");
        assertThat(Files.exists(target)).isFalse();
        assertThat(inside.requests()).isEmpty();
    }

    /** One of them ignored the most rows that its driver was told. */
    @Test
    void theLimitHoldsWhateverTheQueryWants() {
        assertThat(query("SELECT * FROM events, range(1000) LIMIT 1000000")
                        .at("/row_count")
                        .asInt())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "schema://../../etc/passwd",
                "schema://acme/..",
                "schema://acme/%2e%2e%2f%2e%2e",
                "schema://%2e%2e/events",
                "schema://acme/events/../../x",
                "schema://acme%2fevents/x",
                "destination://../../application.properties",
                "destination://%2e%2e/webhook",
                "docs://../pom.xml",
                "http://127.0.0.1/x",
                "schema://acme\u0000/events"
            })
    void noResourceIsFoundByAPath(String uri) {
        Assertions.assertThatThrownBy(() -> agent.client()
                        .readResource(ReadResourceRequest.builder(uri).build()))
                .isInstanceOf(McpError.class)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../acme", "acme/events", "..", "", "*", "a\\b", "{tenant}", "acme\u0000", "/etc"})
    void noTenantIsAPath(String tenant) {
        for (String tool : new String[] {"describe_dataset", "bf_dataset_parquet_files"}) {
            assertThat(agent.call(tool, "tenant_id", tenant, "dataset_id", "events")
                            .error())
                    .isNotBlank();
        }
    }

    /** An address in an argument would let an agent send records, and requests, wherever it is told to. */
    @Test
    void noToolTakesAnAddress() {
        assertThat(agent.call(
                                "preview_export",
                                "tenant_id",
                                "acme",
                                "dataset_id",
                                "events",
                                "sql",
                                "SELECT 1 FROM events",
                                "destination_type",
                                "webhook",
                                "destination_config",
                                Map.of("url", "http://127.0.0.1:" + inside.port()))
                        .error())
                .startsWith("preview_export has no argument destination_config.");
        assertThat(agent.tools().values())
                .allSatisfy(tool -> assertThat(((Map<?, ?>) tool.inputSchema().get("properties"))
                                .keySet()
                                .toString())
                        .doesNotContain("url", "config", "path", "file"));
    }
}
