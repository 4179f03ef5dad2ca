package com.bytefreezer.connector.query;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes events as they are into Parquet objects. Small objects that follow each other share a DuckDB until {@link
 * #rest}, because to open one costs ten times what they cost. Safe for use by several threads, one after the other.
 */
public final class ObjectWriter {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectWriter.class);
    /** Larger ones have a DuckDB of their own, whose memory ends with it. */
    private static final long SMALL = 8_000_000;

    private final long memory;
    private final int threads;
    private final Path temporary;
    private @Nullable Connection shared;

    /**
     * A writer, which has nothing open yet.
     *
     * @param memory that DuckDB may use, in bytes
     * @param temporary folder for what does not fit
     */
    public ObjectWriter(long memory, int threads, Path temporary) {
        this.memory = memory;
        this.threads = threads;
        this.temporary = temporary;
    }

    /**
     * Writes an object, and returns how many events it has.
     *
     * @param bytes of the events
     */
    public synchronized long write(EventFile events, long bytes, Path object, ObjectWidth width, String compression)
            throws SQLException {
        String copy = "COPY (FROM %s) TO %s (%s)"
                .formatted(events.table(), DuckDb.literal(object.toString()), width.copyOptions(compression));
        if (bytes > SMALL) {
            try (Connection own = open(width.threads(threads))) {
                return write(own, copy);
            }
        }
        Connection known = shared;
        if (known == null) {
            known = open(1);
            shared = known;
        }
        try {
            return write(known, copy);
        } catch (SQLException e) {
            // It may be of no further use.
            rest();
            throw e;
        }
    }

    /** Keeps nothing open. */
    public synchronized void rest() {
        Connection end = shared;
        shared = null;
        if (end != null) {
            try {
                end.close();
            } catch (SQLException e) {
                LOG.debug("DuckDB", e);
            }
        }
    }

    private Connection open(int most) throws SQLException {
        Connection connection = DuckDb.bare();
        try {
            DuckDb.execute(connection, "SET memory_limit='%dB'".formatted(memory));
            DuckDb.execute(connection, "SET threads=%d".formatted(most));
            DuckDb.execute(connection, "SET temp_directory=" + DuckDb.literal(temporary.toString()));
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static long write(Connection connection, String copy) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeLargeUpdate(copy);
        }
    }
}
