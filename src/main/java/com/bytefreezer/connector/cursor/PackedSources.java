package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.SourceBucket.Source;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which source objects are packed, and which are being packed by whom. A plan names the objects of a pack and never
 * gets others, so whoever makes the pack makes the same one, under the same key. A process that holds a plan renews its
 * claim; otherwise another replica takes the plan over. Safe for use by several threads.
 */
public final class PackedSources implements AutoCloseable {
    private static final String FILE = "sources.db";

    private final Store store;
    private final Duration lease;
    private final String holder = UUID.randomUUID().toString();

    /**
     * A pack that this process makes.
     *
     * @param id of its first list of objects
     * @param made when, by the clock of the store
     * @param partBytes unpacked bytes after which another object begins
     * @param sources in the order of their paths
     */
    public record Plan(String id, DatasetName dataset, Instant made, long partBytes, List<Source> sources) {}

    /**
     * What is known of a page of a listing.
     *
     * @param fresh those of which nothing is known
     * @param packed those that are in the lake and still in the bucket
     * @param setAside those that cannot be read
     */
    public record Known(List<Source> fresh, List<Source> packed, List<Source> setAside) {}

    private PackedSources(Store store, Duration lease) {
        this.store = store;
        this.lease = lease;
    }

    /**
     * In PostgreSQL ({@code cursor.url}), shared by replicas; or else in a file, for this process alone.
     *
     * @param folder of the file
     */
    public static PackedSources open(Settings settings, Path folder) {
        boolean shared = settings.optional("cursor.url").isPresent();
        Store store = address(settings, folder).open();
        PackedSources sources = new PackedSources(store, Duration.ofSeconds(settings.integer("cursor.claim-seconds")));
        if (!shared) {
            // Whoever held them has ended.
            store.writing(sql -> sql.update("UPDATE source_pack SET expires_ms = 0"));
        }
        return sources;
    }

    static StoreAddress address(Settings settings, Path folder) {
        return settings.optional("cursor.url").isPresent()
                ? StoreAddress.of(settings)
                : SqliteAddress.of(folder.resolve(FILE));
    }

    /**
     * source_pack: a plan that is not done yet. source_object.pack: its plan, empty once it is packed; reason: why it
     * cannot be read. source_dataset: what all packs of a dataset had.
     */
    static void make(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "CREATE TABLE source_pack (id TEXT PRIMARY KEY, place TEXT NOT NULL, tenant TEXT NOT NULL, dataset TEXT NOT NULL,"
                        + " made_ms BIGINT NOT NULL, part_bytes BIGINT NOT NULL, holder TEXT NOT NULL, expires_ms BIGINT NOT NULL)%2$s",
                "CREATE TABLE source_object (place TEXT, key %1$s, version TEXT, size BIGINT NOT NULL, modified_ms BIGINT NOT NULL,"
                        + " pack TEXT NOT NULL, reason TEXT NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (place, key, version))%2$s",
                "CREATE INDEX source_object_pack ON source_object (pack)",
                "CREATE TABLE source_dataset (tenant TEXT, dataset TEXT, shape TEXT NOT NULL, objects BIGINT NOT NULL, events BIGINT NOT NULL,"
                        + " dead_letters BIGINT NOT NULL, PRIMARY KEY (tenant, dataset))%2$s");
    }

    /** The time by the clock of the store, in milliseconds. */
    public long now() {
        return store.reading(sql -> sql.number("SELECT " + sql.now()));
    }

    /** How long a claim lasts. */
    public Duration lease() {
        return lease;
    }

    /**
     * Compares a page of a listing with what is known, and forgets what is no longer in the bucket.
     *
     * @param after the last key before this page; empty for none
     * @param last the last key of this page; empty if it is the end of the listing
     * @param begun when the listing began, see {@link #now}
     */
    public Known compare(String place, String after, Optional<String> last, List<Source> page, long begun) {
        return store.writing(sql -> {
            Map<String, Row> rows = new HashMap<>();
            List<@Nullable Object> range = new ArrayList<>(List.of(place, after));
            last.ifPresent(range::add);
            sql.each(
                    "SELECT key, version, pack, reason, since_ms FROM source_object WHERE place = ? AND key > ?"
                            + (last.isPresent() ? " AND key <= ?" : ""),
                    row -> {
                        Row each = new Row(row.text(), row.text(), row.text(), row.text(), row.number());
                        rows.put(each.key + "\n" + each.version, each);
                    },
                    range.toArray());
            Known known = new Known(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (Source each : page) {
                Row row = rows.remove(each.path() + "\n" + each.version());
                if (row == null) {
                    known.fresh().add(each);
                } else if (!row.reason.isEmpty()) {
                    known.setAside().add(each);
                } else if (row.pack.isEmpty()) {
                    known.packed().add(each);
                }
            }
            for (Row row : rows.values()) {
                // What another replica has packed since may not be in this listing yet.
                if (row.pack.isEmpty() && row.since < begun) {
                    forget(sql, place, row.key, row.version);
                }
            }
            return known;
        });
    }

    private record Row(String key, String version, String pack, String reason, long since) {}

    /** The object is no longer in the bucket. */
    public void forget(String place, Source source) {
        store.writing(sql -> forget(sql, place, source.path(), source.version()));
    }

    private static int forget(Sql sql, String place, String key, String version) throws SQLException {
        return sql.update(
                "DELETE FROM source_object WHERE place = ? AND key = ? AND version = ? AND pack = ''",
                place,
                key,
                version);
    }

    /**
     * Plans a pack of those objects that no other replica has taken meanwhile, and claims it; empty if there are none.
     *
     * @param sources in the order of their paths, as all replicas take them
     * @param name makes the id of the plan from its objects
     */
    public Optional<Plan> plan(String place, DatasetName dataset, List<Source> sources, long partBytes, Naming name) {
        return store.writing(sql -> {
            String mine = "claim " + UUID.randomUUID();
            long now = sql.number("SELECT " + sql.now());
            sql.updateEach(
                    "INSERT INTO source_object (place, key, version, size, modified_ms, pack, reason, since_ms) VALUES (?, ?, ?, ?, ?, ?, '', ?)"
                            + " ON CONFLICT DO NOTHING",
                    sources.stream()
                            .map(each -> new @Nullable Object[] {
                                place, each.path(), each.version(), each.size(), each.modified(), mine, now
                            })
                            .toList());
            List<Source> taken = sourcesOf(sql, mine);
            if (taken.isEmpty()) {
                return Optional.empty();
            }
            Plan plan = new Plan(name.of(taken, now), dataset, Instant.ofEpochMilli(now), partBytes, taken);
            sql.update("UPDATE source_object SET pack = ? WHERE pack = ?", plan.id, mine);
            insert(sql, place, plan, now);
            return Optional.of(plan);
        });
    }

    /** Names a plan by its objects. */
    public interface Naming {
        String of(List<Source> sources, long made);
    }

    private void insert(Sql sql, String place, Plan plan, long now) throws SQLException {
        sql.update(
                "INSERT INTO source_pack (id, place, tenant, dataset, made_ms, part_bytes, holder, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                plan.id,
                place,
                plan.dataset.tenant(),
                plan.dataset.dataset(),
                plan.made,
                plan.partBytes,
                holder,
                now + lease.toMillis());
    }

    private static List<Source> sourcesOf(Sql sql, String pack) throws SQLException {
        return sql.list(
                "SELECT key, version, size, modified_ms FROM source_object WHERE pack = ? ORDER BY key, version",
                row -> new Source(row.text(), row.text(), row.number(), Instant.ofEpochMilli(row.number())),
                pack);
    }

    /** Takes over a plan of a process that has ended, or that this one could not carry out; empty if there is none. */
    public Optional<Plan> takeOver(String place, List<String> except) {
        return store.writing(sql -> {
            long now = sql.number("SELECT " + sql.now());
            List<Plan> left = sql.list(
                    "SELECT id, tenant, dataset, made_ms, part_bytes FROM source_pack WHERE place = ? AND expires_ms < ? ORDER BY made_ms, id",
                    row -> new Plan(
                            row.text(),
                            new DatasetName(row.text(), row.text()),
                            Instant.ofEpochMilli(row.number()),
                            row.number(),
                            List.of()),
                    place,
                    now);
            for (Plan each : left) {
                int taken = except.contains(each.id)
                        ? 0
                        : sql.update(
                                "UPDATE source_pack SET holder = ?, expires_ms = ? WHERE id = ? AND expires_ms < ?",
                                holder,
                                now + lease.toMillis(),
                                each.id,
                                now);
                if (taken > 0) {
                    return Optional.of(
                            new Plan(each.id, each.dataset, each.made, each.partBytes, sourcesOf(sql, each.id)));
                }
            }
            return Optional.empty();
        });
    }

    /** Whether the plan still belongs to this process; if so, for another lease. */
    public boolean hold(Plan plan) {
        return store.writing(sql -> hold(sql, plan));
    }

    private boolean hold(Sql sql, Plan plan) throws SQLException {
        long now = sql.number("SELECT " + sql.now());
        return sql.update(
                        "UPDATE source_pack SET expires_ms = ? WHERE id = ? AND holder = ?",
                        now + lease.toMillis(),
                        plan.id,
                        holder)
                > 0;
    }

    /** Lets this or another process take the plan over at once. */
    public void release(Plan plan) {
        store.writing(sql ->
                sql.update("UPDATE source_pack SET expires_ms = 0 WHERE id = ? AND holder = ?", plan.id, holder));
    }

    /**
     * Takes an object out of a plan.
     *
     * @param reason why it cannot be read, so that it is not tried again; empty if the bucket does not have it any more
     * @return false if another replica has the plan
     */
    public boolean leaveOut(Plan plan, Source source, String reason) {
        return store.writing(sql -> {
            if (!hold(sql, plan)) {
                return false;
            }
            if (reason.isEmpty()) {
                sql.update(
                        "DELETE FROM source_object WHERE pack = ? AND key = ? AND version = ?",
                        plan.id,
                        source.path(),
                        source.version());
            } else {
                sql.update(
                        "UPDATE source_object SET pack = '', reason = ?, since_ms = %s WHERE pack = ? AND key = ? AND version = ?"
                                .formatted(sql.now()),
                        reason,
                        plan.id,
                        source.path(),
                        source.version());
            }
            return true;
        });
    }

    /** Gives the objects of a plan up, so that they can be planned otherwise. Nothing of it may be in the lake. */
    public void giveUp(Plan plan) {
        store.writing(sql -> {
            if (hold(sql, plan)) {
                sql.update("DELETE FROM source_object WHERE pack = ?", plan.id);
                end(sql, plan);
            }
            return true;
        });
    }

    private static void end(Sql sql, Plan plan) throws SQLException {
        sql.update("DELETE FROM source_part WHERE pack = ?", plan.id);
        sql.update("DELETE FROM source_pack WHERE id = ?", plan.id);
    }

    /** What the packs of a dataset have left for the next one. */
    public DatasetMemory memory(DatasetName dataset) {
        return store.reading(sql -> DatasetMemory.of(sql, dataset));
    }

    /** What was about to be put for a part of a plan, see {@link #putting}; empty if nothing was. */
    public Optional<String> put(Plan plan, int part) {
        return store.reading(sql ->
                sql.first("SELECT made FROM source_part WHERE pack = ? AND part = ?", Sql.Row::text, plan.id, part));
    }

    /**
     * Records what is about to be put for a part of a plan.
     *
     * @return false if another replica has the plan; nothing is recorded then
     */
    public boolean putting(Plan plan, int part, String made) {
        return store.writing(sql -> hold(sql, plan)
                && sql.update(
                                "INSERT INTO source_part (pack, part, made) VALUES (?, ?, ?) ON CONFLICT (pack, part) DO UPDATE SET made = excluded.made",
                                plan.id,
                                part,
                                made)
                        > 0);
    }

    /** What has become of the events of a plan. */
    public record Outcome(long packed, long dropped, long deadLetters) {}

    /**
     * Records that the objects of a plan are packed.
     *
     * @param memory makes what the next pack must know of what is recorded
     * @return false if another replica has the plan; nothing is recorded then
     */
    public boolean commit(Plan plan, UnaryOperator<DatasetMemory> memory, Outcome outcome) {
        return store.writing(sql -> {
            sql.awaitOthers("source_dataset");
            if (!hold(sql, plan)) {
                return false;
            }
            int packed = sql.update(
                    "UPDATE source_object SET pack = '', since_ms = %s WHERE pack = ?".formatted(sql.now()), plan.id);
            end(sql, plan);
            DatasetMemory next = memory.apply(DatasetMemory.of(sql, plan.dataset));
            sql.update(
                    "INSERT INTO source_dataset (tenant, dataset, shape, columns, objects, events, dropped, dead_letters) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                            + " ON CONFLICT (tenant, dataset) DO UPDATE SET shape = excluded.shape, columns = excluded.columns,"
                            + " objects = source_dataset.objects + excluded.objects, events = source_dataset.events + excluded.events,"
                            + " dropped = source_dataset.dropped + excluded.dropped, dead_letters = source_dataset.dead_letters + excluded.dead_letters",
                    plan.dataset.tenant(),
                    plan.dataset.dataset(),
                    next.shape(),
                    next.text(),
                    packed,
                    outcome.packed,
                    outcome.dropped,
                    outcome.deadLetters);
            return true;
        });
    }

    @Override
    public void close() {
        try {
            store.close();
        } catch (SQLException e) {
            throw store.failure("cannot be closed", e);
        }
    }
}
