package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import java.time.Duration;

/**
 * The range that runs list.
 *
 * @param range of partitions; empty: all
 * @param lookback how long after the watermark an object may still appear in a partition before the connector lists
 *     that partition less often
 */
record Scope(String range, Duration lookback) {
    static Scope of(Settings settings) {
        String range = settings.optional("query.from").orElse("")
                + settings.optional("query.to").map(to -> "/" + to).orElse("");
        return new Scope(range, Duration.ofHours(settings.integer("cursor.lookback-hours")));
    }
}
