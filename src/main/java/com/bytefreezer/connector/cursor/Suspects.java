package com.bytefreezer.connector.cursor;

import java.util.List;
import java.util.Map;

/**
 * What of a lane was begun by processes that died, again and again, and so may be what they died of. A suspect is to be
 * delivered while nothing else is: when the process dies of that, too, it is set aside.
 */
public final class Suspects {
    /** So often in a row it was begun, and neither ended nor got any further. */
    static final int SUSPECT = 2;

    static final int SET_ASIDE = 3;

    /** Of a row: what tells one content from another, and how often it was begun. */
    record Begun(String content, int times) {}

    private final Map<String, Begun> begun;

    Suspects(Map<String, Begun> begun) {
        this.begun = Map.copyOf(begun);
    }

    public boolean isEmpty() {
        return begun.isEmpty();
    }

    /** Whether nothing else is to be delivered at the same time. */
    public boolean isSuspect(Delivered unit) {
        return times(unit) >= SUSPECT;
    }

    /** Whether it is not delivered any more. */
    public boolean isSetAside(Delivered unit) {
        return times(unit) >= SET_ASIDE;
    }

    /** The keys of what is set aside while this is the query; {@code *} stands for the whole dataset. */
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
