package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import com.bytefreezer.connector.query.RawCopies.Copy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the SQL that reads objects with the columns of their dataset. It first renames a file's own columns by their positions, so that no name in the data meets a name of DuckDB or of the connector.
 */
public final class ParquetScan {
    /** The column of a scan with the path of the row's object; DuckDB also chooses files by it. */
    private static final String PATH = "filename";
    /** The position of a row's object among those of a scan. */
    static final String POSITION = "file_index";
    /** As above, combined with the row's number in the object, see {@link #ROW_BITS}. */
    static final String POSITION_AND_ROW = "file_index, file_row_number";
    /** The number of bits for the row's number in a {@link #POSITION_AND_ROW}. */
    public static final int ROW_BITS = 40;
    /** The name that the option gives it; no column of a file can have it. */
    private static final String OPTION = UUID.randomUUID().toString();

    private ParquetScan() {}

    /** Objects that one function reads: they have the same columns, and folders with the same names. */
    private record Group(
            Shape shape,
            List<String> folders,
            int prefix,
            @Nullable LakeObject copied,
            @Nullable Copy copy) {}

    /**
     * A SELECT of the rows of these objects.
     *
     * @param shapes of the whole objects; {@code schema} must know their columns
     * @param isRead whether a column of the dataset is among those of the result
     * @param further names of additional columns, with expressions over the virtual columns of {@code read_parquet}
     * @param number the name of one more column; may be empty
     * @param ofRow its value: {@link #POSITION}, {@link #POSITION_AND_ROW}, or a virtual column of {@code read_parquet}
     */
    static String of(
            Schema schema,
            Map<LakeObject, Shape> shapes,
            RawCopies copies,
            List<LakeObject> objects,
            Use use,
            Predicate<String> isRead,
            Map<String, String> further,
            String number,
            String ofRow) {
        Map<Group, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < objects.size(); i++) {
            groups.computeIfAbsent(group(shapes, copies, objects.get(i)), any -> new ArrayList<>())
                    .add(i);
        }
        return groups.entrySet().stream()
                .map(group ->
                        select(schema, group.getKey(), group.getValue(), objects, use, isRead, further, number, ofRow))
                .collect(Collectors.joining(" UNION ALL "));
    }

    private static Group group(Map<LakeObject, Shape> shapes, RawCopies copies, LakeObject object) {
        LakeObject whole = object.whole();
        Shape shape = Objects.requireNonNull(shapes.get(whole), whole.url());
        String prefix =
                whole.url().substring(0, whole.url().length() - whole.key().length());
        Copy copy = copies.of(object).orElse(null);
        return new Group(
                shape,
                List.copyOf(object.partition().keySet()),
                prefix.codePointCount(0, prefix.length()),
                copy == null ? null : whole,
                copy);
    }

    private static String select(
            Schema schema,
            Group group,
            List<Integer> positions,
            List<LakeObject> objects,
            Use use,
            Predicate<String> isRead,
            Map<String, String> further,
            String number,
            String ofRow) {
        List<LakeObject> read = positions.stream().map(objects::get).toList();
        String path =
                group.copied() == null ? PATH : DuckDb.literal(group.copied().url());
        LakeObject first = read.get(0).whole();
        boolean alike = read.stream().map(LakeObject::partition).distinct().count() == 1;
        List<String> columns = new ArrayList<>(schema.selectList(
                group.shape(),
                group.copy() == null ? null : group.copy().types(),
                use,
                isRead,
                group.folders().stream()
                        .collect(Collectors.toMap(
                                name -> name,
                                name -> alike
                                        ? constant(Objects.requireNonNull(
                                                first.partition().get(name)))
                                        : fromPath(name, group.prefix())))));
        further.forEach((name, expression) -> columns.add(
                "%s AS %s".formatted(expression.equalsIgnoreCase(PATH) ? path : expression, Query.identifier(name))));
        if (!number.isEmpty()) {
            String position = "%s[(file_index + 1)::BIGINT]".formatted(positions);
            String value =
                    switch (ofRow) {
                        case POSITION -> position;
                        case POSITION_AND_ROW -> "(%s::BIGINT << %d) + file_row_number".formatted(position, ROW_BITS);
                        default -> ofRow;
                    };
            columns.add("%s AS %s".formatted(value, Query.identifier(number)));
        }
        String names = IntStream.range(0, group.shape().columns().size())
                .mapToObj(i -> "c" + i)
                .collect(Collectors.joining(", "));
        // With the option, DuckDB opens no file whose path does not match; but 1.5.5 confuses it with a column of that
        // name.
        boolean byPath = group.shape().columns().stream()
                .noneMatch(column -> column.name().equalsIgnoreCase(PATH));
        return "SELECT %s FROM read_parquet(%s, hive_partitioning=false, union_by_name=false%s) AS t(%s%s)%s"
                .formatted(
                        String.join(", ", columns),
                        group.copy() == null
                                ? files(read)
                                : DuckDb.literal(group.copy().file().toString()),
                        byPath ? ", filename='" + OPTION + "'" : "",
                        names,
                        byPath ? ", " + PATH : "",
                        rows(read.get(0)));
    }

    /** The value of a folder in which all objects are. */
    private static String constant(String value) {
        return (value.equals(FolderValues.NULL) ? "NULL" : DuckDb.literal(value)) + "::VARCHAR";
    }

    /**
     * The value of a folder from the path, so that DuckDB opens no files of unwanted folders. Not with split_part() and nullif(): these are
     * macros, which repeat their arguments, so that DuckDB would plan dozens of copies.
     */
    private static String fromPath(String name, int prefix) {
        String raw = "string_split(string_split('/' || substr(%s, %d), %s)[2], '/')[1]"
                .formatted(PATH, prefix + 1, DuckDb.literal("/" + name + "="));
        String decoded = "coalesce(try(url_decode(%1$s)), %1$s)".formatted(raw);
        return "CASE WHEN %1$s <> '%2$s' THEN %1$s END".formatted(decoded, FolderValues.NULL);
    }

    /** The list of these objects as an argument of table functions. */
    static String files(List<LakeObject> objects) {
        return objects.stream()
                .map(object -> DuckDb.literal(withoutWildcards(object.url())))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** A slice is a unit by itself; DuckDB skips the row groups outside it. */
    private static String rows(LakeObject object) {
        Slice slice = object.slice();
        return slice == null
                ? ""
                : " WHERE file_row_number >= " + slice.from() + " AND file_row_number < " + slice.to();
    }

    /** DuckDB reads the name of every local file as a pattern; {@code [*]} matches only the asterisk. */
    static String withoutWildcards(String url) {
        return url.startsWith("s3://") ? url : url.replaceAll("[*?\\[]", "[$0]");
    }
}
