package com.bytefreezer.connector.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.mcp.Agent.Told;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tools of the project's own routes, asked by an agent that may only read. */
@Tag("slow")
class ToolsTest {
    private static final Object[] SYSLOG = {"tenant_id", "sample", "dataset_id", "syslog"};

    @TempDir
    private static Path root;

    @AutoClose
    private static TestApi api;

    @AutoClose
    private static Agent agent;

    @BeforeAll
    static void start() throws Exception {
        Path lake = Files.createDirectories(root.resolve("lake"));
        Files.createSymbolicLink(
                lake.resolve("sample"), TestTools.projectDirectory().resolve("samples/lake/acme"));
        ParquetLake.in(lake)
                .object(
                        "year=2026/month=11/day=20/hour=01/a.parquet",
                        "SELECT i, repeat('x', 1000) AS text FROM range(300) t(i)");
        Path lookups = Files.createDirectory(root.resolve("lookups"));
        Files.writeString(lookups.resolve("owners.csv"), "ip,owner\n10.20.0.5,edge team\n");
        Files.writeString(lookups.resolve("broken.ndjson"), "{\"ip\":");
        api = TestApi.over(Map.of(
                "lake.root",
                "file:" + lake,
                "lookups.folder",
                lookups.toString(),
                "spool.folder",
                root.resolve("spool").toString()));
        agent = Agent.over(api.uri("/"));
    }

    private static Told ask(String tool, Object... more) {
        Object[] all = new Object[SYSLOG.length + more.length];
        System.arraycopy(SYSLOG, 0, all, 0, SYSLOG.length);
        System.arraycopy(more, 0, all, SYSLOG.length, more.length);
        return agent.call(tool, all);
    }

    @Test
    void onlyToolsThatReadAreThere() {
        assertThat(agent.tools())
                .containsKeys(
                        "list_datasets",
                        "describe_dataset",
                        "profile_column",
                        "query",
                        "plan_export",
                        "preview_export",
                        "list_destinations",
                        "list_exports",
                        "export_status",
                        "dead_letters",
                        "list_runs",
                        "bf_whoami")
                .doesNotContainKeys("run_export_once", "replay_dead_letters", "save_export");
        assertThat(agent.tools().values())
                .allMatch(tool -> tool.annotations().readOnlyHint()
                        && tool.annotations().idempotentHint()
                        && !tool.annotations().destructiveHint()
                        && !tool.annotations().openWorldHint());
    }

    @Test
    void everyToolSaysWhatItDoesAndTakes() {
        assertThat(agent.tools().values()).allSatisfy(tool -> {
            assertThat(tool.description()).matches("(?s)[A-Z][a-z]+s .*\\.");
            assertThat(tool.inputSchema()).containsEntry("additionalProperties", false);
            assertThat(tool.outputSchema()).containsKey("properties");
        });
    }

    @Test
    void findsAndDescribesADataset() {
        assertThat(agent.call("list_datasets", "search", "SYSL").at("/datasets"))
                .singleElement()
                .satisfies(dataset ->
                        assertThat(dataset.path("dataset_id").asText()).isEqualTo("syslog"));
        Told described = ask("describe_dataset");
        assertThat(described.at("/columns").findValuesAsText("name")).contains("hostname", "severity");
        assertThat(described.at("/records").asInt()).isEqualTo(4000);
        assertThat(described.at("/newest_partitions")).isNotEmpty();
        assertThat(ask("profile_column", "column", "severity").at("/distinct").asInt())
                .isPositive();
    }

    @Test
    void lookupsAreListedAndJoined() {
        Told lookups = agent.call("list_lookups");
        assertThat(lookups.at("/lookups").findValuesAsText("name")).contains("owners", "broken", "ip", "owner");
        assertThat(lookups.at("/lookups/0/problem").asText()).contains("broken.ndjson");
        assertThat(lookups.at("/lookups/1/rows").asInt()).isEqualTo(1);
        Told owners = ask(
                "query",
                "sql",
                "SELECT owner, count(*) AS n FROM events JOIN owners ON source_ip = ip GROUP BY owner",
                "from",
                "all");
        assertThat(owners.at("/rows/0/owner").asText()).isEqualTo("edge team");
        assertThat(owners.at("/rows/0/n").asInt()).isEqualTo(747);
    }

    @Test
    void feedsAreListedWithWhatBecameOfTheirEvents() throws Exception {
        assertThat(agent.call("list_feeds").at("/feeds")).isEmpty();
        try (Spool spool = Spool.open(root.resolve("spool"), 1000)) {
            spool.dataset("acme", "auth")
                    .append(new Arrival(Optional.empty(), ByteBuffer.wrap("{}\n".getBytes(StandardCharsets.UTF_8)), 1));
            assertThat(agent.call("list_feeds").at("/feeds/0/spooled").asInt()).isOne();
        }
        assertThat(api.get("/api/v1/feeds").json().at("/feeds/0/dataset_id").asText())
                .isEqualTo("auth");
    }

    @Test
    void reads200RowsAnd50KilobytesUnlessAskedForMore() {
        Told rows = ask("query", "sql", "SELECT hostname FROM events", "from", "all");
        assertThat(rows.at("/row_count").asInt()).isEqualTo(200);
        assertThat(rows.structured().path("hint").asText()).startsWith("There are more rows. Narrow the query:");
        assertThat(rows.text()).startsWith("There are more rows.");
        assertThat(ask("query", "sql", "SELECT hostname FROM events", "from", "all", "limit", 300)
                        .at("/row_count")
                        .asInt())
                .isEqualTo(300);

        Told large = agent.call("query", "tenant_id", "acme", "dataset_id", "events", "sql", "SELECT text FROM events");
        assertThat(large.at("/row_count").asInt()).isBetween(45, 50);
        assertThat(large.structured().path("hint").asText()).isNotEmpty();
        assertThat(large.text().length()).isLessThan(52_000);
    }

    @Test
    void readsTheNewestPartitionUnlessARangeIsGiven() {
        String count = "SELECT count(*) AS n FROM events";
        assertThat(ask("query", "sql", count).at("/objects_read").asInt()).isEqualTo(1);
        assertThat(ask("query", "sql", count, "from", "all").at("/rows/0/n").asInt())
                .isEqualTo(4000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "sql;5;sql must be a text, not 5.",
                "limit;ten;limit must be a whole number, not \"ten\".",
                "limit;1.5;limit must be a whole number, not 1.5.",
                "limits;5;query has no argument limits. Did you mean limit?",
                "limit;0;limit must be from 1 to 100000",
                "max_bytes;2000000;max_bytes must be from 1 to 1000000",
                "from;yesterday;from must be a time like 2026-11-20T14:00:00Z, or all.",
                "sql;DELETE FROM events;SQL:"
            })
    void aWrongArgumentIsToldInOneLine(String name, String value, String line) {
        Object typed = value.matches("\\d+")
                ? Integer.valueOf(value)
                : value.matches("\\d+[.]\\d+") ? Double.valueOf(value) : value;
        Told told = name.equals("sql")
                ? ask("query", "sql", typed)
                : ask("query", "sql", "SELECT 1 FROM events", name, typed);
        assertThat(told.error()).startsWith(line).doesNotContain("java");
    }

    @Test
    void plansAndPreviewsWithoutSending() {
        Told plan = ask("plan_export", "sql", "SELECT * FROM events WHERE severity <= 3", "destination_type", "stdout");
        assertThat(plan.at("/sentence").asText()).contains("row-wise");
        assertThat(plan.at("/confirm").asText()).isNotBlank();
        Told preview = ask("preview_export", "sql", "SELECT hostname FROM events", "destination_type", "stdout");
        assertThat(preview.at("/records_in_batch").asInt()).isEqualTo(5);
        assertThat(agent.call("list_destinations").at("/destinations").findValuesAsText("name"))
                .contains("webhook", "splunk");
    }

    @Test
    void showsExportsAndTheirTroubles() {
        assertThat(agent.call("list_exports").at("/exports").isArray()).isTrue();
        assertThat(agent.call("list_runs").at("/once")).isEmpty();
        assertThat(agent.call("export_status", "export", "none", "destination", "stdout")
                        .error())
                .isEqualTo("There is no export none/stdout.");
        assertThat(agent.call("dead_letters").error())
                .isEqualTo("Name an export and its destination, or the run_id of a run.");
    }

    @Test
    void answersThePlatformsNames() {
        assertThat(agent.call("bf_whoami").at("/role").asText()).isEqualTo("read");
        assertThat(agent.call("bf_list_tenants").at("/items").findValuesAsText("id"))
                .contains("acme");
        assertThat(agent.call("bf_list_datasets", "tenant_id", "sample")
                        .at("/items")
                        .findValuesAsText("id"))
                .contains("syslog", "firewall");
        JsonNode files = ask("bf_dataset_parquet_files", "limit", 3).at("/items");
        assertThat(files).hasSize(3);
        assertThat(files.get(0).path("file_path").asText()).endsWith(".parquet");
        assertThat(ask("bf_transformation_schema").at("/schema").findValuesAsText("type"))
                .contains("number", "string");
        assertThat(ask("bf_dataset_statistics").at("/events_out").asInt()).isEqualTo(4000);
    }

    @Test
    void answersThePlatformsNamesFromTheControlPlane() throws Exception {
        try (ControlServer control = ControlServer.start();
                S3Server s3 = S3Server.s3proxy()) {
            s3.createBucket("packer");
            s3.uploadFolder(
                    "packer",
                    "t-1/d-1/data/parquet",
                    TestTools.projectDirectory().resolve("samples/lake/acme/syslog/data/parquet"));
            control.grant("t-1", "d-1", s3, "packer");
            reply(control, "accounts/a-1/tenants", "{\"items\":[{\"id\":\"t-1\",\"name\":\"Acme\"}],\"total\":1}");
            reply(control, "tenants/t-1/datasets", "{\"items\":[{\"id\":\"d-1\",\"name\":\"Syslog\"}],\"total\":1}");
            Map<String, String> settings = Map.of(
                    "control.url",
                    control.url().toString(),
                    "control.account-id",
                    "a-1",
                    "control.api-key",
                    "key-1234",
                    "duckdb.extension-directory",
                    TestTools.duckdbExtensions().toString());
            try (TestApi controlled = TestApi.over(settings);
                    Agent asking = Agent.over(controlled.uri("/"))) {
                assertThat(asking.call("bf_whoami").at("/account_id").asText()).isEqualTo("a-1");
                assertThat(asking.call("bf_list_tenants").at("/items/0/name").asText())
                        .isEqualTo("Acme");
                assertThat(asking.call("bf_list_datasets", "tenant_id", "t-1")
                                .at("/items/0/name")
                                .asText())
                        .isEqualTo("Syslog");
                Object[] dataset = {"tenant_id", "t-1", "dataset_id", "d-1"};
                assertThat(asking.call("bf_dataset_parquet_files", dataset)
                                .at("/total")
                                .asInt())
                        .isEqualTo(12);
                assertThat(asking.call("bf_transformation_schema", dataset)
                                .at("/schema")
                                .findValuesAsText("name"))
                        .contains("hostname", "message");
                assertThat(asking.call("bf_dataset_statistics", dataset)
                                .at("/events_out")
                                .asInt())
                        .isEqualTo(4000);
            }
        }
    }

    private static void reply(ControlServer control, String path, String body) {
        control.replyWhen(
                request -> request.path().split("\\?")[0].equals("/api/v1/" + path),
                Reply.of(200, body).header("Content-Type", "application/json"));
    }

    @Test
    void givesPagesAndSchemasAsResources() {
        assertThat(text("docs://openapi.yaml")).contains("openapi: 3.0.3");
        assertThat(text("destination://webhook")).contains("destination.webhook.url");
        assertThat(text("schema://sample/syslog")).contains("\"hostname\"").contains(Answer.NOTE);
    }

    private static String text(String uri) {
        ReadResourceResult result =
                agent.client().readResource(ReadResourceRequest.builder(uri).build());
        return ((TextResourceContents) result.contents().get(0)).text();
    }

    @Test
    void promptsHoldWhatThePersonWants() {
        assertThat(agent.client().listPrompts().prompts()).hasSize(3);
        String text = ((TextContent) agent.client()
                        .getPrompt(GetPromptRequest.builder("draft-export")
                                .arguments(Map.of("question", "failed {logins} $1"))
                                .build())
                        .messages()
                        .get(0)
                        .content())
                .text();
        assertThat(text).contains("draft an export of them: failed {logins} $1").contains("list_datasets");
    }

    @Test
    void noToolIsMissingFromThePage() throws Exception {
        String page = Files.readString(TestTools.projectDirectory().resolve("docs/agents.md"));
        assertThat(agent.tools().keySet()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
        assertThat(agent.tools().values()).extracting(Tool::name).doesNotHaveDuplicates();
    }
}
