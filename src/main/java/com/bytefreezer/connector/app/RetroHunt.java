package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.cursor.LaneLookups.Used;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lane.Hunt;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.lookup.LookupVersions;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks in what a lane has delivered for records that new entries of a lookup match, and delivers them: with a cursor of its own,
 * so that runs may go on meanwhile. Until it has come to its end, it is done again from its beginning; what comes twice has the
 * same ids.
 */
final class RetroHunt {
    private static final Logger LOG = LoggerFactory.getLogger(RetroHunt.class);
    /** So much the clocks of the lake and the store may differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private static final int AT_ONCE = 500;
    /** Of one that is delivered in slices it is not known what each was joined with. */
    private static final long MAY_BE_SLICED = 16L * 1024 * 1024;

    private final Settings settings;
    private final Secrets secrets;
    private final LaneLookups lookups;

    /** Runs a lane once in a scratch, as a hunt; whether it has succeeded. */
    interface Runner {
        boolean run(Scratch scratch, Lane lane, Hunt hunt) throws Exception;
    }

    /** @param settings of the exports, with the range to look in */
    RetroHunt(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        lookups = LaneLookups.of(settings);
    }

    /** What lanes use of lookups. */
    List<Used> used() {
        return lookups.all();
    }

    /**
     * Delivers what is new, and notes that it is delivered.
     *
     * @return whether all of it is
     * @throws ConnectorException when it cannot be done now
     */
    boolean hunt(Used used, Runner runner) throws Exception {
        requireCurrent(used);
        Optional<LookupTable> former = LookupVersions.of(settings).find(used.name(), used.base());
        if (former.isEmpty()) {
            LOG.warn(
                    "{}: version {} of lookup {} is not kept here. All its entries count as new; records that come again have the ids that they had.",
                    used.lane(),
                    used.base(),
                    used.name());
        }
        Hunt hunt = new Hunt(used.name(), former, objects -> delivered(used, objects));
        try (Scratch scratch = Scratch.ofExports(settings, secrets)) {
            if (!runner.run(scratch, used.lane(), hunt) && !hunt.isRefused()) {
                return false;
            }
        }
        // For a query that it makes no sense for it is not tried again.
        lookups.hunted(used);
        LookupVersions.of(settings).forgetUnused(used.name(), lookups);
        return !hunt.isRefused();
    }

    /** With another version than the lane's, what a run delivers meanwhile would be joined with neither. */
    void requireCurrent(Used used) {
        String now = Lookups.of(settings).of(Set.of(used.name())).versions().getOrDefault(used.name(), "");
        if (!now.equals(used.version())) {
            throw new ConnectorException(
                    "%s: no run has used lookup %s as it is now.".formatted(used.lane(), used.name()),
                    "Nothing was delivered.",
                    "Let the export run first (--mode batch or watch).",
                    null);
        }
    }

    /** Runs the lane of a hunt in a connector of its own. */
    static boolean alone(Scratch scratch, Secrets secrets, Lane lane, Hunt hunt) throws Exception {
        try (Connector connector = Connector.once(scratch.settings(), secrets, Cursor.open(scratch.settings()))) {
            connector.exports.hunt(lane, hunt);
            Schedule schedule = connector.start(lane::equals);
            schedule.awaitAll();
            return schedule.allSucceeded();
        }
    }

    /** Those that the lane has delivered, before it had the version: others are joined with it by its own runs. */
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
