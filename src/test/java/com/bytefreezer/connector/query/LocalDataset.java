package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.SharedDuckDb;
import com.bytefreezer.connector.testing.TestSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A dataset in a folder, and what the connector makes of queries over it. */
final class LocalDataset implements AutoCloseable {
    final Path folder;
    private final List<LakeObject> objects = new ArrayList<>();
    final Schema schema;
    private final List<LookupTable> lookups = new ArrayList<>();
    private boolean hashed;
    private @Nullable DuckDb duckDb;

    LocalDataset(Path folder) {
        this(folder, "");
    }

    /** @param types the setting columns.types */
    LocalDataset(Path folder, String types) {
        this(folder, Schema.of(TestSettings.over(folder, types.isEmpty() ? Map.of() : Map.of("columns.types", types))));
    }

    LocalDataset(Path folder, Schema schema) {
        this.folder = folder;
        this.schema = schema;
    }

    /** Adds an object with the rows of {@code select}. */
    LakeObject write(String key, String select) {
        return write(key, select, 10_000);
    }

    /** The same with so many rows in a row group. */
    LakeObject write(String key, String select, int rowsOfGroup) {
        Path file = folder.resolve(key);
        try (var connection = SharedDuckDb.connect();
                var statement = connection.createStatement()) {
            Files.createDirectories(file.getParent());
            statement.execute("COPY (%s) TO %s (FORMAT parquet, ROW_GROUP_SIZE %d)"
                    .formatted(select, DuckDb.literal(file.toString()), rowsOfGroup));
        } catch (SQLException | IOException e) {
            throw new IllegalArgumentException(select, e);
        }
        return add(key);
    }

    /** Adds a lookup with the rows of {@code select}. */
    LookupTable lookup(String name, String select) {
        String version = Integer.toHexString(select.hashCode());
        Path copy = folder.resolve("lookup-%s-%s.parquet".formatted(name, version));
        try (var connection = SharedDuckDb.connect();
                var statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO %s".formatted(select, DuckDb.literal(copy.toString())));
        } catch (SQLException e) {
            throw new IllegalArgumentException(select, e);
        }
        var table = new LookupTable(name, copy, Map.of(), 0, version);
        lookups.add(table);
        return table;
    }

    /** Decides which side of a join DuckDB hashes, from now on. */
    void hashLookups(boolean hash) {
        hashed = hash;
        close();
        duckDb = null;
    }

    /** Adds an object that is there as a file. */
    LakeObject add(String key) {
        Path file = folder.resolve(key);
        try {
            var object = new LakeObject(file.toString(), key, Files.size(file), Instant.EPOCH);
            objects.add(object);
            return object;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<LakeObject> objects() {
        return objects;
    }

    /** A new DuckDB in the sandbox of this dataset, not yet locked. */
    DuckDb open(Map<String, String> options) {
        return DuckDb.open(
                Engine.HERE,
                TestSettings.over(folder, options),
                Set.of(folder + "/"),
                null,
                true,
                new LookupTables(lookups, List.of(), hashed));
    }

    Plan plan(String sql) {
        learn();
        return duckDb().plan(parsed(sql), objects, schema);
    }

    /** As a run does it before its first record. */
    private void learn() {
        duckDb().learn(schema, objects);
    }

    /** The records of all objects together. */
    List<String> records(String sql) {
        return records(sql, objects);
    }

    List<String> records(String sql, LakeObject object) {
        return records(sql, List.of(object));
    }

    /** As an export reads the records of one object, or of all of them. */
    List<String> exported(String sql, List<LakeObject> some) throws SQLException {
        return exported(sql, some, false);
    }

    List<String> exported(String sql, List<LakeObject> some, boolean omitNulls) throws SQLException {
        return exported(sql, some, omitNulls, some.size() == 1 ? Plan.Rows.ONE_EACH : Plan.Rows.SEVERAL);
    }

    List<String> exported(String sql, List<LakeObject> some, Plan.Rows rows) throws SQLException {
        return exported(sql, some, false, rows);
    }

    private List<String> exported(String sql, List<LakeObject> some, boolean omitNulls, Plan.Rows rows)
            throws SQLException {
        learn();
        DuckDb duckDb = duckDb();
        String statement = duckDb.statements().stream(parsed(sql), some, schema, omitNulls, 0, rows, 100_000_000);
        List<String> records = new ArrayList<>();
        try (var blocks = new ReadAhead(
                duckDb::newConnection, statement, duckDb.statements().completion(statement), Duration.ofMinutes(1))) {
            for (Object[][] block = blocks.next(); block != null; block = blocks.next()) {
                for (int i = 0; i < block[0].length; i++) {
                    if (block[0][i] == null) {
                        return records;
                    }
                    records.add(new String((byte[]) block[0][i], StandardCharsets.UTF_8));
                }
            }
        }
        throw duckDb.statements().whyItEnded(statement);
    }

    /** The statement for the records of all objects together. */
    String statement(String sql) {
        learn();
        return duckDb().statements().records(parsed(sql), objects, schema, false, 0);
    }

    /** As an export reads several small objects with one statement. */
    List<String> bundled(String sql, List<LakeObject> some) {
        return bundled(sql, some, false);
    }

    List<String> bundled(String sql, List<LakeObject> some, boolean joined) {
        learn();
        return read(duckDb(), duckDb().statements().ofBundle(parsed(sql), some, schema, false, joined));
    }

    /** As the page shows the records of all objects. */
    List<String> shown(String sql) throws IOException {
        List<String> records = new ArrayList<>();
        try (var duckDb = open(Map.of())) {
            duckDb.lock(2);
            duckDb.read(parsed(sql), objects, schema, false, 1_000_000, new DuckDb.Reader() {
                @Override
                public void columns(List<String> names, List<String> types) {
                    // The records have them.
                }

                @Override
                public boolean record(byte[] json) {
                    return records.add(new String(json, StandardCharsets.UTF_8));
                }
            });
        }
        return records;
    }

    @Override
    public void close() {
        if (duckDb != null) {
            duckDb.close();
        }
    }

    private List<String> records(String sql, List<LakeObject> some) {
        learn();
        return read(duckDb(), duckDb().statements().records(parsed(sql), some, schema, false, 0));
    }

    private DuckDb duckDb() {
        if (duckDb == null) {
            duckDb = open(Map.of());
            duckDb.lock(2);
        }
        return duckDb;
    }

    static Query parse(String sql) {
        return parse(sql, Set.of());
    }

    Query parsed(String sql) {
        return parse(sql, lookups.stream().map(LookupTable::name).collect(Collectors.toSet()));
    }

    static Query parse(String sql, Set<String> lookups) {
        try (var connection = SharedDuckDb.connect()) {
            return Query.parse(sql, connection, lookups::contains);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads a stream to its end; without the mark of the end it fails as an export does. */
    static List<String> read(DuckDb duckDb, String statementText) {
        List<String> records = new ArrayList<>();
        try (var connection = duckDb.newConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(statementText)) {
            while (rows.next()) {
                var record = rows.getBlob(1);
                if (record == null) {
                    return records;
                }
                records.add(new String(record.getBytes(1, (int) record.length()), StandardCharsets.UTF_8));
            }
        } catch (SQLException e) {
            throw new ConnectorException(DuckDbException.of(e).getMessage(), e);
        }
        DuckDbException why = duckDb.statements().whyItEnded(statementText);
        throw new ConnectorException(why.getMessage(), why);
    }
}
