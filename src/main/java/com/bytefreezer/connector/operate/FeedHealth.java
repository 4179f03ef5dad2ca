package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.api.feeds.SourceList;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Instance.Condition;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.destination.Notification.Subject;
import com.bytefreezer.connector.metrics.Arrivals;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * What is wrong with the feeds, the spool and the packs of this process, in the words for people, and as the states that
 * the control plane gets. Safe for use by several threads.
 */
public final class FeedHealth implements Arrivals {
    static final String FEED = "feed";
    static final String DATASET = "dataset";
    static final String BUCKET = "bucket";
    static final String SPOOL = "spool";
    static final String FAILING = "failing";
    static final String NEARLY_FULL = "nearly-full";
    private static final int NEARLY = 80;
    private static final int ALL = 100;
    /** Of what is wrong, one by one. */
    static final int MOST_TOLD = 10;

    private final Settings settings;
    private final FeedsHere here;
    private final Path spool;
    /** By the files of their histories. */
    private final Map<Path, Seen> packs = new ConcurrentHashMap<>();

    /** What the history of a dataset's packs said at that time: why the last one has failed, and how many columns have become wider. */
    private record Seen(FileTime time, long size, Optional<String> problem, long widened) {
        private static final Seen NOTHING = new Seen(FileTime.fromMillis(0), 0, Optional.empty(), 0);
    }

    /**
     * Something that is wrong now.
     *
     * @param words after the subject, without a full stop
     * @param dataset that cannot be packed; otherwise empty
     */
    public record Finding(Subject subject, String condition, String words, Optional<DatasetName> dataset) {
        private Finding(Subject subject, String condition, String words) {
            this(subject, condition, words, Optional.empty());
        }

        @Override
        public String toString() {
            return "%s %s".formatted(subject, words);
        }
    }

    public FeedHealth(Settings settings, FeedsHere here) {
        this.settings = settings;
        this.here = here;
        spool = Path.of(settings.text("spool.folder"));
    }

    /** The feeds of this process. */
    FeedsHere here() {
        return here;
    }

    /** All that is wrong. */
    public List<Finding> findings() {
        List<Finding> all = new ArrayList<>(ofFeeds());
        all.addAll(ofPacks());
        return all;
    }

    /** What keeps events from arriving. */
    private List<Finding> ofFeeds() {
        List<Finding> all = new ArrayList<>();
        new TreeMap<>(here.open()).forEach((name, feed) -> feed.trouble()
                .ifPresent(why -> all.add(new Finding(Subject.of(FEED, name), FAILING, "fails: " + why))));
        here.fill()
                .filter(fill -> percent(fill) >= NEARLY)
                .ifPresent(fill -> all.add(new Finding(
                        Subject.of(SPOOL, spool.toString()),
                        NEARLY_FULL,
                        "is %d %% full; once it is full, senders are refused".formatted(percent(fill)))));
        return all;
    }

    /** What keeps them from the lake. */
    private List<Finding> ofPacks() {
        List<Finding> all = new ArrayList<>();
        here.sources()
                .flatMap(FeedsHere.Sources::trouble)
                .ifPresent(why -> all.add(new Finding(
                        Subject.of(BUCKET, settings.text("s3source.bucket")), FAILING, "cannot be read: " + why)));
        Map<DatasetName, String> failing = new TreeMap<>(DatasetName.ORDER);
        failing.putAll(here.failing());
        failing.forEach((dataset, why) -> all.add(cannotPack(dataset, PlainText.withoutStop(why))));
        sources().forEach(total -> problem(SourceList.history(spool), total.dataset())
                .ifPresent(why -> all.add(cannotPack(total.dataset(), why))));
        return all;
    }

    private static Finding cannotPack(DatasetName dataset, String why) {
        String own = "pack of dataset %s: ".formatted(dataset);
        return new Finding(
                Subject.of(DATASET, dataset.toString()),
                FAILING,
                "cannot be packed: " + (why.startsWith(own) ? why.substring(own.length()) : why),
                Optional.of(dataset));
    }

    private static DatasetName name(DatasetState state) {
        return new DatasetName(state.tenant(), state.dataset());
    }

    /** How full the spool is, or its disk beyond what stays free for packs. */
    static int percent(Spool.Fill fill) {
        long ofSpool = ALL * fill.used() / Math.max(1, fill.most());
        // Of the last gigabytes of the disk, so that a large one does not count as full too early.
        long room = fill.free() - fill.kept();
        long ofDisk =
                fill.kept() == 0 || room >= fill.kept() ? 0 : ALL - (ALL - NEARLY) * Math.max(0, room) / fill.kept();
        return (int) Math.min(ALL, Math.max(ofSpool, ofDisk));
    }

    private Optional<String> problem(Path folder, DatasetName dataset) {
        try {
            return seen(folder, dataset).problem();
        } catch (IOException e) {
            return Optional.of("its history cannot be read (%s)".formatted(Failures.describe(e)));
        }
    }

    private long widened(Path folder, DatasetName dataset) {
        try {
            return seen(folder, dataset).widened();
        } catch (IOException e) {
            // That is told as a problem.
            return 0;
        }
    }

    private Seen seen(Path folder, DatasetName dataset) throws IOException {
        Path own = Spool.folder(folder, dataset.tenant(), dataset.dataset());
        Path file = PackHistory.file(own);
        BasicFileAttributes now;
        try {
            // One look for all of it: there may be thousands of datasets.
            now = Files.readAttributes(file, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return Seen.NOTHING;
        }
        Seen known = packs.get(file);
        if (known == null || !known.time().equals(now.lastModifiedTime()) || known.size() != now.size()) {
            PackHistory history = PackHistory.read(own);
            known = new Seen(
                    now.lastModifiedTime(),
                    now.size(),
                    history.failing().map(pack -> PlainText.withoutStop(String.valueOf(pack.message()))),
                    history.columnsWidened());
            packs.put(file, known);
        }
        return known;
    }

    @Override
    public Map<DatasetName, Long> widened() {
        Map<DatasetName, Long> all = new HashMap<>();
        datasets().forEach(state -> all.put(name(state), widened(spool, name(state))));
        sources()
                .forEach(total ->
                        all.merge(total.dataset(), widened(SourceList.history(spool), total.dataset()), Long::sum));
        return all;
    }

    /** Dead letters of each dataset so far. */
    Map<DatasetName, Long> deadLetters() {
        Map<DatasetName, Long> all =
                datasets().stream().collect(Collectors.toMap(FeedHealth::name, DatasetState::deadLetters));
        sources().forEach(total -> all.merge(total.dataset(), total.deadLetters(), Long::sum));
        return all;
    }

    @Override
    public Map<String, Boolean> feeds() {
        return here.open().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, each -> each.getValue().trouble().isEmpty()));
    }

    @Override
    public List<DatasetState> datasets() {
        return here.states().orElse(List.of());
    }

    @Override
    public Set<DatasetName> failingPacks() {
        return ofPacks().stream().flatMap(finding -> finding.dataset().stream()).collect(Collectors.toSet());
    }

    @Override
    public Optional<Double> spoolFull() {
        return here.fill().map(fill -> (double) percent(fill) / ALL);
    }

    @Override
    public List<SourceTotal> sources() {
        return here.sources().isPresent() ? SourceList.totals(settings) : List.of();
    }

    /** Why this process receives nothing, in one line; empty if a feed works or there is none. */
    public Optional<String> whyNotReady() {
        Map<String, FeedsHere.Open> open = here.open();
        return !open.isEmpty()
                        && open.values().stream()
                                .allMatch(feed -> feed.trouble().isPresent())
                ? Optional.of("no feed works; see the log or /api/v1/feeds")
                : Optional.empty();
    }

    /** The parts of the platform that this process stands for, with their states: {@code receiver}, {@code packer}. */
    public Map<String, Condition> roles() {
        Map<String, Condition> roles = new LinkedHashMap<>();
        List<DatasetState> states = datasets();
        receiver(states).ifPresent(condition -> roles.put("receiver", condition));
        packer(states).ifPresent(condition -> roles.put("packer", condition));
        return roles;
    }

    /** Empty without a feed. */
    private Optional<Condition> receiver(List<DatasetState> states) {
        Map<String, FeedsHere.Open> open = here.open();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Object> counters = new LinkedHashMap<>();
        counters.put("feeds", open.size());
        counters.put(
                "feeds_failing",
                open.values().stream()
                        .filter(feed -> feed.trouble().isPresent())
                        .count());
        counters.put(
                "events_received",
                states.stream().mapToLong(DatasetState::received).sum());
        counters.put(
                "events_spooled",
                states.stream().mapToLong(DatasetState::spooled).sum());
        counters.put(
                "spool_bytes",
                states.stream().mapToLong(DatasetState::spoolBytes).sum());
        return Optional.of(condition(ofFeeds(), counters));
    }

    /** Empty if this process packs nothing. */
    private Optional<Condition> packer(List<DatasetState> states) {
        if (here.states().isEmpty()) {
            return Optional.empty();
        }
        List<Finding> findings = ofPacks();
        Map<String, Object> counters = new LinkedHashMap<>();
        counters.put("datasets", states.size());
        counters.put(
                "packs_failing",
                findings.stream().filter(one -> one.dataset().isPresent()).count());
        counters.put(
                "events_packed", states.stream().mapToLong(DatasetState::packed).sum());
        counters.put(
                "events_dropped",
                states.stream().mapToLong(DatasetState::dropped).sum());
        counters.put(
                "events_dead_lettered",
                states.stream().mapToLong(DatasetState::deadLetters).sum());
        here.sources().ifPresent(its -> {
            counters.put(
                    "source_objects_waiting",
                    its.waiting().values().stream()
                            .mapToLong(FeedsHere.Waiting::objects)
                            .sum());
            List<SourceTotal> totals = sources();
            counters.put(
                    "source_events_packed",
                    totals.stream().mapToLong(SourceTotal::events).sum());
            counters.put(
                    "source_events_dropped",
                    totals.stream().mapToLong(SourceTotal::dropped).sum());
        });
        return Optional.of(condition(findings, counters));
    }

    private static Condition condition(List<Finding> findings, Map<String, Object> counters) {
        String more = findings.size() > MOST_TOLD ? "; and %,d more".formatted(findings.size() - MOST_TOLD) : "";
        return new Condition(
                findings.stream().limit(MOST_TOLD).map(Finding::toString).collect(Collectors.joining("; ", "", more)),
                counters);
    }
}
