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
 * Those of some objects that a lane is still to deliver, in their order; looked up while they are asked for, some at a
 * time. For one thread at a time.
 *
 * <p>What the lane does not know is new, however old it is. Only until the lane has listed its dataset once, what lies
 * before its start is left out, and known from then on.
 */
public final class NewObjects implements Iterator<LakeObject> {
    /** How many objects are looked up at once. */
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
     * @param learn takes objects that are known from now on, by what they are now
     * @param start what was last modified before is left out; {@link Instant#MIN}: nothing is
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

    /** How many were left out so far because they lie before the start of the lane. */
    public long beforeStart() {
        return beforeStart;
    }

    /** How many have the name of a known object, but not its bytes. */
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

    /** Of a slice it says whether the slice is delivered, or its whole object. */
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
