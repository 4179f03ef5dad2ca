package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.KnownObjects.Match;
import com.bytefreezer.connector.lake.LakeObject;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Those of some objects that a lane still has to deliver, in the same order; looked up lazily, some at a time. For one
 * thread at a time.
 *
 * <p>An object that the lane does not know is new, however old it is. Only until the lane has listed its dataset once,
 * it leaves out objects older than its start and adds them to the known ones.
 */
public final class NewObjects implements Iterator<LakeObject> {
    /** The number of objects in one look-up. */
    static final int MANY = 256;

    private final Lane lane;
    private final Database database;
    private final Consumer<List<LakeObject>> learn;
    private final Instant start;
    private final Iterator<LakeObject> objects;
    private final Deque<LakeObject> found = new ArrayDeque<>();
    private long beforeStart;
    private long replaced;
    private @Nullable LakeObject replacedExample;

    /**
     * @param learn receives objects that are known from now on
     * @param start objects last modified before this are left out; {@link Instant#MIN}: none
     */
    NewObjects(
            Lane lane,
            Database database,
            Consumer<List<LakeObject>> learn,
            Instant start,
            Iterator<LakeObject> objects) {
        this.lane = lane;
        this.database = database;
        this.learn = learn;
        this.start = start;
        this.objects = objects;
    }

    @Override
    public boolean hasNext() {
        while (found.isEmpty() && objects.hasNext()) {
            List<LakeObject> some = new ArrayList<>();
            while (some.size() < MANY && objects.hasNext()) {
                some.add(objects.next());
            }
            find(some);
        }
        return !found.isEmpty();
    }

    @Override
    public LakeObject next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return found.remove();
    }

    /** The number left out so far because they are older than the lane's start. */
    public long beforeStart() {
        return beforeStart;
    }

    /** The number with the name of a known object and other bytes. */
    public long replaced() {
        return replaced;
    }

    /** One of them. */
    public Optional<LakeObject> replacedExample() {
        return Optional.ofNullable(replacedExample);
    }

    private void find(List<LakeObject> some) {
        List<LakeObject> learned = new ArrayList<>();
        Map<LakeObject, Match> matches = database.reading(sql -> {
            learned.clear();
            Optional<Integer> number = LaneTable.findNumber(sql, lane);
            return number.isEmpty() ? Map.of() : match(sql, lane, number.get(), some, learned);
        });
        for (LakeObject object : some) {
            Match match = matches.getOrDefault(object, Match.NEW);
            if (match == Match.KNOWN) {
                continue;
            }
            if (object.lastModified().isBefore(start)) {
                beforeStart++;
                learned.add(object);
                continue;
            }
            if (match == Match.REPLACED) {
                replaced++;
                replacedExample = replacedExample == null ? object : replacedExample;
            }
            found.add(object);
        }
        if (!learned.isEmpty()) {
            learn.accept(learned);
        }
    }

    /** For a slice it tells whether the slice, or its whole object, is delivered. */
    static Map<LakeObject, Match> match(Sql sql, Lane lane, int number, List<LakeObject> some, List<LakeObject> learn)
            throws SQLException {
        Map<LakeObject, Match> wholes = KnownObjects.match(
                sql, number, some.stream().map(LakeObject::whole).toList(), learn);
        List<LakeObject> unknown = some.stream()
                .filter(object -> wholes.get(object.whole()) != Match.KNOWN)
                .toList();
        Set<LakeObject> complete = DeliveredObjects.complete(sql, lane, unknown);
        Map<LakeObject, Match> matches = new HashMap<>();
        for (LakeObject object : some) {
            boolean delivered = complete.contains(object) || complete.contains(object.whole());
            matches.put(object, delivered ? Match.KNOWN : wholes.getOrDefault(object.whole(), Match.NEW));
        }
        return matches;
    }
}
