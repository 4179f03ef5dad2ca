package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.query.SharedReading;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the lanes of one export read together, as long as it has several. Safe for use by several threads. */
final class Readings {
    private final Map<String, Of> exports = new ConcurrentHashMap<>();

    /** Of one export. */
    private static final class Of {
        private final AtomicInteger lanes = new AtomicInteger(1);
        private final SharedReading reading = new SharedReading(lanes::get);
    }

    /** The export has one lane more. */
    void added(String export) {
        exports.merge(export, new Of(), (known, one) -> {
            known.lanes.incrementAndGet();
            return known;
        });
    }

    /** The export has one lane less. */
    void removed(String export) {
        exports.computeIfPresent(export, (name, known) -> known.lanes.decrementAndGet() == 0 ? null : known);
    }

    /** Empty when there is only one lane. */
    Optional<SharedReading> of(String export) {
        return Optional.ofNullable(exports.get(export))
                .filter(known -> known.lanes.get() > 1)
                .map(known -> known.reading);
    }
}
