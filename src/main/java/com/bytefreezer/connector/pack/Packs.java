package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.receive.Intakes;
import com.bytefreezer.connector.signs.Plight;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.SealedSegment;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs what is due, some datasets at a time. A dataset that cannot be packed is tried again after a pause, which
 * doubles, and does not hold up the others. For one thread at a time, except {@link #stop}.
 */
public final class Packs {
    private static final Logger LOG = LoggerFactory.getLogger(Packs.class);
    /** Bytes of Parquet for one of JSON, before a dataset has an object. */
    private static final double USUAL_RATIO = 0.2;
    /** Of a segment, however well it is compressed. */
    private static final long MOST_SPOOLED = 2_000_000_000;
    /** Each may have an object on the disk. */
    private static final int AT_A_TIME = 4;

    private final Intakes intakes;
    private final Packer packer;
    private final Recipes recipes;
    private final Function<DatasetName, Shelf> shelves;
    private final Due due;
    private final Clock clock;
    private final Map<DatasetName, Dataset> datasets = new HashMap<>();
    private final LakeAway lake = new LakeAway(LOG, "packs");

    /** Why their last pack has failed, also of a former process. */
    private final Map<DatasetName, String> failing = new ConcurrentHashMap<>();

    private volatile boolean stopped;

    /**
     * When a pack is due.
     *
     * @param bytes that an object should have at most
     * @param age of its oldest event
     */
    public record Due(long bytes, Duration age) {}

    /** What is known of a dataset's packs. */
    private static final class Dataset {
        private double ratio = USUAL_RATIO;
        private final Pause pause = new Pause();
        private final Plight plight = new Plight();
    }

    /** @param shelves may throw, if nobody knows the keys of a bucket */
    public Packs(
            Intakes intakes,
            Packer packer,
            Recipes recipes,
            Function<DatasetName, Shelf> shelves,
            Due due,
            Clock clock) {
        this.intakes = intakes;
        this.packer = packer;
        this.recipes = recipes;
        this.shelves = shelves;
        this.due = due;
        this.clock = clock;
        intakes.all().forEach(this::readFailure);
    }

    private void readFailure(Intake intake) {
        try {
            PackHistory.read(intake.spool().folder())
                    .failing()
                    .ifPresent(pack -> failing.put(name(intake.spool()), String.valueOf(pack.message())));
        } catch (IOException e) {
            LOG.debug("{}", intake.spool().folder(), e);
        }
    }

    /** The datasets whose last pack has failed, with why. For any thread. */
    public Map<DatasetName, String> failing() {
        return Map.copyOf(failing);
    }

    /** Packs every dataset that is due. A failure is logged. */
    public void packDue() {
        if (datasets.values().stream().anyMatch(each -> each.pause.lasts()) && recipes.haveChanged()) {
            datasets.values().forEach(each -> each.pause.end());
        }
        packAll(intakes.all().stream().filter(this::isWaiting).toList(), each -> isDue(each.spool(), dataset(each)));
    }

    private boolean isWaiting(Intake intake) {
        DatasetSpool spool = intake.spool();
        Dataset known = dataset(intake);
        return !known.pause.lasts() && (spool.next().isPresent() || isDue(spool, known));
    }

    /** Packs all that has arrived, and says whether it is all in the lake. A failure is logged. */
    public boolean packAll() {
        return packAll(intakes.all(), any -> true);
    }

    /** Several at a time: most of what a small pack takes is waiting for the disk and the lake. */
    private boolean packAll(List<Intake> some, Predicate<Intake> seal) {
        if (some.isEmpty()) {
            return true;
        }
        some.forEach(this::dataset);
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(AT_A_TIME, some.size()));
        try {
            List<Future<Boolean>> all = new ArrayList<>();
            some.forEach(each -> all.add(threads.submit(() -> !stopped && pack(each, dataset(each), seal.test(each)))));
            boolean done = true;
            for (Future<Boolean> each : all) {
                done &= each.get();
            }
            return done;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdown();
            packer.writer().rest();
        }
    }

    /** Begins no further pack. For any thread. */
    public void stop() {
        stopped = true;
    }

    private Dataset dataset(Intake intake) {
        return datasets.computeIfAbsent(name(intake.spool()), name -> new Dataset());
    }

    private static DatasetName name(DatasetSpool spool) {
        return new DatasetName(spool.tenant(), spool.dataset());
    }

    private boolean isDue(DatasetSpool spool, Dataset known) {
        Optional<Instant> since = spool.growingSince();
        if (since.isEmpty()) {
            return false;
        }
        Duration age = Duration.between(since.get(), clock.instant());
        long bytes = spool.growingBytes();
        // After the clock was set back, the events seem to be of the future.
        return age.isNegative()
                || age.compareTo(due.age) >= 0
                || bytes >= MOST_SPOOLED
                || bytes * known.ratio >= due.bytes;
    }

    private boolean pack(Intake intake, Dataset known, boolean seal) {
        DatasetSpool spool = intake.spool();
        Instant started = clock.instant();
        try {
            if (seal) {
                spool.seal();
            }
            for (Optional<SealedSegment> next = spool.next(); !stopped && next.isPresent(); next = spool.next()) {
                String before = spool.shape();
                Optional<Recipe> recipe = recipes.of(name(spool));
                Packer.Packed packed = packer.pack(next.get(), intake, shelves.apply(name(spool)), recipe);
                packed(spool, known, packed);
                lake.works(name(spool));
                known.plight.end();
                failing.remove(name(spool));
                Instant begun = started;
                started = clock.instant();
                Instant now = started;
                remember(spool, folder -> PackHistory.packed(folder, begun, now, packed, before, spool.shape()));
            }
            return true;
        } catch (ConnectorException e) {
            lake.tell(name(spool), known.plight, e);
            failed(spool, started, Failures.describe(e));
        } catch (RuntimeException e) {
            LOG.error("pack of dataset {}: {} Its events stay in the spool.", name(spool), Failures.describe(e), e);
            failed(spool, started, Failures.describe(e));
        }
        known.pause.failed();
        return false;
    }

    private void failed(DatasetSpool spool, Instant started, String message) {
        failing.put(name(spool), message);
        Instant now = clock.instant();
        remember(spool, folder -> PackHistory.failed(folder, started, now, message));
    }

    @FunctionalInterface
    private interface Remembered {
        void in(Path folder) throws IOException;
    }

    /** The pack counts, whether people will see it or not. */
    private static void remember(DatasetSpool spool, Remembered pack) {
        try {
            pack.in(spool.folder());
        } catch (IOException e) {
            LOG.warn(
                    "pack of dataset {}: the list of packs in {} cannot be written ({}). The page does not show this one.",
                    name(spool),
                    spool.folder(),
                    Failures.describe(e));
        }
    }

    /** Warns of columns that the SQL of a pack names but no event has had yet. */
    public static void tellMissing(DatasetName dataset, Set<String> columns) {
        if (!columns.isEmpty()) {
            LOG.warn(
                    "pack of dataset {}: the SQL names {}, which no event has had yet. It is NULL.",
                    dataset,
                    PlainText.line(String.join(", ", columns)));
        }
    }

    private static void packed(DatasetSpool spool, Dataset known, Packer.Packed packed) {
        if (packed.spooled() > 0 && packed.bytes() > 0) {
            known.ratio = (double) packed.bytes() / packed.spooled();
        }
        known.pause.end();
        tellMissing(name(spool), packed.missing());
        LOG.info(
                "pack of dataset {}/{}: {} events{}{}, {} dead letters, {} bytes{}.",
                spool.tenant(),
                spool.dataset(),
                packed.events(),
                packed.rows() == packed.events() ? "" : " in %d rows".formatted(packed.rows()),
                packed.dropped() == 0 ? "" : ", %d dropped".formatted(packed.dropped()),
                packed.deadLetters(),
                packed.bytes(),
                packed.key().map(key -> ", " + key).orElse(""));
    }
}
