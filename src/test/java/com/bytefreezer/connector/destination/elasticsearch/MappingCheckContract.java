package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.app.Command;
import com.bytefreezer.connector.app.CommandOptions;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What the check of a mapping says, against what a real server refuses. */
final class MappingCheckContract implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/%s.parquet";

    /** Mappings of fields. */
    private static final Map<String, String> FIELDS = Map.ofEntries(
            Map.entry("number", "{'type':'long'}"),
            Map.entry("small", "{'type':'integer'}"),
            Map.entry("exact", "{'type':'long','coerce':false}"),
            Map.entry("fraction", "{'type':'half_float'}"),
            Map.entry("lenient", "{'type':'long','ignore_malformed':true}"),
            Map.entry("flag", "{'type':'boolean'}"),
            Map.entry("seen", "{'type':'date'}"),
            Map.entry("written", "{'type':'date','format':'yyyy-MM-dd HH:mm:ss'}"),
            Map.entry("epoch", "{'type':'date','format':'epoch_millis'}"),
            Map.entry("nanos", "{'type':'date_nanos'}"),
            Map.entry("address", "{'type':'ip'}"),
            Map.entry("name", "{'type':'keyword'}"),
            Map.entry("short", "{'type':'keyword','ignore_above':100}"),
            Map.entry("words", "{'type':'text'}"),
            Map.entry("place", "{'type':'geo_point'}"),
            Map.entry("other", "{'type':'alias','path':'base'}"),
            Map.entry("object", "{'properties':{'at':{'type':'date'},'deep':{'properties':{'n':{'type':'byte'}}}}}"),
            Map.entry("list", "{'type':'nested','properties':{'n':{'type':'short'}}}"),
            Map.entry("closed", "{'dynamic':'strict','properties':{'n':{'type':'long'}}}"),
            Map.entry("off", "{'type':'object','enabled':false}"));

    /** A field, with a dot a member of it, and a DuckDB expression for its value. */
    private static final List<String> VALUES = List.of(
            "number: '42'",
            "number: 'zz'",
            "number: ''",
            "number: '1e3'",
            "number: ' 4 '",
            "number: true",
            "number: 1.5",
            "number: [1, 2]",
            "number: ['1', 'x']",
            "number: {'a': 1}",
            "number: 99999999999999999999::HUGEINT",
            "number: NULL::VARCHAR",
            "small: 99999999999",
            "small: -2147483648",
            "exact: '42'",
            "exact: 42",
            "exact: 1.5",
            "fraction: '1.5'",
            "fraction: 'x'",
            "fraction: 2::DOUBLE",
            "lenient: 'zz'",
            "flag: true",
            "flag: 'true'",
            "flag: 'yes'",
            "flag: 1",
            "seen: TIMESTAMP '2026-11-20 10:00:00'",
            "seen: DATE '2026-11-20'",
            "seen: '2026-11-20T10:00:00+02:00'",
            "seen: '2026-11-20 10:00:00'",
            "seen: '20/11/2026'",
            "seen: 1795845750459",
            "seen: '1795845750459'",
            "seen: ''",
            "seen: true",
            "seen: '2026-13-01'",
            "written: '2026-11-20 10:00:00'",
            "written: TIMESTAMP '2026-11-20 10:00:00'",
            "epoch: 1795845750459",
            "epoch: TIMESTAMP '2026-11-20 10:00:00'",
            "nanos: TIMESTAMP_NS '2026-11-20 10:00:00.123456789'",
            "address: '10.0.4.7'",
            "address: '::1'",
            "address: 'fe80::1:2'",
            "address: '10.0.4'",
            "address: 'host.example'",
            "address: ''",
            "address: 7",
            "name: 'a'",
            "name: 5",
            "name: true",
            "name: repeat('x', 40000)",
            "name: {'a': 1}",
            "name: MAP {'a': 1}",
            "name: ['a', 'b']",
            "short: repeat('x', 40000)",
            "words: repeat('x', 40000)",
            "words: {'a': 1}",
            "place: '41.12,-71.34'",
            "place: {'lat': 1.0, 'lon': 2.0}",
            "other: 'a'",
            "object: 'a'",
            "object: {'at': '2026-11-20'}",
            "object: {'at': 'yesterday'}",
            "object: {'deep': {'n': 300}}",
            "object: {'deep': 1}",
            "object: {'new': 'text'}",
            "object: [{'at': '2026-11-20'}, {'at': 'x'}]",
            "list: [{'n': 1}, {'n': 2}]",
            "list: [{'n': 70000}]",
            "list: 5",
            "closed: {'n': 1}",
            "closed: {'n': 1, 'm': 2}",
            "closed: {'n': 1, 'm': NULL::INTEGER}",
            "off: 'anything'",
            "object.at: '2026-11-20'",
            "object.at: 'x'",
            "object.deep.n: 'x'",
            "object.deep.n: '5'",
            "name.first: 'a'",
            "fresh: 'text'",
            "fresh..b: 1",
            "trailing.: 1",
            "_id: 'a'",
            "_routing: 'a'",
            "_own: 'a'");

    private final Server server;
    private final Path folder;
    private final TestApi api;
    private final Map<String, String> settings;

    /** A server without a word on its answers. */
    interface Server {
        JsonNode request(String method, String path, String json);
    }

    MappingCheckContract(URI url, Map<String, String> login, Server server, Path folder) throws Exception {
        this.server = server;
        this.folder = folder;
        settings = new TreeMap<>(ParquetLake.in(folder.resolve("lake")).settings("SELECT 1"));
        settings.put("destination.type", "elasticsearch");
        settings.put("destination.elasticsearch.url", url.toString());
        settings.put("destination.elasticsearch.index", "none");
        login.forEach((name, value) -> settings.put("destination.elasticsearch." + name, value));
        api = TestApi.over(settings);
    }

    private void request(String method, String path, String json) {
        server.request(method, path, json.replace('\'', '"'));
    }

    JsonNode check(String sql, Map<String, Object> config) {
        var answer = api.post(
                "check-destination",
                Map.of(
                        "type", "elasticsearch",
                        "config", config,
                        "tenant_id", "acme",
                        "dataset_id", "events",
                        "sql", sql));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static Set<String> refused(JsonNode check) {
        var names = new LinkedHashSet<String>();
        check.path("refused").forEach(one -> names.add(one.path("column").asText()));
        return names;
    }

    /** Each value in a field of its own, and what the server says to it. */
    void namesExactlyWhatTheServerRefuses() throws Exception {
        var fields = new ArrayList<String>(List.of("'base':{'type':'keyword'}"));
        var columns = new ArrayList<String>();
        var names = new ArrayList<String>();
        for (int at = 0; at < VALUES.size(); at++) {
            var field = VALUES.get(at).substring(0, VALUES.get(at).indexOf(": "));
            var kind = field.replaceFirst("\\..*", "");
            var name = FIELDS.containsKey(kind) ? "f" + at + field.substring(kind.length()) : field;
            if (FIELDS.containsKey(kind)) {
                fields.add("'f%d':%s".formatted(at, FIELDS.get(kind)));
            }
            names.add(name);
            columns.add("%s AS \"%s\"".formatted(VALUES.get(at).substring(field.length() + 2), name));
        }
        request("PUT", "/every-type", "{'mappings':{'properties':{%s}}}".formatted(String.join(",", fields)));
        ParquetLake.in(folder.resolve("lake"))
                .object(OBJECT.formatted("typed"), "SELECT " + String.join(", ", columns));

        var check = check("SELECT * FROM events", Map.of("index", "every-type"));

        var record = api.post(
                        "query",
                        Map.of(
                                "tenant_id",
                                "acme",
                                "dataset_id",
                                "events",
                                "sql",
                                "SELECT * FROM events",
                                "from",
                                "all"))
                .json()
                .at("/rows/0");
        var documents = new StringBuilder();
        for (var name : names) {
            documents
                    .append("{\"create\":{}}\n")
                    .append(JSON.createObjectNode().set(name, record.path(name)).toString())
                    .append('\n');
        }
        var items = server.request("POST", "/every-type/_bulk", documents.toString())
                .path("items");
        var expected = new LinkedHashSet<String>();
        for (int at = 0; at < names.size(); at++) {
            if (items.get(at).at("/create/status").asInt() == 400) {
                expected.add(names.get(at));
            }
        }
        assertThat(expected).hasSizeGreaterThan(30);
        assertThat(refused(check)).as(check + "\n" + items).containsExactlyInAnyOrderElementsOf(expected);
    }

    private boolean refuses(String index, String column, JsonNode value) {
        ObjectNode document = JSON.createObjectNode();
        document.set(column, value);
        var answer = server.request("POST", "/%s/_bulk".formatted(index), "{\"create\":{}}\n%s\n".formatted(document));
        return answer.path("errors").asBoolean();
    }

    /** Everything beyond single values. */
    void saysWhatAnIndexRefusesAsAWhole(boolean hasUsers) throws Exception {
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.object(
                OBJECT.formatted("whole"),
                "SELECT 'whole' AS kind, n, CASE n WHEN 0 THEN '2026-01-01' ELSE 'abc' END AS mixed, 'a' AS t1, 'b' AS t2,"
                        + " NULL::STRUCT(a INTEGER) AS empty, TIMESTAMP '2026-11-20 01:00:00' AS seen FROM range(3) t(n)");
        var from = " FROM events WHERE kind = 'whole' ORDER BY n";

        // Unknown columns, whether they have values or not.
        request("PUT", "/narrow", "{'mappings':{'dynamic':'strict','properties':{'n':{'type':'long'}}}}");
        var strict = check("SELECT n, empty, t1" + from, Map.of("index", "narrow"));
        assertThat(strict.path("status").asText()).isEqualTo("failed");
        assertThat(refused(strict)).containsExactly("empty", "t1");
        assertThat(strict.path("message").asText())
                .startsWith("index narrow will refuse records: column empty (the mapping is strict");

        assertThat(validated("SELECT n, empty, t1" + from, "narrow"))
                .contains("export default: elasticsearch: index narrow will refuse records: column empty (")
                .doesNotContain("valid:");

        // A type that no value shows.
        request("PUT", "/flat", "{'mappings':{'properties':{'empty':{'type':'keyword'}}}}");
        assertThat(refused(check("SELECT n, empty" + from, Map.of("index", "flat"))))
                .containsExactly("empty");

        // A new field that its first value makes a date.
        var mixed = check("SELECT n, mixed" + from, Map.of("index", "dated"));
        assertThat(refused(mixed)).as(mixed.toString()).containsExactly("mixed");
        request("PUT", "/undated", "{'mappings':{'date_detection':false}}");
        assertThat(check("SELECT n, mixed" + from, Map.of("index", "undated"))
                        .path("status")
                        .asText())
                .isEqualTo("ok");

        // Each new text has two fields.
        request(
                "PUT",
                "/full",
                "{'settings':{'index.mapping.total_fields.limit':4},'mappings':{'properties':{'n':{'type':'long'}}}}");
        assertThat(refused(check("SELECT n, t1" + from, Map.of("index", "full"))))
                .isEmpty();
        assertThat(refused(check("SELECT n, t1, t2" + from, Map.of("index", "full"))))
                .containsExactly("t2");
        assertThat(refuses("full", "t1", JSON.getNodeFactory().textNode("a"))).isFalse();
        assertThat(refuses("full", "t2", JSON.getNodeFactory().textNode("b"))).isTrue();

        // An index that only its template describes; its name has the date of the newest object.
        request(
                "PUT",
                "/_index_template/logs",
                "{'index_patterns':['logs-2026.11*'],'priority':600,'template':{'mappings':{'properties':{'t1':{'type':'ip'}}}}}");
        var dated = check("SELECT n, t1" + from, Map.of("index", "logs-{yyyy.MM.dd}"));
        assertThat(refused(dated)).containsExactly("t1");
        assertThat(dated.path("message").asText()).contains("index logs-2026.11.20, which does not exist yet,");
        var byColumn =
                check("SELECT n, t1, seen" + from, Map.of("index", "logs-{yyyy.MM}x", "index-time-column", "seen"));
        assertThat(refused(byColumn)).as(byColumn.toString()).containsExactly("t1");

        // Data streams, before and after there is one.
        request("PUT", "/_index_template/checked", "{'index_patterns':['checked-*'],'data_stream':{},'priority':601}");
        assertThat(refused(check("SELECT n" + from, Map.of("index", "checked-x"))))
                .containsExactly("@timestamp");
        request("POST", "/checked-x/_bulk", "{'create':{}}\n{'@timestamp':'2026-11-20'}\n");
        var stream = check("SELECT n" + from, Map.of("index", "checked-x"));
        assertThat(stream.path("message").asText()).contains("data stream checked-x", "@timestamp");
        assertThat(check("SELECT n, seen AS \"@timestamp\"" + from, Map.of("index", "checked-x"))
                        .path("status")
                        .asText())
                .isEqualTo("ok");
        assertThat(check("SELECT seen AS \"@timestamp\"" + from, Map.of("index", "checked-x", "op-type", "index"))
                        .path("message")
                        .asText())
                .contains("takes only op-type create");

        // Aliases.
        request("PUT", "/one", "{'aliases':{'both':{}},'mappings':{'properties':{'t1':{'type':'ip'}}}}");
        request("PUT", "/two", "{'aliases':{'both':{}}}");
        assertThat(check("SELECT n" + from, Map.of("index", "both"))
                        .path("message")
                        .asText())
                .contains("Every record will be refused: alias both stands for one, two");
        request("POST", "/_aliases", "{'actions':[{'add':{'index':'one','alias':'both','is_write_index':true}}]}");
        assertThat(refused(check("SELECT n, t1" + from, Map.of("index", "both"))))
                .containsExactly("t1");

        // A pipeline may change everything.
        assertThat(check("SELECT n, t1" + from, Map.of("index", "both", "pipeline", "p"))
                        .path("message")
                        .asText())
                .contains("not compared", "pipeline p");

        // A query that is none, and a lake without the dataset.
        assertThat(check("SELECT nonsense FROM events", Map.of("index", "both"))
                        .path("message")
                        .asText())
                .contains("answers and accepts the login", "not compared: ", "nonsense");
        if (hasUsers) {
            withFewerRights(from);
        }
    }

    /** The same on the command line. */
    private String validated(String sql, String index) throws Exception {
        var own = new TreeMap<>(settings);
        own.put("query.sql", sql);
        own.put("destination.elasticsearch.index", index);
        var options = new CommandOptions();
        new CommandLine(CommandSpec.create().addMixin("options", CommandSpec.forAnnotatedObject(options)))
                .parseArgs("--check");
        var printed = new ByteArrayOutputStream();
        new Command(
                        TestRun.settings(folder.resolve("validated"), own),
                        new Secrets(),
                        options,
                        new PrintStream(printed, true, StandardCharsets.UTF_8))
                .validate();
        return printed.toString(StandardCharsets.UTF_8);
    }

    private void withFewerRights(String from) {
        for (var right : List.of("create_doc", "read")) {
            request(
                    "PUT",
                    "/_security/role/" + right,
                    "{'cluster':['monitor'],'indices':[{'names':['both','one'],'privileges':[%s]}]}"
                            .formatted(right.equals("read") ? "'create_doc','read'" : "'create_doc'"));
            request(
                    "PUT",
                    "/_security/user/" + right,
                    "{'password':'very-secret-wrong','roles':['%s']}".formatted(right));
        }
        Map<String, Object> writer = Map.of("index", "one", "username", "create_doc", "password", "very-secret-wrong");
        var blind = check("SELECT n, t1" + from, writer);
        assertThat(blind.path("status").asText()).isEqualTo("unknown");
        assertThat(blind.path("message").asText()).contains("not compared with index one", "view_index_metadata");
        Map<String, Object> reader = Map.of("index", "one", "username", "read", "password", "very-secret-wrong");
        assertThat(refused(check("SELECT n, t1" + from, reader))).containsExactly("t1");
    }

    @Override
    public void close() {
        api.close();
    }
}
