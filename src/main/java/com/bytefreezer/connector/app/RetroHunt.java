package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.cursor.LaneLookups.Used;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lane.Hunt;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.lookup.LookupVersions;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Searches the delivered objects of a lane for records that match new entries of a lookup, and delivers them. It has its own cursor, so that runs may
 * continue meanwhile. If it breaks off, the next hunt of the same machine continues where it ended.
 */
final class RetroHunt {
    private static final Logger LOG = LoggerFactory.getLogger(RetroHunt.class);
    /** The clocks of the lake and the store may differ by this much. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private static final int AT_ONCE = 500;
    /** For an object delivered in slices, the lookup versions of each slice are unknown. */
    private static final long MAY_BE_SLICED = 16L * 1024 * 1024;

    private final Settings settings;
    private final Secrets secrets;
    private final LaneLookups lookups;
    /** How long a process that dies keeps others from its hunt. */
    private final Duration claimed;

    /**
     * Runs a lane once in a scratch, as a hunt; returns whether it has succeeded. A signal that ends the process closes both the scratch and the claim.
     */
    interface Runner {
        boolean run(Scratch scratch, Hunt hunt) throws Exception;
    }

    /** Keeps others, also on other machines, from the same hunt until it is closed. */
    final class Claim implements AutoCloseable {
        private final Used used;
        private final ScheduledExecutorService renewal = Periodic.thread("retro-hunt-claim");

        private Claim(Used used) {
            this.used = used;
            ScheduledFuture<?> unused =
                    Periodic.each(claimed.dividedBy(3), renewal, "retro-hunt", () -> lookups.extend(used, claimed));
        }

        Used used() {
            return used;
        }

        @Override
        public void close() {
            renewal.shutdownNow();
            lookups.release(used);
        }
    }

    /** @param settings of the exports, with the range to look in */
    RetroHunt(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        lookups = LaneLookups.of(settings);
        claimed = Duration.ofSeconds(settings.integer("cursor.claim-seconds"));
    }

    /** The lookup versions that lanes use. */
    List<Used> used() {
        return lookups.all();
    }

    /** Empty if another process hunts for the same, or has done so. */
    Optional<Claim> claim(Used used) {
        return lookups.claim(used, claimed) ? Optional.of(new Claim(used)) : Optional.empty();
    }

    /** As above, but if the other process does not live any more, this waits until its claim ends. */
    Optional<Claim> claimInTurn(Used used) throws InterruptedException {
        Moment begun = Moment.now();
        Optional<Claim> claim = claim(used);
        if (claim.isEmpty()) {
            LOG.info(
                    "{}: another process hunts for new entries of lookup {}, or was killed. The connector waits up to {} s (cursor.claim-seconds).",
                    used.lane(),
                    used.name(),
                    claimed.toSeconds());
        }
        while (claim.isEmpty()
                && begun.past().compareTo(claimed) <= 0
                && lookups.all().contains(used)) {
            TimeUnit.MILLISECONDS.sleep(500);
            claim = claim(used);
        }
        return claim;
    }

    /**
     * Delivers the new records, and records that they are delivered.
     *
     * @return whether everything is delivered
     * @throws ConnectorException if it is not possible now
     */
    boolean hunt(Claim claim, Runner runner) throws Exception {
        Used used = claim.used();
        requireCurrent(used);
        Optional<LookupTable> former = LookupVersions.of(settings).find(used.name(), used.base());
        if (former.isEmpty()) {
            LOG.warn(
                    "{}: version {} of lookup {} is not kept here. All its entries count as new; repeated records have the same ids.",
                    used.lane(),
                    used.base(),
                    used.name());
        }
        Hunt hunt = new Hunt(used.name(), used.version(), former, objects -> delivered(used, objects));
        Path ofLookup = cursors(used);
        // A checkpoint counts records, and these are others with another version.
        Path cursor = LookupVersions.hunt(ofLookup, former, used.version());
        try (Scratch scratch = Scratch.ofExports(settings, secrets, cursor)) {
            if (!runner.run(scratch, hunt) && !hunt.isRefused()) {
                return false;
            }
        }
        // It is not tried again for a query for which it makes no sense.
        lookups.hunted(used);
        ScratchFolder.remove(ofLookup);
        LookupVersions.of(settings).forgetUnused(used.name(), lookups);
        return !hunt.isRefused();
    }

    /** The folder with the cursors of the hunts for a lookup that are not at their end. */
    private Path cursors(Used used) {
        return settings.lookupHuntsFolder().resolve(FileName.of(used.lane() + " " + used.name()));
    }

    /** With a version other than the lane's, objects that a run delivers meanwhile would be joined with neither. */
    void requireCurrent(Used used) {
        String now = Lookups.of(settings).of(Set.of(used.name())).versions().getOrDefault(used.name(), "");
        if (!now.equals(used.version())) {
            throw new ConnectorException(
                    "%s: no run has used the current version of lookup %s.".formatted(used.lane(), used.name()),
                    "Nothing was delivered.",
                    "Let the export run first (--mode batch or watch).",
                    null);
        }
    }

    /** Runs the lane of a hunt in a separate connector. */
    static boolean alone(Scratch scratch, Secrets secrets, Lane lane, Hunt hunt) throws Exception {
        try (Connector connector = Connector.once(scratch.settings(), secrets, Cursor.open(scratch.settings()))) {
            connector.exports.hunt(lane, hunt);
            Schedule schedule = connector.start(lane::equals);
            schedule.awaitAll();
            return schedule.allSucceeded();
        }
    }

    /** The objects that the lane delivered before it had the version; its own runs join the others with it. */
    private Iterator<LakeObject> delivered(Used used, Iterator<LakeObject> all) {
        CursorView cursor = CursorView.of(settings);
        Optional<Position> position = cursor.position(used.lane());
        if (position.isEmpty()) {
            return Collections.emptyIterator();
        }
        String asNow =
                Unit.joined(cursor.queryId(used.lane()), joinedNow(used.lane()).version());
        return Stream.generate(() -> some(all))
                .takeWhile(some -> !some.isEmpty())
                .map(some -> {
                    Set<LakeObject> left = new HashSet<>();
                    cursor.newOnes(position.get(), used.lane(), some.iterator()).forEachRemaining(left::add);
                    cursor.deliveredWith(used.lane(), asNow, some).stream()
                            .filter(object -> object.size() < MAY_BE_SLICED)
                            .forEach(left::add);
                    return some.stream()
                            .filter(object -> !left.contains(object))
                            .filter(object ->
                                    object.lastModified().isBefore(used.since().plus(CLOCKS_DIFFER)))
                            .toList();
                })
                .flatMap(List::stream)
                .iterator();
    }

    private LookupTables joinedNow(Lane lane) {
        return Lookups.of(settings)
                .of(lookups.all().stream()
                        .filter(each -> each.lane().equals(lane))
                        .map(Used::name)
                        .toList());
    }

    private static List<LakeObject> some(Iterator<LakeObject> all) {
        List<LakeObject> some = new ArrayList<>();
        while (some.size() < AT_ONCE && all.hasNext()) {
            some.add(all.next());
        }
        return some;
    }
}
