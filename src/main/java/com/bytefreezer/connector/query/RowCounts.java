package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The row counts of objects, from their footers. Safe for use by several threads. */
final class RowCounts {
    private final Footers.Connections connections;

    RowCounts(Footers.Connections connections) {
        this.connections = connections;
    }

    /**
     * Cuts a big object into slices of whole row groups of at least {@code bytes} each. A smaller object, or one with an unreadable footer, stays whole.
     */
    List<LakeObject> slices(LakeObject object, long bytes) {
        if (object.size() < 2 * bytes) {
            return List.of(object);
        }
        try (Connection connection = connections.open()) {
            return DuckDb.execute(
                    connection,
                    "SELECT num_rows, num_row_groups FROM parquet_file_metadata(%s)"
                            .formatted(DuckDb.literal(object.url())),
                    footer -> {
                        footer.next();
                        return slices(object, bytes, footer.getLong(1), footer.getLong(2));
                    });
        } catch (SQLException e) {
            // Reading its records will report the problem.
            return List.of(object);
        }
    }

    private static List<LakeObject> slices(LakeObject object, long bytes, long rows, long rowGroups) {
        if (rows <= 0 || rowGroups <= 0) {
            return List.of(object);
        }
        long slices = Math.min(rowGroups, object.size() / bytes);
        long rowsOfGroup = (rows + rowGroups - 1) / rowGroups;
        long groupsEach = (rowGroups + slices - 1) / slices;
        return object.slices(rows, rowsOfGroup * groupsEach);
    }

    /** The sum of their rows; empty if a footer cannot be read. */
    OptionalLong of(List<LakeObject> objects) {
        try (Connection connection = connections.open()) {
            return DuckDb.execute(
                    connection,
                    "SELECT sum(num_rows) FROM parquet_file_metadata(%s)".formatted(ParquetScan.files(objects)),
                    footers -> {
                        footers.next();
                        return OptionalLong.of(footers.getLong(1));
                    });
        } catch (SQLException e) {
            return OptionalLong.empty();
        }
    }

    /** The rows of each, by URL. */
    Map<String, Long> ofEach(List<LakeObject> objects) throws SQLException {
        try (Connection connection = connections.open()) {
            return DuckDb.execute(
                    connection,
                    "SELECT file_name, num_rows FROM parquet_file_metadata(%s)".formatted(ParquetScan.files(objects)),
                    footers -> {
                        Map<String, Long> counts = new LinkedHashMap<>();
                        while (footers.next()) {
                            counts.put(footers.getString(1), footers.getLong(2));
                        }
                        return counts;
                    });
        }
    }
}
