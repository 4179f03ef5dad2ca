package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds objects with values that DuckDB cannot read, and copies them into a form that it can. */
final class OddObjects {
    private static final Logger LOG = LoggerFactory.getLogger(OddObjects.class);

    private final Footers.Connections connections;
    private final Footers footers;
    private final RawCopies copies;

    OddObjects(Footers.Connections connections, Footers footers, RawCopies copies) {
        this.connections = connections;
        this.footers = footers;
        this.copies = copies;
    }

    /** From now on, objects with values that DuckDB cannot read are read from copies. Returns whether there are any. */
    boolean copy(List<LakeObject> objects, Schema schema) {
        boolean found = false;
        for (LakeObject object :
                objects.stream().map(LakeObject::whole).distinct().toList()) {
            if (copies.of(object).isEmpty() && (objects.size() == 1 || isOdd(object, schema)) && copy(object)) {
                found = true;
                LOG.warn(
                        "object {}: DuckDB cannot read some of its values. They are delivered as text or null (docs/data.md, Values).",
                        object.key());
            }
        }
        return found;
    }

    /** Copies the objects that DuckDB must not read otherwise. */
    void copyMisread(Map<LakeObject, Shape> shapes) throws SQLException {
        for (var entry : shapes.entrySet()) {
            if (entry.getValue().isMisread() && !copy(entry.getKey())) {
                throw new SQLException(
                        "it has DECIMALs of more than %d digits, which DuckDB reads wrongly, and is too large to be copied into a form that it can read"
                                .formatted(ColumnType.MOST_DIGITS));
            }
        }
    }

    private boolean isOdd(LakeObject object, Schema schema) {
        try (Connection connection = connections.open()) {
            var shapes = footers.require(schema, List.of(object));
            String scan =
                    ParquetScan.of(schema, shapes, copies, List.of(object), Use.GIVE, any -> true, Map.of(), "", "");
            DuckDb.execute(connection, "SELECT count(hash(r)) FROM (" + scan + ") AS r");
            return false;
        } catch (SQLException e) {
            return RawCopies.helpWith(e);
        }
    }

    private synchronized boolean copy(LakeObject object) {
        boolean isInBucket = object.url().startsWith("s3://");
        if (copies.of(object).isPresent() || (isInBucket && object.size() > LargeRecords.mostInHeap())) {
            return copies.of(object).isPresent();
        }
        try (Connection connection = connections.open()) {
            copies.add(
                    object,
                    inBucket -> DuckDb.execute(
                            connection,
                            "SELECT content FROM read_blob(%s)".formatted(DuckDb.literal(inBucket.url())),
                            rows -> {
                                rows.next();
                                return DuckDb.bytes(rows.getBlob(1));
                            }),
                    file -> DuckDb.execute(
                            connection,
                            "DESCRIBE FROM read_parquet(%s, hive_partitioning=false)"
                                    .formatted(DuckDb.literal(file.toString())),
                            rows -> {
                                List<ColumnType> types = new ArrayList<>();
                                while (rows.next()) {
                                    types.add(ColumnType.of(rows.getString(2)));
                                }
                                return types;
                            }));
            return true;
        } catch (SQLException e) {
            // The message of DuckDB about the object itself is reported instead.
            LOG.debug("{}: no copy", object.key(), e);
            return false;
        }
    }
}
