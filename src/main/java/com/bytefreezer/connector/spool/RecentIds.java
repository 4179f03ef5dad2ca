package com.bytefreezer.connector.spool;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The ids of the arrivals of the last hour, and of those the newest 100,000. For one thread at a time. */
final class RecentIds {
    static final Duration KEPT = Duration.ofHours(1);

    private static final int MOST = 100_000;

    /** In the order of arrival. */
    private final Map<String, Long> times = new LinkedHashMap<>();

    void add(Journal journal, long now) {
        for (Journal.Line line : journal.lines()) {
            add(line.id(), line.at());
        }
        forget(now);
    }

    void add(String id, long at) {
        if (!id.isEmpty()) {
            times.remove(id);
            times.put(id, at);
        }
    }

    boolean has(String id, long now) {
        forget(now);
        return !id.isEmpty() && times.containsKey(id);
    }

    private void forget(long now) {
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
