package com.bytefreezer.connector.cursor;

import java.util.List;
import java.util.Map;

/**
 * Objects of a lane that were in delivery when processes died repeatedly, and may be the cause. A lane delivers a
 * suspect alone; if the process dies during that too, the object is set aside.
 */
public final class Suspects {
    /** The number of starts in a row without progress or an end. */
    static final int SUSPECT = 2;

    static final int SET_ASIDE = 3;

    /** A row: a fingerprint of the content, and the number of starts. */
    record Begun(String content, int times) {}

    private final Map<String, Begun> begun;

    Suspects(Map<String, Begun> begun) {
        this.begun = Map.copyOf(begun);
    }

    public boolean isEmpty() {
        return begun.isEmpty();
    }

    /** Whether it must be delivered alone. */
    public boolean isSuspect(Delivered unit) {
        return times(unit) >= SUSPECT;
    }

    /** Whether it is set aside and no longer delivered. */
    public boolean isSetAside(Delivered unit) {
        return times(unit) >= SET_ASIDE;
    }

    /** The keys of the objects that are set aside for this query; {@code *} stands for the whole dataset. */
    public List<String> setAside(String query) {
        return begun.entrySet().stream()
                .filter(row -> row.getValue().times >= SET_ASIDE)
                .filter(row -> row.getValue().content.startsWith(query))
                .map(row -> row.getKey().isEmpty() ? "*" : row.getKey())
                .sorted()
                .toList();
    }

    private int times(Delivered unit) {
        if (begun.isEmpty()) {
            return 0;
        }
        int most = 0;
        for (Map.Entry<String, String> row : ClaimTable.rows(unit).entrySet()) {
            Begun known = begun.get(row.getKey());
            if (known != null && known.content.equals(row.getValue())) {
                most = Math.max(most, known.times);
            }
        }
        return most;
    }
}
