package com.bytefreezer.connector.spool;

import java.util.HashMap;
import java.util.Map;

/** How far sources are read. For one thread at a time. */
final class Positions {
    private final Map<String, Long> all = new HashMap<>();

    /** Those of an arrival, which is later than what is known. */
    void add(Map<String, Long> later) {
        later.forEach((source, position) -> {
            if (position == Arrival.FORGOTTEN) {
                all.remove(source);
            } else {
                all.put(source, position);
            }
        });
    }

    void add(Journal journal) {
        journal.lines().forEach(line -> add(line.positions()));
    }

    Map<String, Long> all() {
        return Map.copyOf(all);
    }
}
