package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes what a query gives as one Parquet file, each value with its own type. */
final class ParquetFile {
    private ParquetFile() {}

    /** Writes it to {@code file}, which the sandbox must let DuckDB write. */
    static void write(DuckDb duckDb, Query query, List<LakeObject> objects, Schema schema, Path file) {
        duckDb.over(query, objects, schema, DuckDb.NO_NUMBER, "", (connection, columns, sql) -> {
            String values = IntStream.range(0, columns.size())
                    .mapToObj(i -> "%s AS %s"
                            .formatted(
                                    value(columns.get(i).type(), "c" + i),
                                    Query.identifier(columns.get(i).name())))
                    .collect(Collectors.joining(", "));
            ObjectWidth width = ObjectWidth.of(columns.size(), duckDb.memoryLimit());
            DuckDb.execute(
                    connection,
                    "COPY (SELECT %s FROM (%s) AS r(%s)) TO %s (%s)"
                            .formatted(
                                    values,
                                    sql,
                                    RecordStatements.names(columns.size()),
                                    DuckDb.literal(file.toString()),
                                    width.copyOptions("zstd")));
            return file;
        });
    }

    /** A value as Parquet can hold it: of integers that Parquet does not know, DuckDB would make the nearest DOUBLE. */
    static String value(ColumnType type, String column) {
        if (type.is("HUGEINT") || type.is("UHUGEINT")) {
            return column + "::DECIMAL(38, 0)";
        }
        return isUnknown(type) ? JsonRendering.json(type, column) : column;
    }

    static boolean isUnknown(ColumnType type) {
        return List.of("HUGEINT", "UHUGEINT", "BIGNUM", "VARIANT", "BIT", ColumnType.UNION)
                        .contains(type.name())
                || type.isUnspeakable()
                || type.children().stream().anyMatch(ParquetFile::isUnknown);
    }
}
