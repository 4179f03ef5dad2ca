package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ApiException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * Answers the platform's own questions from agents, with the platform's names (docs/contracts.md), from the lake and {@link Catalogue}. Methods are steps of {@code routes/mcp.camel.yaml}. Safe for use by several threads.
 */
public final class Platform {
    private final Settings settings;
    private final Datasets datasets;
    private final Explorer explorer;
    private final Watchdog watchdog;

    public Platform(Settings settings, Datasets datasets, Explorer explorer, Watchdog watchdog) {
        this.settings = settings;
        this.datasets = datasets;
        this.explorer = explorer;
        this.watchdog = watchdog;
    }

    /** The account, and the place of its lake. */
    public Map<String, Object> whoami() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("account_id", settings.optional("control.account-id").orElse(""));
        answer.put("control_url", settings.optional("control.url").orElse(""));
        answer.put("role", settings.optional("mcp.allow").isPresent() ? "export" : "read");
        answer.put("service", "bytefreezer-connector");
        return answer;
    }

    /** The tenants that have a dataset. */
    public Map<String, Object> tenants(@Body Map<String, Object> catalogue) {
        Map<String, Map<String, Object>> tenants = new LinkedHashMap<>();
        LakeAnswers.entries(catalogue)
                .forEach(entry -> tenants.computeIfAbsent(
                        entry.tenant_id(), id -> Map.of("id", id, "name", entry.tenant_name(), "active", true)));
        return items(List.copyOf(tenants.values()));
    }

    /** The datasets of a tenant. */
    public Map<String, Object> datasets(
            @Body Map<String, Object> catalogue, @Variable("arguments") Map<String, Object> arguments) {
        String tenant = LakeAnswers.text(arguments, "tenant_id");
        return items(LakeAnswers.entries(catalogue)
                .filter(entry -> entry.tenant_id().equals(tenant))
                .map(Platform::item)
                .toList());
    }

    private static Map<String, Object> item(Catalogue.Entry entry) {
        return Map.of(
                "id", entry.dataset_id(),
                "tenant_id", entry.tenant_id(),
                "name", entry.name(),
                "active", entry.active(),
                "testing", entry.testing());
    }

    private static Map<String, Object> items(List<Map<String, Object>> items) {
        return Map.of("items", items, "total", items.size());
    }

    /** The newest objects of a dataset, and the number of all. */
    public Map<String, Object> parquetFiles(
            @Header("tenant_id") String tenant,
            @Header("dataset_id") String dataset,
            @Header("limit") String limit,
            @Header("query_id") @Nullable String id) {
        Dataset opened;
        try (Watchdog.Running running = watchdog.look(id)) {
            opened = datasets.open(tenant, dataset, running::check);
        }
        List<LakeObject> newestFirst = new ArrayList<>(opened.objects());
        Collections.reverse(newestFirst);
        int most = ApiException.number("limit", limit, 0);
        long total = opened.objects().size() + opened.older();
        LakeAnswers.requireObjects(total, tenant, dataset, true);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put(
                "items",
                newestFirst.stream()
                        .limit(most)
                        .map(object -> Map.of(
                                "file_path", object.key(),
                                "file_size_bytes", object.size(),
                                "last_modified", object.lastModified().toString()))
                        .toList());
        answer.put("total", total);
        answer.put("truncated", total > most);
        return answer;
    }

    /** The columns of the newest partition, with the platform's own names of types. */
    public Map<String, Object> schema(
            @Header("tenant_id") String tenant,
            @Header("dataset_id") String dataset,
            @Header("query_id") @Nullable String id) {
        List<Map<String, Object>> fields = new ArrayList<>();
        if (explorer.columns(tenant, dataset, null, null, id).get("columns") instanceof List<?> columns) {
            for (Object column : columns) {
                if (column instanceof Map<?, ?> one && Boolean.FALSE.equals(one.get("partition"))) {
                    String type = String.valueOf(one.get("type"));
                    Map<String, Object> field = new LinkedHashMap<>();
                    field.put("name", one.get("name"));
                    field.put("type", type(type));
                    field.put("duckdb_type", type);
                    field.put("nullable", true);
                    fields.add(field);
                }
            }
        }
        return Map.of("schema", fields);
    }

    private static String type(String duckDb) {
        return switch (Kind.of(duckDb)) {
            case NUMBER -> "number";
            case BOOLEAN -> "boolean";
            case NESTED -> duckDb.endsWith("]") ? "array" : "object";
            default -> "string";
        };
    }

    /** Records and bytes of a dataset; the connector does not know events that are not packed yet. */
    public Map<String, Object> statistics(
            @Header("tenant_id") String tenant,
            @Header("dataset_id") String dataset,
            @Header("query_id") @Nullable String id) {
        Map<String, Object> overview = explorer.overview(tenant, dataset, null, null, id, null);
        LakeAnswers.requireObjects(overview.get("objects"), tenant, dataset, true);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("events_in", null);
        answer.put("events_out", overview.get("records"));
        answer.put("bytes_processed", overview.get("bytes"));
        answer.put("files", overview.get("objects"));
        answer.put("first", overview.get("first"));
        answer.put("last", overview.get("last"));
        return answer;
    }
}
