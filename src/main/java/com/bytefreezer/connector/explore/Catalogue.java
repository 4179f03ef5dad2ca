package com.bytefreezer.connector.explore;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Account.Dataset;
import com.bytefreezer.connector.control.Account.Items;
import com.bytefreezer.connector.control.Account.Tenant;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.server.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * Which datasets there are: as the control plane says, or, where there is none, as the folders of the lake say. Methods
 * are steps of {@code routes/api/datasets.camel.yaml}. Safe for use by several threads.
 */
public final class Catalogue {
    private final Settings settings;
    private final Datasets datasets;
    private final Watchdog watchdog;

    public Catalogue(Settings settings, Datasets datasets, Watchdog watchdog) {
        this.settings = settings;
        this.datasets = datasets;
        this.watchdog = watchdog;
    }

    /** One dataset, in the original's words (CONTRACTS §3.4). */
    public record Entry(
            String tenant_id,
            String tenant_name,
            String dataset_id,
            String name,
            String parquet_path,
            boolean testing,
            boolean active) {}

    /** The datasets of one tenant. */
    public record OfTenant(List<Entry> datasets, List<String> notes) {}

    /** The tenants' datasets, as the control plane told them. */
    public Map<String, Object> answer(@Variable("tenants") Items<Tenant> tenants, @Body List<OfTenant> found) {
        List<String> notes = new ArrayList<>(tenants.notes("Tenants"));
        List<Entry> entries = new ArrayList<>();
        found.forEach(tenant -> {
            entries.addAll(tenant.datasets());
            notes.addAll(tenant.notes());
        });
        return answer(entries, notes, settings.text("control.url"));
    }

    /** Puts the datasets of one tenant into the original's words. */
    public OfTenant ofTenant(@Variable("of") Tenant tenant, @Body Items<Dataset> items) {
        return new OfTenant(
                items.items().stream()
                        .map(dataset -> new Entry(
                                tenant.id(),
                                tenant.name(),
                                dataset.id(),
                                dataset.name(),
                                Lake.folderInBucketOf(settings, new Lake.Name(tenant.id(), dataset.id()))
                                        .map(folder -> folder + "**/*.parquet")
                                        .orElse(""),
                                dataset.testing(),
                                dataset.active() && tenant.active()))
                        .toList(),
                items.notes("Datasets of tenant " + tenant.id()));
    }

    /** A tenant whose datasets are not known leaves the others as they are. */
    public OfTenant failed(
            @Variable("of") Tenant tenant, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        return new OfTenant(
                List.of(),
                List.of(
                        failure instanceof ConnectorException
                                ? String.valueOf(failure.getMessage())
                                : "tenant %s: no answer from the control plane (%s)."
                                        .formatted(tenant.id(), failure.getMessage())));
    }

    /** The datasets that have a folder in the lake. */
    public Map<String, Object> inLake() {
        Lake.Found found = Lake.datasets(settings, datasets.credentials("", ""));
        List<Entry> entries = found.datasets().stream()
                .map(name -> new Entry(
                        name.tenant(),
                        name.tenant(),
                        name.dataset(),
                        name.dataset(),
                        found.lookedAt().replace("{tenant}", name.tenant()).replace("{dataset}", name.dataset())
                                + "/**/*.parquet",
                        false,
                        true))
                .toList();
        return answer(entries, List.of(), found.lookedAt());
    }

    /** The path that reads the newest partition with data, or the whole dataset where partitions have no time. */
    public Map<String, String> path(
            @Header("tenant_id") @Nullable String tenant, @Header("dataset_id") @Nullable String dataset) {
        if (tenant == null || tenant.isBlank() || dataset == null || dataset.isBlank()) {
            throw new ApiException(400, "tenant_id and dataset_id are required");
        }
        com.bytefreezer.connector.explore.Dataset opened;
        try (Watchdog.Running running = watchdog.look(null)) {
            opened = datasets.open(tenant, dataset, running::check);
        }
        String folder = opened.folders().iterator().next();
        String path = Range.newest(opened.objects())
                .map(newest -> newest.of(opened.objects()))
                .flatMap(objects -> objects.stream()
                        .filter(object -> object.partitionTime().isPresent())
                        .findFirst())
                .map(LakeObject::url)
                .map(url -> url.substring(0, url.lastIndexOf('/') + 1) + "*.parquet")
                .orElse(folder + "**/*.parquet");
        return Map.of("parquet_path", path);
    }

    private Map<String, Object> answer(List<Entry> entries, List<String> notes, String lookedAt) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("datasets", entries);
        answer.put("dashboard_url", settings.optional("control.url").orElse("").replace("://api.", "://"));
        answer.put("notes", notes);
        if (entries.isEmpty()) {
            answer.put("tried", List.of(lookedAt));
        }
        return answer;
    }
}
