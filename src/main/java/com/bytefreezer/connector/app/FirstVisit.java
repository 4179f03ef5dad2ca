package com.bytefreezer.connector.app;

import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.cage.Cell;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Prepares what the first visitor would wait for: a query process; if the settings name a bucket, DuckDB's extension for it and one
 * request to it; and a question like the page's over an object of its own, so that code is loaded. While the routes start there is time
 * for one of the last two; both would keep the server waiting longer than they save ({@code bench/run page}). Reads no data of the lake,
 * and nobody sees it. Whatever fails is reported to the first who needs it.
 */
final class FirstVisit {
    /** The request is for a name that no dataset has. */
    private static final String NOBODY = "first-visit";

    /** More columns than a record may have to be written in the short way. */
    private static final int COLUMNS = 128;

    static final int RECORDS = 500;

    private final Settings settings;
    private final Cage cage;
    private final LakeCredentials credentials;

    FirstVisit(Settings settings, Cage cage, LakeCredentials credentials) {
        this.settings = settings;
        this.cage = cage;
        this.credentials = credentials;
    }

    /** While the routes start. Does not wait for it. */
    void prepare() {
        cage.warm();
        later(isBucket() ? this::reach : this::ask);
    }

    /** Once the server answers. Does not wait for it. */
    void rehearse() {
        if (isBucket()) {
            later(this::ask);
        }
    }

    private static void later(Runnable task) {
        Thread thread = new Thread(task, "first visit");
        thread.setDaemon(true);
        thread.start();
    }

    private boolean isBucket() {
        return !credentials.areNotNeeded() && credentials.areConfigured();
    }

    private void reach() {
        try {
            Credentials bucket = credentials.fromSettings();
            try (Lake lake = Lake.of(settings, NOBODY, NOBODY, bucket)) {
                lake.probe();
                use(cell -> DuckDb.open(cell, settings, lake.folders(), bucket, true, LookupTables.NONE)
                        .close());
            }
        } catch (RuntimeException | IOException | SQLException e) {
            // As if nobody had tried.
        }
    }

    /** Never fails. */
    void ask() {
        try {
            use(this::ask);
        } catch (RuntimeException | IOException | SQLException e) {
            // As if nobody had asked.
        }
    }

    private interface Work {
        void with(Cell cell) throws IOException, SQLException;
    }

    private void use(Work work) throws IOException, SQLException {
        Cell cell = cage.take();
        try {
            work.with(cell);
        } finally {
            cage.giveBack(cell);
        }
    }

    /** The question of the page, for the newest records. Returns their number. */
    int ask(Cell cell) throws IOException, SQLException {
        Path folder = Files.createTempDirectory(cell.temporaryFolder().orElseThrow(), NOBODY);
        Path file = folder.resolve(NOBODY + ".parquet");
        try {
            Query query;
            try (Connection connection = DuckDb.bare(cell);
                    Statement statement = connection.createStatement()) {
                statement.execute("COPY (%s) TO %s".formatted(records(), DuckDb.literal(file.toString())));
                query = Query.parse("SELECT * FROM events", connection, name -> false);
            }
            List<LakeObject> objects =
                    List.of(new LakeObject(file.toString(), NOBODY, Files.size(file), Instant.EPOCH));
            Listener listener = new Listener();
            try (DuckDb duckDb = DuckDb.open(cell, settings, Set.of(folder + "/"), null, true, LookupTables.NONE)) {
                duckDb.lock(Runtime.getRuntime().availableProcessors());
                duckDb.read(query, objects, Schema.of(settings), true, RECORDS, listener);
            }
            return listener.records;
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    /** Of the kinds that most lakes have. */
    private static String records() {
        StringBuilder columns = new StringBuilder(
                "make_timestamp(i * 1000000) AS \"timestamp\", {'name': 'a' || i, 'list': [i]} AS nested");
        for (int i = 0; i < COLUMNS; i++) {
            String value = i % 4 == 0 ? "NULL::VARCHAR" : i % 4 == 1 ? "i" : i % 4 == 2 ? "i / 7" : "'a' || i";
            columns.append(", ").append(value).append(" AS c").append(i);
        }
        return "SELECT %s FROM range(%d) AS r(i)".formatted(columns, 2 * RECORDS);
    }

    private static final class Listener implements DuckDb.Reader {
        private int records;

        @Override
        public void columns(List<String> names, List<String> types) {
            // Known.
        }

        @Override
        public boolean record(byte[] json) {
            records++;
            return true;
        }

        @Override
        public boolean newestFirst() {
            return true;
        }

        @Override
        public Optional<String> timeColumn(Map<String, String> columns) {
            return columns.keySet().stream().findFirst();
        }
    }
}
