package com.bytefreezer.connector.query;

import java.sql.SQLException;
import java.time.Duration;

/** DuckDB has worked on a statement for as long as it may, and got no further. It may go on in vain, in a thread of its own. */
public final class NoProgressException extends SQLException {
    private static final long serialVersionUID = 1L;

    NoProgressException(Duration patience) {
        super("DuckDB has made no progress in %d s of work (duckdb.no-progress-seconds)"
                .formatted(patience.toSeconds()));
    }
}
