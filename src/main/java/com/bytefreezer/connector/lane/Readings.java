package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.query.SharedReading;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The shared readings of exports that have several lanes. Safe for use by several threads. */
final class Readings {
    private final Map<String, Of> exports = new ConcurrentHashMap<>();

    /** The reading of one export. */
    private static final class Of {
        private final AtomicInteger lanes = new AtomicInteger(1);
        private final SharedReading reading = new SharedReading(lanes::get);
    }

    /** Adds a lane to the export. */
    void added(String export) {
        exports.merge(export, new Of(), (known, one) -> {
            known.lanes.incrementAndGet();
            return known;
        });
    }

    /** Removes a lane from the export. */
    void removed(String export) {
        exports.computeIfPresent(export, (name, known) -> known.lanes.decrementAndGet() == 0 ? null : known);
    }

    /** Empty if there is only one lane. */
    Optional<SharedReading> of(String export) {
        return Optional.ofNullable(exports.get(export))
                .filter(known -> known.lanes.get() > 1)
                .map(known -> known.reading);
    }
}
