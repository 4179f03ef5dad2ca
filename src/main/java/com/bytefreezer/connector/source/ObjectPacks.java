package com.bytefreezer.connector.source;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.cursor.PackedSources;
import com.bytefreezer.connector.cursor.PackedSources.Known;
import com.bytefreezer.connector.cursor.PackedSources.Plan;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.lake.SourceBucket.Source;
import com.bytefreezer.connector.pack.LakeAway;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.pack.Pause;
import com.bytefreezer.connector.pack.Recipes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Plight;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs source objects: {@code tenant/dataset/….ndjson}, also with gzip, which another program leaves in a bucket.
 * Several processes may share a bucket. For one thread at a time, except {@link #stop}.
 */
public final class ObjectPacks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectPacks.class);
    /** In memory; the next run lists the others. */
    private static final int MOST_WAITING = 100_000;

    private final PlannedPack.Tools tools;
    private final Recipes recipes;
    private final Function<DatasetName, Shelf> shelves;
    private final Due due;
    private final boolean keep;
    private final Path history;
    private final String place;
    private final Map<DatasetName, Double> ratios = new HashMap<>();
    /** Plans that could not be carried out, by their ids. */
    private final Map<String, Pause> pauses = new HashMap<>();

    private final Map<String, Plight> plights = new HashMap<>();
    private final LakeAway lake = new LakeAway(LOG, "packs of source objects");
    private final Plight unlisted = new Plight();

    private final Pause listing = new Pause();
    private String said = "";
    /** Whether the last listing did not come to its end. */
    private boolean more;

    private volatile boolean stopped;
    private final Map<DatasetName, Backlog> backlog = new ConcurrentHashMap<>();
    private volatile String trouble = "";

    /**
     * The packs of a bucket.
     *
     * @param packed closed with this
     * @param recipes for this alone
     * @param shelves may throw, if nobody knows the keys of a bucket
     * @param keep whether source objects stay after their pack
     * @param scratch a folder for this alone
     * @param history a folder for what people want to know of packs
     * @param mostBytes that may be there
     * @param longestLine in bytes
     */
    public ObjectPacks(
            SourceBucket bucket,
            PackedSources packed,
            Packer packer,
            Recipes recipes,
            Function<DatasetName, Shelf> shelves,
            Packs.Due due,
            boolean keep,
            Path scratch,
            Path history,
            long mostBytes,
            int longestLine) {
        tools = new PlannedPack.Tools(bucket, packed, packer, scratch, mostBytes, longestLine);
        this.recipes = recipes;
        this.shelves = shelves;
        this.due = new Due(due, Clock.systemUTC());
        this.keep = keep;
        this.history = history;
        place = bucket.place();
    }

    /** Packs what is due. A failure is logged. */
    public void packDue() {
        if (!stopped && !listing.lasts()) {
            pack(false);
            tools.packer().writer().rest();
        }
    }

    /** Packs all that is there, and says whether it is all in the lake. A failure is logged. */
    public boolean packAll() {
        boolean done = pack(true);
        while (done && more && !stopped) {
            done = pack(true);
        }
        return done && !stopped;
    }

    /** Begins nothing more; a pack under way is given up, to be made again. For any thread. */
    public void stop() {
        stopped = true;
    }

    private boolean pack(boolean all) {
        try {
            boolean done = packLeft();
            Waiting waiting = list();
            backlog.keySet().retainAll(waiting.byDataset.keySet());
            waiting.byDataset.forEach((dataset, sources) -> backlog.put(dataset, Backlog.of(sources)));
            for (Map.Entry<DatasetName, List<Source>> each : waiting.byDataset.entrySet()) {
                DatasetName dataset = each.getKey();
                long partBytes = due.partBytes(ratios.getOrDefault(dataset, 0.0));
                int planned = 0;
                for (List<Source> some : due.packs(each.getValue(), partBytes, all)) {
                    done &= stopped || plan(dataset, some, partBytes);
                    planned += some.size();
                }
                backlog.put(
                        dataset,
                        Backlog.of(
                                each.getValue().subList(planned, each.getValue().size())));
            }
            listing.end();
            unlisted.end().ifPresent(former -> LOG.info("source {}: it can be listed again.", place));
            trouble = "";
            more = !waiting.isAll;
            return done && waiting.setAside == 0;
        } catch (ConnectorException e) {
            if (unlisted.isNews(String.valueOf(e.getMessage()))) {
                LOG.warn("{}", e.getMessage());
            }
            trouble = Failures.describe(e);
        } catch (RuntimeException e) {
            trouble = Failures.describe(e);
            LOG.error("source {}: {} Its objects stay.", place, Failures.describe(e), e);
        }
        listing.failed();
        return false;
    }

    /** What this process or another one has begun and not ended. */
    private boolean packLeft() {
        if (!pauses.isEmpty() && recipes.haveChanged()) {
            pauses.values().forEach(Pause::end);
        }
        boolean done = true;
        List<String> tried = new ArrayList<>(pauses.entrySet().stream()
                .filter(each -> each.getValue().lasts())
                .map(Map.Entry::getKey)
                .toList());
        done &= tried.isEmpty();
        for (Optional<Plan> left = tools.packed().takeOver(place, tried);
                left.isPresent() && !stopped;
                left = tools.packed().takeOver(place, tried)) {
            done &= carryOut(left.get());
            tried.add(left.get().id());
        }
        return done;
    }

    /** What a listing found. */
    private static final class Waiting {
        private final Map<DatasetName, List<Source>> byDataset = new TreeMap<>(DatasetName.ORDER);
        private long count;
        private int setAside;
        private long others;
        private String other = "";
        private String after = "";
        private boolean isAll = true;
    }

    private Waiting list() {
        Waiting waiting = new Waiting();
        long begun = tools.packed().now();
        tools.bucket().list(page -> {
            if (!page.isEmpty()) {
                String last = page.get(page.size() - 1).path();
                Map<Boolean, List<Source>> split =
                        page.stream().collect(Collectors.partitioningBy(each -> SourceName.isOne(each.path())));
                see(waiting, split.getOrDefault(true, List.of()), Optional.of(last), begun);
                for (Source each : split.getOrDefault(false, List.of())) {
                    if (SourceName.isStrange(each.path())) {
                        waiting.other = waiting.others++ == 0 ? each.path() : waiting.other;
                    }
                }
                waiting.after = last;
            }
            waiting.isAll = waiting.count < MOST_WAITING;
            return waiting.isAll && !stopped;
        });
        if (waiting.isAll && !stopped) {
            see(waiting, List.of(), Optional.empty(), begun);
            say(waiting);
        }
        return waiting;
    }

    private void see(Waiting waiting, List<Source> page, Optional<String> last, long begun) {
        Known known = tools.packed().compare(place, waiting.after, last, page, begun);
        for (Source each : known.fresh()) {
            waiting.byDataset
                    .computeIfAbsent(SourceName.dataset(each.path()), dataset -> new ArrayList<>())
                    .add(each);
            waiting.count++;
        }
        waiting.setAside += known.setAside().size();
        if (!keep) {
            delete(known.packed());
        }
    }

    private void say(Waiting waiting) {
        String now = (waiting.others == 0
                        ? ""
                        : " %,d objects are left alone, because they are not named tenant/dataset/….ndjson or ….ndjson.gz (%s)."
                                .formatted(waiting.others, waiting.other))
                + (waiting.setAside == 0
                        ? ""
                        : " %,d objects cannot be unpacked. Replace them or remove them.".formatted(waiting.setAside));
        if (!now.equals(said)) {
            said = now;
            if (!now.isEmpty()) {
                LOG.warn("source {}:{}", place, now);
            }
        }
    }

    private boolean plan(DatasetName dataset, List<Source> sources, long partBytes) {
        return tools.packed()
                .plan(place, dataset, sources, partBytes, ObjectPacks::id)
                .map(this::carryOut)
                // Another replica has them.
                .orElse(true);
    }

    /** From all that the pack consists of. */
    private static String id(List<Source> sources, long made) {
        String all = sources.stream()
                .map(each -> each.path() + "\n" + each.size() + "\n" + each.version() + "\n")
                .collect(Collectors.joining("", made + "\n", ""));
        return HexFormat.of().formatHex(Sha256.of(all));
    }

    private boolean carryOut(Plan plan) {
        PlannedPack pack = new PlannedPack(tools, plan, () -> stopped);
        Instant started = Instant.now();
        try {
            if (pack.make(shelves.apply(plan.dataset()), recipes.of(plan.dataset()))) {
                pauses.remove(plan.id());
                plights.remove(plan.id());
                lake.works(plan.dataset());
                if (pack.ratio() > 0) {
                    ratios.put(plan.dataset(), pack.ratio());
                }
                Packs.tellMissing(plan.dataset(), pack.missing());
                LOG.info("pack of dataset {}: {}.", plan.dataset(), pack.summary());
                remember(plan, folder -> pack.remember(folder, started, Instant.now()));
                if (!keep) {
                    delete(pack.sources());
                }
            }
            return !pack.isPartial();
        } catch (PlannedPack.TooLargeException e) {
            tools.packed().giveUp(plan);
            return plan.sources().stream().allMatch(each -> plan(plan.dataset(), List.of(each), plan.partBytes()));
        } catch (IOException | ConnectorException e) {
            ConnectorException failure = e instanceof ConnectorException known ? known : pack.failure((IOException) e);
            if (!stopped) {
                lake.tell(plan.dataset(), plights.computeIfAbsent(plan.id(), id -> new Plight()), failure);
                remember(plan, folder -> {
                    PrivateFiles.createFolders(folder);
                    PackHistory.failed(folder, started, Instant.now(), String.valueOf(failure.getMessage()));
                });
                pauses.computeIfAbsent(plan.id(), id -> new Pause()).failed();
            }
            tools.packed().release(plan);
            return false;
        }
    }

    private interface Remembered {
        void in(Path folder) throws IOException;
    }

    /** The pack counts, whether people will see it or not. */
    private void remember(Plan plan, Remembered pack) {
        try {
            pack.in(Spool.folder(
                    history, plan.dataset().tenant(), plan.dataset().dataset()));
        } catch (IOException e) {
            LOG.warn(
                    "pack of dataset {}: the list of packs in {} cannot be written ({}). The page does not show this one.",
                    plan.dataset(),
                    history,
                    Failures.describe(e));
        }
    }

    /** What the last listing has found and not packed yet, by dataset. For any thread. */
    public Map<DatasetName, Backlog> waiting() {
        return Map.copyOf(backlog);
    }

    /** Why the last listing has failed. For any thread. */
    public Optional<String> trouble() {
        return Optional.of(trouble).filter(why -> !why.isEmpty());
    }

    /**
     * Source objects that are not packed yet.
     *
     * @param oldest when it was written
     */
    public record Backlog(long objects, long bytes, Instant oldest) {
        private static Backlog of(List<Source> sources) {
            return new Backlog(
                    sources.size(),
                    sources.stream().mapToLong(Source::size).sum(),
                    sources.stream()
                            .map(Source::modified)
                            .min(Instant::compareTo)
                            .orElse(Instant.EPOCH));
        }
    }

    private void delete(List<Source> sources) {
        for (Source each : sources) {
            try {
                tools.bucket().delete(each);
            } catch (IOException e) {
                LOG.warn(
                        "source {}: {} objects are in the lake and cannot be deleted ({}). The next run tries again. To keep them, set s3source.keep-source.",
                        place,
                        sources.size(),
                        Failures.describe(e));
                return;
            }
            tools.packed().forget(place, each);
        }
    }

    @Override
    public void close() {
        stop();
        tools.packed().close();
        ScratchFolder.remove(tools.scratch());
    }
}
