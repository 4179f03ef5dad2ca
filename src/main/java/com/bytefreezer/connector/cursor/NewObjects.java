package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.KnownObjects.Match;
import com.bytefreezer.connector.lake.LakeObject;
import java.sql.Connection;
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

    /** Finds out more about objects, and may note something, in the cursor's store. */
    interface Lookup {
        /** The number of the lane, if it has begun. */
        Optional<Integer> lane(Connection connection) throws SQLException;

        <T> T read(Store.Work<T> work);

        /** These are known from now on, by what they are now. */
        void learn(List<LakeObject> objects);
    }

    private final String lane;
    private final Lookup lookup;
    private final Instant start;
    private final Iterator<LakeObject> objects;
    private final Deque<LakeObject> found = new ArrayDeque<>();
    private long beforeStart;
    private long replaced;
    private @Nullable LakeObject replacedExample;

    /** @param start what was last modified before is left out; {@link Instant#MIN}: nothing is */
    NewObjects(String lane, Lookup lookup, Instant start, Iterator<LakeObject> objects) {
        this.lane = lane;
        this.lookup = lookup;
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
        List<LakeObject> learn = new ArrayList<>();
        Map<LakeObject, Match> matches = lookup.read(connection -> {
            learn.clear();
            return look(connection, some, learn);
        });
        for (LakeObject object : some) {
            Match match = matches.getOrDefault(object, Match.NEW);
            if (match == Match.KNOWN) {
                continue;
            }
            if (object.lastModified().isBefore(start)) {
                beforeStart++;
                learn.add(object);
                continue;
            }
            if (match == Match.REPLACED) {
                replaced++;
                replacedExample = replacedExample == null ? object : replacedExample;
            }
            found.add(object);
        }
        if (!learn.isEmpty()) {
            lookup.learn(learn);
        }
    }

    private Map<LakeObject, Match> look(Connection connection, List<LakeObject> some, List<LakeObject> learn)
            throws SQLException {
        Optional<Integer> number = lookup.lane(connection);
        if (number.isEmpty()) {
            return Map.of();
        }
        return match(connection, lane, number.get(), some, learn);
    }

    /** Of a slice it says whether the slice is delivered, or its whole object. */
    static Map<LakeObject, Match> match(
            Connection connection, String lane, int number, List<LakeObject> some, List<LakeObject> learn)
            throws SQLException {
        Map<LakeObject, Match> wholes = KnownObjects.match(
                connection, number, some.stream().map(LakeObject::whole).toList(), learn);
        List<LakeObject> unknown = some.stream()
                .filter(object -> wholes.get(object.whole()) != Match.KNOWN)
                .toList();
        Set<LakeObject> complete = DeliveredObjects.complete(connection, lane, unknown);
        Map<LakeObject, Match> matches = new HashMap<>();
        for (LakeObject object : some) {
            boolean delivered = complete.contains(object) || complete.contains(object.whole());
            matches.put(object, delivered ? Match.KNOWN : wholes.getOrDefault(object.whole(), Match.NEW));
        }
        return matches;
    }
}
