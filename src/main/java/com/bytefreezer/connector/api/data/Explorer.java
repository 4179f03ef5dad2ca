package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.cage.Watchdog.Running;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.MixedColumn;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * A description of a dataset: from its listing, the footers of its objects and, only for the profile of a column, its
 * records. Methods are steps of {@code routes/api/datasets.camel.yaml}. Safe for use by several threads.
 */
public final class Explorer {
    private static final ObjectMapper JSON = Json.mapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    /** Footers are small, but each takes a request. */
    private static final int MOST_FOOTERS = 2_000;

    private static final int MOST_KNOWN_COUNTS = 20_000;
    private static final int MOST_BUCKETS = 500;
    /** The number of newest objects whose columns are read. */
    private static final int SAMPLE = 200;

    private static final int BARS = 20;

    private static final String SUMMARY =
            "SELECT count(*) AS total, count(*) - count(%1$s) AS nulls, approx_count_distinct(%1$s) AS \"distinct\", %2$s AS min, %3$s AS max FROM events";
    private static final String TOP =
            "SELECT %1$s AS value, count(*) AS count FROM events WHERE %1$s IS NOT NULL GROUP BY 1 ORDER BY count DESC, value LIMIT 10";
    /** Bars of equal width; {@code %1$s} is a value as a number, {@code %2$s} converts a number back. */
    private static final String HISTOGRAM = """
            WITH n AS (SELECT %1$s AS x FROM events WHERE isfinite(%1$s)),
              ends AS (SELECT min(x) AS low, max(x) AS high FROM n),
              bars AS (SELECT CASE WHEN high > low THEN least(%3$d - 1, floor((x - low) / (high - low) * %3$d)) ELSE 0 END AS bar,
                count(*) AS count, any_value(low) AS low, any_value(high) AS high FROM n, ends GROUP BY 1)
            SELECT %2$s(low + bar * (high - low) / %3$d) AS "from", %2$s(low + (bar + 1) * (high - low) / %3$d) AS "to", count
            FROM bars ORDER BY bar""";

    private final Datasets datasets;
    private final Watchdog watchdog;
    /** Objects do not change, and so their counts can be kept. */
    private final Map<LakeObject, Long> recordCounts = Collections.synchronizedMap(new Recent<>(MOST_KNOWN_COUNTS));

    public Explorer(Datasets datasets, Watchdog watchdog) {
        this.datasets = datasets;
        this.watchdog = watchdog;
    }

    /**
     * Span, size, timeline and the number of records; without a range, of the whole dataset.
     *
     * @param records false to leave out that number, for which footers are read
     */
    public Map<String, Object> overview(
            @Header("tenant") String tenant,
            @Header("dataset") String name,
            @Header("from") @Nullable String from,
            @Header("to") @Nullable String to,
            @Header("query_id") @Nullable String id,
            @Header("records") @Nullable String records) {
        boolean isCounted = ApiException.flag("records", records, true);
        try (Running running = watchdog.look(id)) {
            return overview(open(tenant, name, running), Range.of(from, to), isCounted, running);
        }
    }

    private Map<String, Object> overview(Dataset dataset, Range range, boolean isCounted, Running running) {
        Listing listing = dataset.listing().in(range);
        List<LakeObject> objects = listing.objects();
        List<Instant> times = listing.dated()
                .map(partition -> partition.time().orElseThrow())
                .sorted()
                .toList();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("objects", objects.size());
        answer.put("bytes", objects.stream().mapToLong(LakeObject::size).sum());
        answer.put("records", isCounted ? records(dataset, objects, running) : null);
        answer.put("first", times.isEmpty() ? null : times.get(0).toString());
        answer.put("last", times.isEmpty() ? null : times.get(times.size() - 1).toString());
        answer.put("partitions", timeline(listing, times));
        answer.put("newest", listing.newest().map(Explorer::ends).orElse(null));
        answer.put("listed_folders", dataset.folders());
        answer.put("truncated", dataset.older() > 0);
        return answer;
    }

    /** The columns of the newest objects in the range; without a range, of the newest partition. */
    public Map<String, Object> columns(
            @Header("tenant") String tenant,
            @Header("dataset") String name,
            @Header("from") @Nullable String from,
            @Header("to") @Nullable String to,
            @Header("query_id") @Nullable String id) {
        try (Running running = watchdog.look(id)) {
            return columns(open(tenant, name, running), from, to, running);
        }
    }

    private Map<String, Object> columns(Dataset dataset, @Nullable String from, @Nullable String to, Running running) {
        List<LakeObject> objects = sample(dataset.listing().inOrNewest(from, to).objects());
        List<Map<String, Object>> columns = new ArrayList<>();
        Map<String, String> described = objects.isEmpty() ? Map.of() : described(dataset, objects, running);
        if (!objects.isEmpty()) {
            Map<String, MixedColumn> mixed =
                    dataset.schema().mixed().stream().collect(Collectors.toMap(MixedColumn::name, Function.identity()));
            described.forEach((column, type) -> {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("name", column);
                entry.put("type", type);
                entry.put("kind", Kind.of(type).toString());
                entry.put("partition", objects.stream().anyMatch(object -> object.partition()
                        .containsKey(column)));
                entry.put("seen", mixed.containsKey(column) ? mixed.get(column).seen() : List.of());
                columns.add(entry);
            });
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("columns", columns);
        answer.put("time_column", TimeColumn.guess(described).orElse(null));
        answer.put("objects_read", objects.size());
        return answer;
    }

    /** The profile of a column's values; without a range, in the newest partition. Reads that column. */
    public Map<String, Object> profile(
            @Header("tenant") String tenant,
            @Header("dataset") String name,
            @Header("column") String column,
            @Header("from") @Nullable String from,
            @Header("to") @Nullable String to,
            @Header("query_id") @Nullable String id)
            throws IOException {
        try (Running running = watchdog.look(id)) {
            Dataset dataset = open(tenant, name, running);
            List<LakeObject> objects = dataset.listing().inOrNewest(from, to).objects();
            Map<String, String> types = objects.isEmpty() ? Map.of() : described(dataset, objects, running);
            String type = types.get(column);
            if (type == null) {
                throw ApiException.unknown(
                        "dataset %s has no column %s in this range.".formatted(dataset.name(), column));
            }
            Kind kind = Kind.of(type);
            String quoted = Query.identifier(column);
            boolean ordered = kind != Kind.NESTED;
            Map<String, Object> answer = new LinkedHashMap<>();
            try (DuckDb duckDb = datasets.opened(dataset, running)) {
                String min = ordered ? "min(%s)".formatted(quoted) : "NULL";
                String max = ordered ? "max(%s)".formatted(quoted) : "NULL";
                ask(running, duckDb, dataset, objects, SUMMARY.formatted(quoted, min, max))
                        .get(0)
                        .properties()
                        .forEach(member -> answer.put(member.getKey(), member.getValue()));
                answer.put("top", ask(running, duckDb, dataset, objects, TOP.formatted(quoted)));
                answer.put("histogram", histogram(running, duckDb, dataset, objects, kind, quoted));
            } catch (ConnectorException e) {
                throw ApiException.failed(running.reason(e));
            }
            answer.put("objects_read", objects.size());
            answer.put(
                    "bytes_read", objects.stream().mapToLong(LakeObject::size).sum());
            return answer;
        }
    }

    /** The newest of these objects. */
    static List<LakeObject> sample(List<LakeObject> objects) {
        return objects.subList(Math.max(0, objects.size() - SAMPLE), objects.size());
    }

    private static @Nullable List<JsonNode> histogram(
            Running running, DuckDb duckDb, Dataset dataset, List<LakeObject> objects, Kind kind, String column)
            throws IOException {
        return switch (kind) {
            case NUMBER -> ask(running, duckDb, dataset, objects, HISTOGRAM.formatted(column + "::DOUBLE", "", BARS));
            case TIME ->
                ask(
                        running,
                        duckDb,
                        dataset,
                        objects,
                        HISTOGRAM.formatted("epoch(%s::TIMESTAMP)".formatted(column), "to_timestamp", BARS));
            default -> null;
        };
    }

    private static List<JsonNode> ask(
            Running running, DuckDb duckDb, Dataset dataset, List<LakeObject> objects, String sql) throws IOException {
        List<JsonNode> answers = new ArrayList<>();
        duckDb.read(
                Queries.parseOverEvents(sql, running),
                objects,
                dataset.schema(),
                false,
                MOST_BUCKETS,
                new DuckDb.Reader() {
                    @Override
                    public void columns(List<String> names, List<String> types) {
                        // Known.
                    }

                    @Override
                    public boolean record(byte[] json) throws IOException {
                        answers.add(JSON.readTree(json));
                        return true;
                    }
                });
        return answers;
    }

    private Dataset open(String tenant, String name, Running running) {
        try {
            return datasets.open(tenant, name, running::check);
        } catch (ConnectorException e) {
            throw running.hasToEnd() ? ApiException.failed(running.reason(e)) : e;
        }
    }

    private Map<String, String> described(Dataset dataset, List<LakeObject> objects, Running running) {
        try (DuckDb duckDb = datasets.opened(dataset, running)) {
            Set<LakeObject> damaged = duckDb.learn(dataset.schema(), objects).keySet();
            List<LakeObject> whole =
                    objects.stream().filter(object -> !damaged.contains(object)).toList();
            return duckDb.describe(
                    Queries.parseOverEvents("FROM events", running),
                    whole.isEmpty() ? objects : whole,
                    dataset.schema());
        } catch (ConnectorException e) {
            datasets.forget(dataset, e);
            throw running.told(e);
        }
    }

    /** Null if the count would take too long. */
    private @Nullable Long records(Dataset dataset, List<LakeObject> objects, Running running) {
        if (objects.size() > MOST_FOOTERS) {
            return null;
        }
        long sum = 0;
        List<LakeObject> unknown = new ArrayList<>();
        for (LakeObject object : objects) {
            Long count = recordCounts.get(object);
            if (count == null) {
                unknown.add(object);
            } else {
                sum += count;
            }
        }
        if (!unknown.isEmpty()) {
            try (DuckDb duckDb = datasets.sandbox(dataset, running)) {
                Map<String, Long> counts = duckDb.recordCounts(unknown);
                for (LakeObject object : unknown) {
                    long count = counts.getOrDefault(object.url(), 0L);
                    recordCounts.put(object, count);
                    sum += count;
                }
            } catch (ConnectorException e) {
                datasets.forget(dataset, e);
                return null;
            }
        }
        return sum;
    }

    /** Hours or days with objects; larger steps if there would be too many. */
    private static List<Map<String, Object>> timeline(Listing listing, List<Instant> times) {
        if (times.isEmpty()) {
            return List.of();
        }
        Duration span = Duration.between(times.get(0), times.get(times.size() - 1));
        boolean hourly =
                listing.dated().anyMatch(partition -> partition.length().toHours() == 1);
        Duration unit = hourly && span.toHours() < MOST_BUCKETS ? Duration.ofHours(1) : Duration.ofDays(1);
        long units = span.dividedBy(unit) / MOST_BUCKETS + 1;
        long width = unit.multipliedBy(units).toSeconds();
        long start = Math.floorDiv(times.get(0).getEpochSecond(), unit.toSeconds()) * unit.toSeconds();
        Map<Long, LongSummaryStatistics> buckets = new TreeMap<>();
        listing.dated().forEach(partition -> {
            long bucket = Math.floorDiv(partition.time().orElseThrow().getEpochSecond() - start, width);
            LongSummaryStatistics sizes = buckets.computeIfAbsent(bucket, any -> new LongSummaryStatistics());
            partition.objects().forEach(object -> sizes.accept(object.size()));
        });
        List<Map<String, Object>> timeline = new ArrayList<>();
        buckets.forEach((bucket, sizes) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("from", Instant.ofEpochSecond(start + bucket * width).toString());
            entry.put("to", Instant.ofEpochSecond(start + (bucket + 1) * width).toString());
            entry.put("objects", sizes.getCount());
            entry.put("bytes", sizes.getSum());
            timeline.add(entry);
        });
        return timeline;
    }

    private static Map<String, String> ends(Range range) {
        return Map.of(
                "from",
                range.from().orElseThrow().toString(),
                "to",
                range.to().orElseThrow().toString());
    }
}
