package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.problem.ApiException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The content of the lake, in short answers for a reader of every word. Methods are steps of {@code routes/mcp.camel.yaml}.
 * Safe for use by several threads.
 */
public final class LakeAnswers {
    private static final int NEWEST = 10;

    private final Explorer explorer;

    public LakeAnswers(Explorer explorer) {
        this.explorer = explorer;
    }

    /**
     * The matching datasets, in the form of {@link Catalogue}.
     *
     * @param arguments {@code search} in their names, {@code tenant_id}, {@code limit}
     */
    public Map<String, Object> datasets(
            @Body Map<String, Object> catalogue, @Variable("arguments") Map<String, Object> arguments) {
        String search = text(arguments, "search").toLowerCase(Locale.ROOT);
        String tenant = text(arguments, "tenant_id");
        List<Catalogue.Entry> fitting = entries(catalogue)
                .filter(entry -> tenant.isEmpty() || entry.tenant_id().equals(tenant))
                .filter(entry -> Stream.of(entry.tenant_id(), entry.tenant_name(), entry.dataset_id(), entry.name())
                        .anyMatch(name -> name.toLowerCase(Locale.ROOT).contains(search)))
                .toList();
        int limit = ApiException.number("limit", text(arguments, "limit"), 0);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put(
                "datasets",
                fitting.stream().limit(limit).map(LakeAnswers::shown).toList());
        answer.put("total", fitting.size());
        answer.put("truncated", fitting.size() > limit);
        answer.put("notes", Objects.requireNonNullElse(catalogue.get("notes"), List.of()));
        return answer;
    }

    private static Map<String, Object> shown(Catalogue.Entry entry) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("tenant_id", entry.tenant_id());
        shown.put("dataset_id", entry.dataset_id());
        if (!entry.name().equals(entry.dataset_id())) {
            shown.put("name", entry.name());
        }
        shown.put("newest", entry.newest());
        if (!entry.active()) {
            shown.put("active", false);
        }
        return shown;
    }

    /** All datasets. */
    static Stream<Catalogue.Entry> entries(Map<String, Object> catalogue) {
        return catalogue.get("datasets") instanceof List<?> list
                ? list.stream().filter(Catalogue.Entry.class::isInstance).map(Catalogue.Entry.class::cast)
                : Stream.empty();
    }

    static String text(Map<String, Object> arguments, String name) {
        return String.valueOf(Objects.requireNonNullElse(arguments.get(name), ""));
    }

    /**
     * Columns, span, size and the newest partitions; without a range, the columns are those of the newest partition.
     *
     * @throws ApiException if there is nothing to describe, because a name may be misspelt
     */
    public Map<String, Object> describe(
            @Header("tenant_id") String tenant,
            @Header("dataset_id") String dataset,
            @Header("from") @Nullable String from,
            @Header("to") @Nullable String to,
            @Header("query_id") @Nullable String id) {
        Map<String, Object> overview = explorer.overview(tenant, dataset, from, to, id, null);
        requireObjects(overview.get("objects"), tenant, dataset, from == null && to == null);
        Map<String, Object> columns = explorer.columns(tenant, dataset, from, to, id);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("columns", columns.get("columns"));
        for (String name : List.of("objects", "bytes", "records", "first", "last", "newest")) {
            answer.put(name, overview.get(name));
        }
        if (overview.get("partitions") instanceof List<?> partitions) {
            answer.put(
                    "newest_partitions",
                    partitions.subList(Math.max(0, partitions.size() - NEWEST), partitions.size()));
        }
        return answer;
    }

    /** If a dataset has no objects, its name is probably misspelt. */
    static void requireObjects(@Nullable Object number, String tenant, String dataset, boolean isWhole) {
        if (!(number instanceof Number objects) || objects.longValue() == 0) {
            throw ApiException.unknown("dataset %s/%s: no objects%s. list_datasets names the datasets."
                    .formatted(tenant, dataset, isWhole ? "" : " between from and to"));
        }
    }
}
