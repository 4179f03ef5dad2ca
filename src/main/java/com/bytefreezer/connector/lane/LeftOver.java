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

/** The units that a run returns to after it has found all its units. Safe for use by several threads. */
final class LeftOver {
    private final List<List<LakeObject>> beside = new ArrayList<>();
    private final Deque<Unit> alone = new ArrayDeque<>();
    private @Nullable Iterator<Unit> putOff;
    private boolean waitingForOthers;

    synchronized boolean isEmpty() {
        return putOff == null && beside.isEmpty() && alone.isEmpty();
    }

    /** Puts the objects of a bundle back, one by one. */
    synchronized void oneByOne(Unit unit) {
        unit.objects().forEach(object -> beside.add(List.of(object)));
    }

    /** Puts a unit back as it is. */
    synchronized void again(Unit unit) {
        beside.add(unit.objects());
    }

    /** Puts a unit back, in case the replica that has claimed it does not deliver it. */
    synchronized void afterOthers(Unit unit) {
        again(unit);
        waitingForOthers = true;
    }

    /** Whether another replica had claimed some of the units a moment ago. */
    synchronized boolean isWaitingForOthers() {
        return waitingForOthers;
    }

    /** Whether there are units that can be delivered beside others. */
    synchronized boolean hasBeside() {
        return !beside.isEmpty();
    }

    /** Takes the units that can be delivered beside others. */
    synchronized List<List<LakeObject>> takeBeside() {
        List<List<LakeObject>> taken = List.copyOf(beside);
        beside.clear();
        waitingForOthers = false;
        return taken;
    }

    /** Puts a unit back, to be delivered alone. */
    synchronized void alone(Unit unit) {
        alone.add(unit);
    }

    /** The next unit to be delivered alone, without taking it. */
    synchronized Unit nextAlone() {
        return alone.element();
    }

    /** Takes the next unit to be delivered alone. */
    synchronized Unit takeAlone() {
        return alone.remove();
    }

    /** Keeps the units not found yet for the next turn. */
    synchronized void putOff(Iterator<Unit> units) {
        putOff = units;
    }

    synchronized boolean hasPutOff() {
        return putOff != null;
    }

    /** Takes the units that were put off. */
    synchronized Iterator<Unit> takePutOff() {
        Iterator<Unit> units = Objects.requireNonNull(putOff);
        putOff = null;
        return units;
    }
}
