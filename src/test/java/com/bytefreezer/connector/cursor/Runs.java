package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import java.time.Instant;
import java.util.Map;

/** Runs as a history keeps them. */
public final class Runs {
    private Runs() {}

    /** One that took a millisecond and delivered an object for each record. */
    public static Run succeeded(Lane lane, long startedMs, long records) {
        return new Run(
                lane,
                Instant.ofEpochMilli(startedMs),
                Instant.ofEpochMilli(startedMs + 1),
                State.SUCCEEDED,
                records,
                new Counts(records, records, 0, 0),
                Map.of(),
                true,
                null,
                null,
                Map.of());
    }
}
