package com.bytefreezer.connector.spool;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The ids of the arrivals of the last hour, and of those the newest 100,000; and as many of former processes for an hour
 * after the start, because what a process has not acknowledged comes again then, among much that is new. For one thread at a
 * time.
 */
final class RecentIds {
    static final Duration KEPT = Duration.ofHours(1);

    private static final int MOST = 100_000;

    /** In the order of arrival. */
    private final Map<String, Long> times = new LinkedHashMap<>();

    private Set<String> former = Set.of();
    private long begun;

    /** Those of a former process; in the order of the journals. */
    void add(Journal journal) {
        for (Journal.Line line : journal.lines()) {
            add(line.id(), line.at());
        }
        forget(journal.last().at());
    }

    /** All of former processes are there. */
    void begin(long now) {
        former = Set.copyOf(times.keySet());
        times.clear();
        begun = now;
    }

    void add(String id, long at) {
        if (!id.isEmpty()) {
            times.remove(id);
            times.put(id, at);
        }
    }

    boolean has(String id, long now) {
        forget(now);
        return !id.isEmpty() && (times.containsKey(id) || former.contains(id));
    }

    private void forget(long now) {
        if (!isRecent(begun, now)) {
            former = Set.of();
        }
        for (Iterator<Long> oldest = times.values().iterator(); oldest.hasNext(); oldest.remove()) {
            long at = oldest.next();
            if (times.size() <= MOST && isRecent(at, now)) {
                return;
            }
        }
    }

    static boolean isRecent(long at, long now) {
        return now - at < KEPT.toMillis();
    }
}
