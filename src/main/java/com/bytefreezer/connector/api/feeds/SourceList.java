package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.spool.Spool;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has become of the objects that another program leaves in the source bucket. */
public final class SourceList {
    private static final Logger LOG = LoggerFactory.getLogger(SourceList.class);
    private static final FeedsHere.Sources NONE = new FeedsHere.Sources(Map.of(), Optional.empty());

    private SourceList() {}

    /** Where the packs of this machine are remembered, in the folder of the spool. */
    public static Path history(Path spool) {
        return spool.resolve(".sources");
    }

    /**
     * A dataset that source objects fill.
     *
     * @param objects that are packed, by all machines
     * @param packed events of them
     * @param dropped events that the SQL left out
     * @param deadLetters of them
     * @param waiting objects that are not packed yet, as far as this process knows; null if it packs none
     * @param oldestWaiting when the oldest of those was written; null for none
     * @param planned objects of packs that are under way, or are tried again
     * @param setAside objects that cannot be read
     * @param added columns, by all packs of this machine but the first
     * @param widened columns
     * @param lastPack of this machine that has made an object; null if none is known
     * @param problem why the last pack has failed; null if it has not
     */
    public record Filled(
            @JsonProperty("tenant_id") String tenant,
            @JsonProperty("dataset_id") String dataset,
            @JsonProperty("source_objects") long objects,
            @JsonProperty("packed") long packed,
            @JsonProperty("dropped") long dropped,
            @JsonProperty("dead_letters") long deadLetters,
            @JsonProperty("waiting_objects") @Nullable Long waiting,
            @JsonProperty("waiting_bytes") @Nullable Long waitingBytes,
            @JsonProperty("oldest_waiting_at") @Nullable String oldestWaiting,
            @JsonProperty("planned_objects") long planned,
            @JsonProperty("unreadable_objects") long setAside,
            @JsonProperty("columns_added") long added,
            @JsonProperty("columns_widened") long widened,

            @JsonProperty("last_pack") @JsonInclude(JsonInclude.Include.NON_NULL)
            PackHistory.@Nullable Pack lastPack,

            @JsonProperty("pack_problem") @Nullable String problem) {}

    /** All datasets, in the order of their names; none without a source bucket. */
    public static List<Filled> all(Settings settings, FeedsHere here) throws IOException {
        Map<DatasetName, FeedsHere.Waiting> waiting = waiting(here);
        List<Filled> all = new ArrayList<>();
        for (SourceTotal total : totals(settings, waiting.keySet())) {
            FeedsHere.Waiting its = waiting.get(total.dataset());
            boolean isKnown = here.sources().isPresent();
            PackHistory packs = packs(settings, total.dataset());
            all.add(new Filled(
                    total.dataset().tenant(),
                    total.dataset().dataset(),
                    total.objects(),
                    total.events(),
                    total.dropped(),
                    total.deadLetters(),
                    isKnown ? (its == null ? 0L : its.objects()) : null,
                    isKnown ? (its == null ? 0L : its.bytes()) : null,
                    its == null || its.objects() == 0 ? null : its.oldest().toString(),
                    total.planned(),
                    total.setAside(),
                    packs.columnsAdded(),
                    packs.columnsWidened(),
                    packs.last().orElse(null),
                    packs.failing().map(PackHistory.Pack::message).orElse(null)));
        }
        return all;
    }

    /** The last packs of each dataset on this machine. */
    static Map<DatasetName, PackHistory> packs(Settings settings, FeedsHere here) throws IOException {
        Map<DatasetName, PackHistory> all = new TreeMap<>(DatasetName.ORDER);
        for (SourceTotal total : totals(settings, waiting(here).keySet())) {
            all.put(total.dataset(), packs(settings, total.dataset()));
        }
        return all;
    }

    private static Map<DatasetName, FeedsHere.Waiting> waiting(FeedsHere here) {
        return here.sources().orElse(NONE).waiting();
    }

    /** Also of datasets of which nothing is packed yet; none without a source bucket. */
    private static Collection<SourceTotal> totals(Settings settings, Set<DatasetName> waiting) {
        if (!settings.hasSources()) {
            return List.of();
        }
        Map<DatasetName, SourceTotal> totals = new TreeMap<>(DatasetName.ORDER);
        SourceTotal.all(settings, spool(settings)).forEach(total -> totals.put(total.dataset(), total));
        waiting.forEach(name -> totals.putIfAbsent(name, SourceTotal.none(name)));
        return totals.values();
    }

    private static Path spool(Settings settings) {
        return Path.of(settings.text("spool.folder"));
    }

    /** What all machines have packed; nothing while that cannot be read, which the packs tell. */
    public static List<SourceTotal> totals(Settings settings) {
        try {
            return SourceTotal.all(settings, spool(settings));
        } catch (ConnectorException e) {
            LOG.debug("metrics of source objects", e);
            return List.of();
        }
    }

    private static PackHistory packs(Settings settings, DatasetName dataset) throws IOException {
        return PackHistory.read(Spool.folder(history(spool(settings)), dataset.tenant(), dataset.dataset()));
    }
}
