package com.bytefreezer.connector.query;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the lanes of an export that are in step read an object once. The first lane that asks for a statement runs it; others can join while its first rows are still kept. The first lane that needs the next block fetches it for all. No lane waits for a slower one: a lane more than {@value #MOST_KEPT_BYTES} bytes behind runs the statement itself and skips the rows that it has. So statements must return the same rows in the same order each time.
 *
 * <p>Safe for use by several threads.
 */
public final class SharedReading implements Blocks.Source {
    static final long MOST_KEPT_BYTES = 8L * 1024 * 1024;

    private final IntSupplier lanes;
    private final Map<String, Shared> byStatement = new ConcurrentHashMap<>();

    /** @param lanes the current number of lanes */
    public SharedReading(IntSupplier lanes) {
        this.lanes = lanes;
    }

    @Override
    public Blocks open(String sql, Blocks.Opener opener) throws SQLException {
        Part part = new Part(sql, opener);
        Shared mine = new Shared(part);
        Shared shared = byStatement.computeIfAbsent(sql, any -> mine);
        // Joining waits until the current fetch for the others ends.
        if (!shared.equals(mine) && !shared.join(part)) {
            byStatement.put(sql, mine);
            shared = mine;
        }
        part.shared = shared;
        return part;
    }

    /** One lane's part of a reading. Used by one thread at a time. */
    private final class Part implements Blocks {
        private final String sql;
        private final Opener opener;
        private @Nullable Shared shared;
        private @Nullable Blocks own;
        /** The number of the next block; guarded by {@link #shared} as long as there is one. */
        private int position;

        private Part(String sql, Opener opener) {
            this.sql = sql;
            this.opener = opener;
        }

        @Override
        public List<String> columns() throws SQLException {
            if (shared != null) {
                try {
                    return shared.columns();
                } catch (GoneException e) {
                    leave();
                }
            }
            return own().columns();
        }

        @Override
        public Object @Nullable [][] next() throws SQLException {
            if (shared != null) {
                try {
                    return shared.next(this);
                } catch (GoneException e) {
                    leave();
                    for (int i = 0; i < position; i++) {
                        own().next();
                    }
                }
            }
            return own().next();
        }

        private Blocks own() throws SQLException {
            if (own == null) {
                own = opener.open();
            }
            return own;
        }

        private void leave() throws SQLException {
            if (shared != null) {
                Shared left = shared;
                shared = null;
                if (left.leave(this)) {
                    byStatement.remove(sql, left);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            leave();
            if (own != null) {
                own.close();
            }
        }
    }

    /** The shared part no longer has the block, or never will. */
    private static final class GoneException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** A running statement, with the blocks that some lanes still need. */
    private final class Shared {
        /** The owner of the connection. */
        private final Part runner;

        private final List<Part> parts = new ArrayList<>();
        private final List<Object[][]> kept = new ArrayList<>();
        /** The number of the first kept block. */
        private int first;

        private long keptBytes;
        private int joined = 1;
        private @Nullable Blocks rows;
        private boolean ended;
        private boolean closed;
        private @Nullable SQLException failure;

        private Shared(Part runner) {
            this.runner = runner;
            parts.add(runner);
        }

        synchronized boolean join(Part part) {
            boolean inTime = first == 0 && !closed && failure == null && joined < lanes.getAsInt();
            if (inTime) {
                joined++;
                parts.add(part);
            }
            return inTime;
        }

        synchronized List<String> columns() throws SQLException, GoneException {
            if (rows == null && closed) {
                throw new GoneException();
            }
            return rows().columns();
        }

        synchronized Object @Nullable [][] next(Part part) throws SQLException, GoneException {
            int number = part.position;
            boolean isNext = number == first + kept.size();
            if (number < first || (isNext && closed && !ended)) {
                throw new GoneException();
            }
            if (isNext && !fetch()) {
                return null;
            }
            Object[][] block = kept.get(number - first);
            part.position++;
            forget();
            return block;
        }

        /** Keeps the next block, if there is one. */
        private boolean fetch() throws SQLException {
            try {
                Object[][] block = ended ? null : rows().next();
                if (block == null) {
                    ended = true;
                    return false;
                }
                kept.add(block);
                keptBytes += bytes(block);
                return true;
            } catch (SQLException e) {
                failure = e;
                throw e;
            }
        }

        private Blocks rows() throws SQLException {
            if (failure != null) {
                throw failure;
            }
            if (rows == null) {
                try {
                    rows = runner.opener.open();
                } catch (SQLException e) {
                    failure = e;
                    throw e;
                }
            }
            return rows;
        }

        /** Drops the blocks that every lane has, and the oldest if there are too many. */
        private void forget() {
            boolean complete = joined >= lanes.getAsInt() || first > 0;
            int neededFrom =
                    parts.stream().mapToInt(part -> part.position).min().orElse(0);
            while (!kept.isEmpty() && (keptBytes > MOST_KEPT_BYTES || (complete && first < neededFrom))) {
                keptBytes -= bytes(kept.remove(0));
                first++;
            }
        }

        /** Whether no lane can join any more. */
        synchronized boolean leave(Part part) throws SQLException {
            parts.remove(part);
            if (part.equals(runner) && !closed) {
                closed = true;
                if (rows != null) {
                    rows.close();
                }
            }
            return closed || parts.isEmpty();
        }

        private static long bytes(Object[][] block) {
            long bytes = 0;
            for (Object record : block[0]) {
                bytes += record instanceof byte[] json ? json.length : 0;
            }
            return bytes;
        }
    }
}
