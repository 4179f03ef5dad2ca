package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables of a cursor. Each step leads from one version to the next, so the steps that an older store has not had
 * bring it up to date. To change the tables, add a step; never change one that was released.
 */
final class Tables {
    private interface Step {
        void take(Sql sql) throws SQLException;
    }

    /** The first leads to version 1. */
    private static final List<Step> STEPS = List.of(
            Tables::lanesAndObjects,
            Tables::knownObjects,
            Tables::datasets,
            Tables::claims,
            Pulse::makeTables,
            Tables::leftOut,
            Tables::lookups,
            Alerts::make,
            PackedSources::make,
            DatasetMemory::make);

    private Tables() {}

    /**
     * Creates missing tables, in a transaction of only one process at a time.
     *
     * @param subject names the store in messages
     */
    static void update(Sql sql, String subject) throws SQLException {
        sql.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        int version = version(sql);
        if (version > STEPS.size()) {
            throw new ConnectorException(
                    Problem.ofStart(
                            "cursor %s: a newer connector wrote it (schema %d; this one knows %d)."
                                    .formatted(subject, version, STEPS.size()),
                            "Use that one."),
                    null);
        }
        if (version < STEPS.size()) {
            for (Step step : STEPS.subList(version, STEPS.size())) {
                step.take(sql);
            }
            sql.execute(
                    "DELETE FROM schema_version", "INSERT INTO schema_version (version) VALUES (" + STEPS.size() + ")");
        }
        RunTable.make(sql);
    }

    /**
     * Checks a store before reading it.
     *
     * @throws ConnectorException if the store has an earlier version
     */
    static void requireCurrent(Sql sql, String subject) throws SQLException {
        int version = version(sql);
        if (version > 0 && version < STEPS.size()) {
            throw new ConnectorException(
                    "cursor %s: an earlier connector wrote it (schema %d; this one knows %d). Nothing was read. Start this connector once in batch or watch mode: it updates the cursor and repeats nothing."
                            .formatted(subject, version, STEPS.size()));
        }
    }

    private static int version(Sql sql) throws SQLException {
        return (int) sql.number("SELECT max(version) FROM schema_version");
    }

    private static void lanesAndObjects(Sql sql) throws SQLException {
        make(
                sql,
                "CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, start_ms BIGINT NOT NULL, watermark_ms BIGINT NOT NULL, listing TEXT)%2$s",
                "CREATE TABLE IF NOT EXISTS object (lane TEXT, key %1$s, size BIGINT, last_modified_ms BIGINT, complete BOOLEAN NOT NULL,"
                        + " query TEXT NOT NULL, selected BIGINT, accepted BIGINT, duplicates BIGINT, dead_lettered BIGINT, updated_ms BIGINT,"
                        + " PRIMARY KEY (lane, key, size, last_modified_ms))%2$s");
    }

    /**
     * lane.number: stands for its name in {@code known}. lane.listed: the range of partitions of a complete listing.
     * object.etag: null in rows of version 1, empty if the lake gives none. lane_query: every query of a lane; the last
     * one is the present one.
     */
    private static void knownObjects(Sql sql) throws SQLException {
        make(
                sql,
                "ALTER TABLE lane ADD COLUMN number INTEGER",
                "ALTER TABLE lane ADD COLUMN listed TEXT",
                "ALTER TABLE object ADD COLUMN etag TEXT",
                "CREATE TABLE known (lane INTEGER, name BIGINT, version BIGINT, PRIMARY KEY (lane, name, version))%2$s",
                "CREATE TABLE lane_query (lane TEXT, query TEXT, text TEXT NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (lane, query))%2$s",
                "INSERT INTO lane (name, start_ms, watermark_ms) SELECT DISTINCT lane, 0, 0 FROM object WHERE true ON CONFLICT DO NOTHING",
                "UPDATE lane SET number = (SELECT count(*) FROM lane AS other WHERE other.name <= lane.name)");
        KnownObjects.learnDelivered(sql);
    }

    private static void datasets(Sql sql) throws SQLException {
        make(sql, "CREATE TABLE dataset (name TEXT PRIMARY KEY, columns TEXT NOT NULL)%2$s");
    }

    /**
     * claim.content: query and bytes. claim.begun: starts in a row without an end. In a store that replicas share, the
     * table exists already.
     */
    private static void claims(Sql sql) throws SQLException {
        make(
                sql,
                sql.dialect().claims(),
                "ALTER TABLE claim ADD COLUMN content TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE claim ADD COLUMN begun INTEGER NOT NULL DEFAULT 0");
    }

    /** lane.left_out: what the last full listing left out, for people; empty or null if nothing. */
    private static void leftOut(Sql sql) throws SQLException {
        make(sql, "ALTER TABLE lane ADD COLUMN left_out TEXT");
    }

    /** run.lookups: the versions that the run joined, as JSON. */
    private static void lookups(Sql sql) throws SQLException {
        RunTable.make(sql);
        make(sql, "ALTER TABLE run ADD COLUMN lookups TEXT NOT NULL DEFAULT '{}'");
        LaneLookups.make(sql);
    }

    /** Runs statements; %1$s is the type of texts in byte order, %2$s the end of a table. */
    static void make(Sql sql, String... statements) throws SQLException {
        for (String each : statements) {
            sql.execute(sql.dialect().table(each));
        }
    }
}
