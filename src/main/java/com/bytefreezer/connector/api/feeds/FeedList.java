package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedSource;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.NewestEvents;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * What feeds do, and what has become of the events that they have brought, whichever process has the spool. Safe for use
 * by several threads.
 */
public final class FeedList {
    /** Of datasets: those with the newest events. */
    private static final int MOST = 1000;

    private static final int MOST_PACKS = 200;
    private static final int MOST_EVENTS = 200;

    private final Settings settings;
    private final FeedsHere here;
    private final Secrets secrets;
    private final Path spool;

    public FeedList(Settings settings, FeedsHere here, Secrets secrets) {
        this.settings = settings;
        this.here = here;
        this.secrets = secrets;
        spool = Path.of(settings.text("spool.folder"));
    }

    /**
     * An answer.
     *
     * @param feeds the datasets that have had events here, those with the newest first
     * @param files the feeds that the files in {@code routes/feeds} describe
     * @param here whether feeds run in this process
     * @param sources the datasets that objects of the source bucket fill
     * @param sourceProblem why the source bucket, or the record of it, could not be read
     */
    public record All(
            List<FilledDataset> feeds,
            List<FeedState> files,
            boolean here,
            List<SourceList.Filled> sources,
            @JsonProperty("source_problem") @Nullable String sourceProblem) {
        /** Nothing. */
        public static final All NONE = new All(List.of(), List.of(), false, List.of(), null);

        /** Whether a feed or a pack fails, or a person must correct a file. */
        @JsonIgnore
        public boolean isFailing() {
            return sourceProblem != null
                    || feeds.stream().anyMatch(one -> one.problem() != null)
                    || sources.stream().anyMatch(one -> one.problem() != null)
                    || files.stream()
                            .anyMatch(one ->
                                    one.state() == FeedState.State.FAILING || one.state() == FeedState.State.WRONG);
        }
    }

    /** A pack of a dataset. */
    public record PackRun(
            @JsonProperty("tenant_id") String tenant,
            @JsonProperty("dataset_id") String dataset,
            @JsonUnwrapped PackHistory.Pack pack) {}

    /**
     * What has become of the events of each dataset.
     *
     * @throws ConnectorException if the spool cannot be read
     */
    public static List<DatasetState> datasets(Settings settings) {
        Path spool = Path.of(settings.text("spool.folder"));
        try {
            return DatasetState.in(spool);
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(spool, e);
        }
    }

    private static ConnectorException unreadable(Path spool, Exception e) {
        return new ConnectorException(
                "spool %s: it cannot be read (%s).".formatted(spool, Failures.describe(e)),
                "Its datasets are not shown.",
                "Check spool.folder.",
                e);
    }

    private List<DatasetState> newest() {
        return here.states().orElseGet(() -> datasets(settings)).stream()
                .sorted(Comparator.comparing(
                                (DatasetState one) -> one.lastEvent() == null ? "" : one.lastEvent(),
                                Comparator.reverseOrder())
                        .thenComparing(DatasetState::tenant)
                        .thenComparing(DatasetState::dataset))
                .limit(MOST)
                .toList();
    }

    /** The feeds of this process, or else of the one that has the spool. */
    private FeedsHere known() {
        return here.states().isPresent() || !here.refused().isEmpty() ? here : FeedsElsewhere.in(spool);
    }

    /** Feeds and datasets. */
    public All all() {
        FeedsHere known = known();
        Map<String, FeedsHere.Open> open = known.open();
        List<FeedSource> sources = settings.feedSources();
        List<FeedState> files = new ArrayList<>();
        sources.forEach(source -> files.add(FeedState.of(source, known, secrets)));
        Set<String> names = sources.stream().map(one -> one.parameter("name")).collect(Collectors.toSet());
        open.forEach((name, feed) -> {
            if (!names.contains(name)) {
                files.add(FeedState.gone(feed, secrets));
            }
        });
        List<SourceList.Filled> filled = List.of();
        Optional<String> problem = known.sources().flatMap(FeedsHere.Sources::trouble);
        try {
            filled = SourceList.all(settings, known);
        } catch (ConnectorException | IOException e) {
            problem = Optional.of(Failures.describe(e));
        }
        return new All(
                newest().stream()
                        .map(state -> FilledDataset.of(state, packs(state)))
                        .toList(),
                files,
                here.states().isPresent(),
                filled,
                problem.map(secrets::mask).orElse(null));
    }

    /** The last packs of all datasets, the newest first. */
    public Map<String, List<PackRun>> packs() {
        List<PackRun> all = new ArrayList<>();
        newest().forEach(state ->
                packs(state).packs().forEach(pack -> all.add(new PackRun(state.tenant(), state.dataset(), pack))));
        packsOfSources().forEach((dataset, its) -> its.packs()
                .forEach(pack -> all.add(new PackRun(dataset.tenant(), dataset.dataset(), pack))));
        return Map.of(
                "packs",
                all.stream()
                        .sorted(Comparator.comparing(
                                (PackRun run) -> run.pack().finishedAt(), Comparator.reverseOrder()))
                        .limit(MOST_PACKS)
                        .toList());
    }

    private Map<DatasetName, PackHistory> packsOfSources() {
        try {
            return SourceList.packs(settings, known());
        } catch (IOException e) {
            throw unreadable(spool, e);
        }
    }

    private PackHistory packs(DatasetState state) {
        try {
            return PackHistory.read(Spool.folder(spool, state.tenant(), state.dataset()));
        } catch (IOException e) {
            throw unreadable(spool, e);
        }
    }

    /**
     * The newest events of a dataset that are not packed yet.
     *
     * @param after from an earlier answer; null for the newest ones
     */
    public NewestEvents events(
            @Header("tenant") @Nullable String tenant,
            @Header("dataset") @Nullable String dataset,
            @Header("after") @Nullable String after) {
        ApiException.requireNames(tenant, dataset);
        try {
            Path folder = Spool.folder(spool, String.valueOf(tenant), String.valueOf(dataset));
            return NewestEvents.in(folder, after == null ? "" : after, MOST_EVENTS);
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(spool, e);
        }
    }
}
