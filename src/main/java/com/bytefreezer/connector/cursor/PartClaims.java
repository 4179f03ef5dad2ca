package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which machine reads which part of a source of events (a shard of a stream), and how far, where machines share a store. A
 * machine that gives no sign of life loses its parts to the others. Safe for use by several threads.
 */
public final class PartClaims implements AutoCloseable {
    /** The position of a part that is read to its end. */
    public static final String END = "end";

    /** No part: its position is when the source is read from. */
    private static final String BEGIN = "begin";

    /** A machine knows new parts before that. */
    private static final Duration FORGOTTEN = Duration.ofDays(1);

    private final Store store;
    private final Duration lease;
    private final String holder;

    /**
     * A part of a source.
     *
     * @param isMine whether this machine reads it
     * @param position how far it is read; empty: not yet
     * @param arrived when the last event that is read had arrived, in milliseconds
     */
    public record Part(boolean isMine, String position, long arrived) {}

    /**
     * What there is to read.
     *
     * @param machines that read the source
     */
    public record Share(Map<String, Part> parts, long machines) {}

    private PartClaims(Store store, Duration lease, String holder) {
        this.store = store;
        this.lease = lease;
        this.holder = holder;
    }

    /**
     * Opens the store that machines share ({@code cursor.url}); empty if there is none.
     *
     * @param machine tells this one from the others, also after a start
     * @throws com.bytefreezer.connector.problem.ConnectorException if it does not answer
     */
    public static Optional<PartClaims> open(Settings settings, String machine) {
        if (settings.optional("cursor.url").isEmpty()) {
            return Optional.empty();
        }
        Store store = StoreAddress.of(settings).open();
        try {
            store.writing(sql -> {
                sql.awaitOthers("feed_part");
                make(sql);
                return true;
            });
        } catch (RuntimeException e) {
            close(store);
            throw e;
        }
        return Optional.of(
                new PartClaims(store, Duration.ofSeconds(settings.integer("cursor.claim-seconds")), machine));
    }

    private static void make(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "CREATE TABLE IF NOT EXISTS feed_part (source TEXT, part %1$s, holder TEXT NOT NULL, expires_ms BIGINT NOT NULL,"
                        + " position TEXT NOT NULL, arrived_ms BIGINT NOT NULL, PRIMARY KEY (source, part))%2$s",
                "CREATE TABLE IF NOT EXISTS feed_reader (source TEXT, holder TEXT, expires_ms BIGINT NOT NULL,"
                        + " PRIMARY KEY (source, holder))%2$s");
    }

    /** After so long {@link #share} is due. */
    public Duration due() {
        return lease.dividedBy(3);
    }

    /** When all machines begin to read the source, in milliseconds: as the first of them has said. */
    public long begin(String source, long millis) {
        return store.writing(sql -> {
            insert(sql, source, BEGIN, String.valueOf(millis), 0);
            return sql.first(
                            "SELECT position FROM feed_part WHERE source = ? AND part = ?",
                            row -> Long.parseLong(row.text()),
                            source,
                            BEGIN)
                    .orElse(millis);
        });
    }

    private static int insert(Sql sql, String source, String part, String position, long arrived) throws SQLException {
        return sql.update(
                "INSERT INTO feed_part (source, part, holder, expires_ms, position, arrived_ms) VALUES (?, ?, '', 0, ?, ?)"
                        + " ON CONFLICT DO NOTHING",
                source,
                part,
                position,
                arrived);
    }

    /**
     * Keeps the parts of this machine, and takes or gives up some until it has as many as the others. Nothing that it has
     * read may wait to be stored.
     *
     * @param names all parts of the source, as far as this machine knows; what nobody has read for a day and is none of them is
     *     forgotten
     * @return also those that only other machines know
     */
    public Share share(String source, Collection<String> names) {
        return store.writing(sql -> {
            sql.awaitOthers("feed_part");
            long now = sql.number("SELECT " + sql.now());
            long expires = now + lease.toMillis();
            sql.update(
                    "INSERT INTO feed_reader (source, holder, expires_ms) VALUES (?, ?, ?)"
                            + " ON CONFLICT (source, holder) DO UPDATE SET expires_ms = excluded.expires_ms",
                    source,
                    holder,
                    expires);
            sql.update("DELETE FROM feed_reader WHERE source = ? AND expires_ms < ?", source, now);
            for (String each : names) {
                insert(sql, source, each, "", 0);
            }
            long machines = sql.number("SELECT count(*) FROM feed_reader WHERE source = ?", source);
            List<Row> rows = rows(sql, source);
            List<Row> known =
                    rows.stream().filter(row -> names.contains(row.name)).toList();
            List<String> mine = mine(known, machines, now);
            Map<String, Part> parts = new LinkedHashMap<>();
            for (Row each : rows) {
                boolean isMine = mine.contains(each.name);
                if (!names.contains(each.name) && each.expires < now - FORGOTTEN.toMillis()) {
                    sql.update("DELETE FROM feed_part WHERE source = ? AND part = ?", source, each.name);
                }
                if (isMine) {
                    hold(sql, source, each.name, expires);
                } else if (each.holder.equals(holder)) {
                    hold(sql, source, each.name, 0);
                }
                parts.put(each.name, new Part(isMine, each.position, each.arrived));
            }
            return new Share(parts, machines);
        });
    }

    private record Row(String name, String holder, long expires, String position, long arrived) {}

    private static List<Row> rows(Sql sql, String source) throws SQLException {
        return sql.list(
                "SELECT part, holder, expires_ms, position, arrived_ms FROM feed_part WHERE source = ? AND part <> ? ORDER BY part",
                row -> new Row(row.text(), row.text(), row.number(), row.text(), row.number()),
                source,
                BEGIN);
    }

    /** The parts that this machine should have: first those that it has. */
    private List<String> mine(Collection<Row> rows, long machines, long now) {
        List<Row> open = rows.stream().filter(row -> !row.position.equals(END)).toList();
        long fair = (open.size() + machines - 1) / machines;
        List<String> mine = new ArrayList<>();
        open.stream().filter(row -> row.holder.equals(holder)).limit(fair).forEach(row -> mine.add(row.name));
        open.stream()
                .filter(row -> !row.holder.equals(holder) && row.expires < now)
                .limit(fair - mine.size())
                .forEach(row -> mine.add(row.name));
        return mine;
    }

    private void hold(Sql sql, String source, String part, long expires) throws SQLException {
        sql.update(
                "UPDATE feed_part SET holder = ?, expires_ms = ? WHERE source = ? AND part = ?",
                expires == 0 ? "" : holder,
                expires,
                source,
                part);
    }

    /**
     * Keeps the parts of this machine for another lease.
     *
     * @return false if another one has taken some of them
     */
    public boolean renew(String source, Collection<String> names) {
        return store.writing(sql -> {
            long expires = sql.number("SELECT " + sql.now()) + lease.toMillis();
            int kept = 0;
            for (String each : names) {
                kept += sql.update(
                        "UPDATE feed_part SET expires_ms = ? WHERE source = ? AND part = ? AND holder = ?",
                        expires,
                        source,
                        each,
                        holder);
            }
            sql.update(
                    "UPDATE feed_reader SET expires_ms = ? WHERE source = ? AND holder = ?", expires, source, holder);
            return kept == names.size();
        });
    }

    /**
     * Records how far parts of this machine are read.
     *
     * @return false if another one has taken some of them
     */
    public boolean record(String source, Map<String, Part> read) {
        return store.writing(sql -> {
            int recorded = 0;
            for (Map.Entry<String, Part> each : read.entrySet()) {
                recorded += sql.update(
                        "UPDATE feed_part SET position = ?, arrived_ms = ? WHERE source = ? AND part = ? AND holder = ?",
                        each.getValue().position(),
                        each.getValue().arrived(),
                        source,
                        each.getKey(),
                        holder);
            }
            return recorded == read.size();
        });
    }

    /** Leaves all parts to the others. */
    public void release(String source) {
        store.writing(sql -> {
            sql.update("DELETE FROM feed_reader WHERE source = ? AND holder = ?", source, holder);
            return sql.update(
                    "UPDATE feed_part SET holder = '', expires_ms = 0 WHERE source = ? AND holder = ?", source, holder);
        });
    }

    @Override
    public void close() {
        close(store);
    }

    private static void close(Store store) {
        try {
            store.close();
        } catch (SQLException e) {
            throw store.failure("cannot be closed", e);
        }
    }
}
