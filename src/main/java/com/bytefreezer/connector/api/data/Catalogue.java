package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Account.Dataset;
import com.bytefreezer.connector.control.Account.Items;
import com.bytefreezer.connector.control.Account.Tenant;
import com.bytefreezer.connector.control.DatasetFinder;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.Period;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The datasets, from the control plane, or, without one, from the folders of the lake. Methods are steps of {@code
 * routes/api/datasets.camel.yaml}. Safe for use by several threads.
 */
public final class Catalogue {
    private final Settings settings;
    private final Datasets datasets;
    private final Watchdog watchdog;
    private final Activity activity;
    /** By tenant, from the control plane's last answer. */
    private final Map<String, List<Entry>> known = new ConcurrentHashMap<>();

    public Catalogue(Settings settings, Datasets datasets, Watchdog watchdog) {
        this.settings = settings;
        this.datasets = datasets;
        this.watchdog = watchdog;
        activity = new Activity(datasets);
    }

    /**
     * One dataset, in the original's words (docs/contracts.md).
     *
     * @param newest its newest partition, or null if it has no date or was not found in time
     */
    public record Entry(
            String tenant_id,
            String tenant_name,
            String dataset_id,
            String name,
            String parquet_path,
            boolean testing,
            boolean active,
            @Nullable Map<String, String> newest) {

        private DatasetName key() {
            return new DatasetName(tenant_id, dataset_id);
        }

        private Entry at(@Nullable Period found) {
            return new Entry(
                    tenant_id,
                    tenant_name,
                    dataset_id,
                    name,
                    parquet_path,
                    testing,
                    active,
                    found == null
                            ? null
                            : Map.of(
                                    "from",
                                    found.from().toString(),
                                    "to",
                                    found.to().toString()));
        }
    }

    /** The known datasets of one tenant, and a remark about them. */
    public record OfTenant(List<Entry> datasets, List<String> notes, boolean stale) {}

    /** The tenants' datasets, from the control plane. */
    public Map<String, Object> answer(@Variable("tenants") Items<Tenant> tenants, @Body List<OfTenant> found) {
        known.keySet().retainAll(tenants.items().stream().map(Tenant::id).toList());
        List<String> notes = new ArrayList<>(tenants.notes("Tenants"));
        found.forEach(tenant -> notes.addAll(tenant.notes()));
        return answer(
                found.stream().flatMap(tenant -> tenant.datasets().stream()).toList(),
                notes,
                settings.text("control.url"),
                found.stream().anyMatch(OfTenant::stale));
    }

    /** The datasets of one tenant, in the original's format. */
    public OfTenant ofTenant(@Variable("of") Tenant tenant, @Body Items<Dataset> items) {
        List<Entry> entries = items.items().stream()
                .map(dataset -> new Entry(
                        tenant.id(),
                        tenant.name(),
                        dataset.id(),
                        dataset.name(),
                        Lake.folderInBucketOf(settings, new DatasetName(tenant.id(), dataset.id()))
                                .map(folder -> folder + "**/*.parquet")
                                .orElse(""),
                        dataset.testing(),
                        dataset.active() && tenant.active(),
                        null))
                .toList();
        known.put(tenant.id(), entries);
        return new OfTenant(entries, items.notes("Datasets of tenant " + tenant.id()), false);
    }

    /** Keeps the known datasets of a tenant after a failed request; the other tenants are not affected. */
    public OfTenant failed(
            @Variable("of") Tenant tenant, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        return new OfTenant(
                known.getOrDefault(tenant.id(), List.of()),
                List.of(
                        failure instanceof ConnectorException
                                ? String.valueOf(failure.getMessage())
                                : "tenant %s: no answer from the control plane (%s)."
                                        .formatted(tenant.id(), failure.getMessage())),
                true);
    }

    /**
     * The known datasets, if the control plane cannot be asked.
     *
     * @throws ConnectorException if none are known
     */
    public Map<String, Object> fromBefore(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) ConnectorException failure) {
        List<Entry> entries = known.values().stream().flatMap(List::stream).toList();
        if (entries.isEmpty()) {
            throw failure;
        }
        String note = failure.getMessage() + " These are the datasets of its last answer.";
        return answer(entries, List.of(note), settings.text("control.url"), true);
    }

    /** Whether no control plane describes the datasets. */
    public boolean lakeTellsAll() {
        return DatasetFinder.lakeTellsAll(settings);
    }

    /** The datasets that have a folder in the lake. */
    public Map<String, Object> inLake() {
        Lake.Found found = Lake.datasets(settings, datasets.credentials("", ""), Optional.empty());
        List<Entry> entries = found.datasets().stream()
                .map(name -> new Entry(
                        name.tenant(),
                        name.tenant(),
                        name.dataset(),
                        name.dataset(),
                        found.lookedAt().replace("{tenant}", name.tenant()).replace("{dataset}", name.dataset())
                                + "/**/*.parquet",
                        false,
                        true,
                        null))
                .toList();
        return answer(entries, List.copyOf(found.unknown().values()), found.lookedAt(), false);
    }

    /** The path to the newest partition with data, or to the whole dataset if partitions have no time. */
    public Map<String, String> path(
            @Header("tenant_id") @Nullable String tenant, @Header("dataset_id") @Nullable String dataset) {
        if (tenant == null || tenant.isBlank() || dataset == null || dataset.isBlank()) {
            throw ApiException.wrong("tenant_id and dataset_id are required");
        }
        com.bytefreezer.connector.api.data.Dataset opened;
        try (Watchdog.Running running = watchdog.look(null)) {
            opened = datasets.open(tenant, dataset, running::check);
        }
        String folder = opened.folders().iterator().next();
        String path = opened.listing()
                .newest()
                .flatMap(newest -> opened.listing().in(newest).dated().findFirst())
                .map(partition -> partition.objects().get(0))
                .map(LakeObject::url)
                .map(url -> url.substring(0, url.lastIndexOf('/') + 1) + "*.parquet")
                .orElse(folder + "**/*.parquet");
        return Map.of("parquet_path", path);
    }

    private Map<String, Object> answer(List<Entry> entries, List<String> notes, String lookedAt, boolean stale) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("datasets", newestFirst(entries));
        answer.put("dashboard_url", settings.optional("control.url").orElse("").replace("://api.", "://"));
        answer.put("notes", notes);
        answer.put("stale", stale);
        if (entries.isEmpty()) {
            answer.put("tried", List.of(lookedAt));
        }
        return answer;
    }

    /** The tenant with the newest partition first, and its datasets likewise; those of unknown age last, by name. */
    private List<Entry> newestFirst(List<Entry> entries) {
        Map<DatasetName, Period> newest =
                activity.of(entries.stream().map(Entry::key).toList());
        Map<String, Instant> newestOfTenants = new HashMap<>();
        newest.forEach((name, period) ->
                newestOfTenants.merge(name.tenant(), period.to(), (one, other) -> one.isAfter(other) ? one : other));
        return entries.stream()
                .sorted(Comparator.<Entry, Instant>comparing(
                                entry -> newestOfTenants.getOrDefault(entry.tenant_id(), Instant.MIN),
                                Comparator.reverseOrder())
                        .thenComparing(Entry::tenant_name)
                        .thenComparing(Entry::tenant_id)
                        .thenComparing(
                                entry -> newest.containsKey(entry.key())
                                        ? newest.get(entry.key()).to()
                                        : Instant.MIN,
                                Comparator.reverseOrder())
                        .thenComparing(Entry::name))
                .map(entry -> entry.at(newest.get(entry.key())))
                .toList();
    }
}
