package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a run comes back to once it has found all its units. Safe for use by several threads. */
final class LeftOver {
    private final List<List<LakeObject>> beside = new ArrayList<>();
    private final Deque<Unit> alone = new ArrayDeque<>();
    private @Nullable Iterator<Unit> putOff;
    private boolean waitingForOthers;

    synchronized boolean isEmpty() {
        return putOff == null && beside.isEmpty() && alone.isEmpty();
    }

    /** The objects of a bundle come again one by one. */
    synchronized void oneByOne(Unit unit) {
        unit.objects().forEach(object -> beside.add(List.of(object)));
    }

    /** A unit comes again as it is. */
    synchronized void again(Unit unit) {
        beside.add(unit.objects());
    }

    /** A unit comes again unless the replica that has claimed it delivers it. */
    synchronized void afterOthers(Unit unit) {
        again(unit);
        waitingForOthers = true;
    }

    /** Whether another replica had claimed some of it a moment ago. */
    synchronized boolean isWaitingForOthers() {
        return waitingForOthers;
    }

    /** Whether some of it can be worked on beside other units. */
    synchronized boolean hasBeside() {
        return !beside.isEmpty();
    }

    /** Takes what can be worked on beside other units. */
    synchronized List<List<LakeObject>> takeBeside() {
        List<List<LakeObject>> taken = List.copyOf(beside);
        beside.clear();
        waitingForOthers = false;
        return taken;
    }

    /** A unit comes when no other one is under way. */
    synchronized void alone(Unit unit) {
        alone.add(unit);
    }

    /** The next unit that needs to be alone, which stays. */
    synchronized Unit nextAlone() {
        return alone.element();
    }

    /** Takes the next unit that needs to be alone. */
    synchronized Unit takeAlone() {
        return alone.remove();
    }

    /** The units that are not found yet wait for the next turn. */
    synchronized void putOff(Iterator<Unit> units) {
        putOff = units;
    }

    synchronized boolean hasPutOff() {
        return putOff != null;
    }

    /** Takes what was put off. */
    synchronized Iterator<Unit> takePutOff() {
        Iterator<Unit> units = Objects.requireNonNull(putOff);
        putOff = null;
        return units;
    }
}
