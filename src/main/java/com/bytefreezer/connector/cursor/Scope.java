package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import java.time.Duration;

/**
 * What runs list.
 *
 * @param range of partitions; empty: all
 * @param lookback how much later than the watermark's an object may appear before it is looked for less often
 */
record Scope(String range, Duration lookback) {
    static Scope of(Settings settings) {
        String range = settings.optional("query.from").orElse("")
                + settings.optional("query.to").map(to -> "/" + to).orElse("");
        return new Scope(range, Duration.ofHours(settings.integer("cursor.lookback-hours")));
    }
}
