package com.bytefreezer.connector.query;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A column as a file's footer describes it, or a part of one.
 *
 * @param type DuckDB's name for its type; empty for a group
 * @param isRepeated whether a row may have several
 * @param mark the newer annotation of the format if only this one is there, as DuckDB writes it, or the one of a LIST, a MAP or a wide DECIMAL, or INT96; otherwise empty. DuckDB 1.5.5 ignores most of them, because it knows the older ones.
 */
record FileColumn(String name, String type, boolean isRepeated, String mark, List<FileColumn> children) {
    /** The rows of which {@link #of} makes columns. */
    static final String SQL =
            "SELECT name, coalesce(num_children, 0), coalesce(duckdb_type, ''), coalesce(repetition_type = 'REPEATED', false), CASE WHEN type = 'INT96' THEN type WHEN converted_type IS NULL THEN logical_type WHEN converted_type = 'LIST' THEN 'ListType()' WHEN converted_type IN ('MAP', 'MAP_KEY_VALUE') THEN 'MapType()' WHEN converted_type = 'DECIMAL' AND precision > 38 THEN format('DecimalType(scale={}, precision={})', coalesce(scale, 0), precision) ELSE '' END FROM parquet_schema(%s) ORDER BY column_id";

    /** Each level of lists in lists doubles the time that DuckDB takes to plan a statement (seen on 1.5.5). */
    private static final int MOST_LISTS_IN_LISTS = 16;
    /** Limit for groups of all kinds, because readers recurse. */
    private static final int DEEPEST = 200;

    private static final String LIST = "ListType()";
    private static final String MAP = "MapType()";
    private static final Pattern DECIMAL = Pattern.compile("DecimalType\\(scale=(\\d+), precision=(\\d+)\\)");
    /** The number of bits is written as one character. */
    private static final Pattern UNSIGNED = Pattern.compile("IntType\\(bitWidth=(.), isSigned=0\\)", Pattern.DOTALL);

    /** The file's root with all its columns. */
    static FileColumn of(ResultSet rows) throws SQLException {
        rows.next();
        return of(rows, 0, 0);
    }

    private static FileColumn of(ResultSet rows, int depth, int lists) throws SQLException {
        String name = String.valueOf(rows.getString(1));
        long count = rows.getLong(2);
        String type = rows.getString(3);
        boolean isRepeated = rows.getBoolean(4);
        String mark = rows.getString(5);
        int listsToHere = lists + (isRepeated ? 1 : 0);
        if (depth > DEEPEST || listsToHere > MOST_LISTS_IN_LISTS) {
            throw new SQLException(
                    "a column has %d or more lists in lists, or groups in groups, and DuckDB would never finish reading it"
                            .formatted(listsToHere > MOST_LISTS_IN_LISTS ? listsToHere : depth));
        }
        List<FileColumn> below = new ArrayList<>();
        for (long i = 0; i < count && rows.next(); i++) {
            below.add(of(rows, depth + 1, listsToHere));
        }
        return new FileColumn(name, type, isRepeated, mark == null ? "" : mark, List.copyOf(below));
    }

    /** The type of a column that DuckDB reads as {@code read}: it reads numbers if there are no values and the writer knew no type. */
    ColumnType withNothing(ColumnType read) {
        if (!read.isNested()) {
            return isNothing() ? Widening.NOTHING : read;
        }
        if (read.is(ColumnType.LIST) && isNothing() && !read.children().get(0).isNested()) {
            return ColumnType.list(Widening.NOTHING);
        }
        return hasMembersOf(read) ? members(read, FileColumn::withNothing) : read;
    }

    private boolean isNothing() {
        return children.isEmpty()
                ? type.equals(Widening.NOTHING.name())
                : children.stream().allMatch(FileColumn::isNothing);
    }

    /** Whether it, or a part of it, has times in nanoseconds of which DuckDB 1.5.5 reads microseconds. */
    boolean isCut() {
        boolean isTime = type.startsWith("TIME") && !type.equals("TIMESTAMP_NS");
        return (isTime && (mark.contains("NANOS=NanoSeconds()") || mark.equals("INT96")))
                || children.stream().anyMatch(FileColumn::isCut);
    }

    /** Whether it, or a part of it, has DECIMALs that are too wide for DuckDB 1.5.5. It reads DOUBLEs, which are inexact, and too large by up to 2^56 if the length of the values is no multiple of 8. */
    boolean isMisread() {
        return (type.equals("DOUBLE") && DECIMAL.matcher(mark).matches())
                || children.stream().anyMatch(FileColumn::isMisread);
    }

    /** The type that the writer means by what DuckDB reads as {@code read}; {@link Meaning} has the value. */
    ColumnType meant(ColumnType read) {
        if (!read.isNested()) {
            return children.isEmpty() ? meantValue(read) : read;
        }
        if (read.is(ColumnType.LIST)) {
            if (!isRepeated && children.size() != 1) {
                return read;
            }
            FileColumn repeated = isRepeated ? this : children.get(0);
            return ColumnType.list(
                    repeated.meantElement(isRepeated, read.children().get(0)));
        }
        if (read.is(ColumnType.MAP)) {
            return children.size() == 1 && children.get(0).children.size() == 2
                    ? children.get(0).map(read.children())
                    : read;
        }
        if (!hasMembersOf(read)) {
            return read;
        }
        if (children.size() == 1 && children.get(0).isRepeated) {
            FileColumn entries = children.get(0);
            ColumnType element = read.children().get(0).children().get(0);
            if (mark.equals(LIST)) {
                return meant(ColumnType.list(element));
            }
            if (mark.equals(MAP) && element.is(ColumnType.STRUCT) && entries.children.size() == 2) {
                return entries.map(element.children());
            }
        }
        return members(read, FileColumn::meant);
    }

    private ColumnType meantValue(ColumnType read) {
        boolean isBytes = read.is("BLOB");
        boolean isInteger = read.is("INTEGER") || read.is("BIGINT");
        Matcher decimal = DECIMAL.matcher(mark);
        if (decimal.matches() && (isBytes || isInteger || read.is("DOUBLE"))) {
            int scale = Integer.parseInt(decimal.group(1));
            int digits = Integer.parseInt(decimal.group(2));
            boolean isPossible = isInteger ? digits <= ColumnType.MOST_DIGITS : digits > 0;
            return isPossible && scale >= 0 && scale <= digits
                    ? new ColumnType("DECIMAL", digits + "," + scale, List.of(), List.of())
                    : read;
        }
        Matcher unsigned = UNSIGNED.matcher(mark);
        if (unsigned.matches() && isInteger) {
            return switch (unsigned.group(1).charAt(0)) {
                case 8 -> ColumnType.scalar("UTINYINT");
                case 16 -> ColumnType.scalar("USMALLINT");
                case 32 -> ColumnType.scalar("UINTEGER");
                case 64 -> read.is("BIGINT") ? ColumnType.scalar("UBIGINT") : read;
                default -> read;
            };
        }
        return switch (mark) {
            case "StringType()", "EnumType()" -> isBytes ? Widening.TEXT : read;
            case "JsonType()" -> isBytes ? Widening.JSON : read;
            case "DateType()" -> read.is("INTEGER") ? ColumnType.scalar("DATE") : read;
            default -> read;
        };
    }

    /**
     * The type of the elements of a list. A group of one is a level of the list, or by the format's rules for lists of
     * older writers a structure, of which DuckDB 1.5.5 reads the member.
     *
     * @param isOwn whether the column is this repeated group itself
     */
    private ColumnType meantElement(boolean isOwn, ColumnType read) {
        // A list in a list, or a map, without a level between them.
        boolean isElement = mark.equals(LIST) || mark.equals(MAP);
        if (isElement || children.size() != 1) {
            return new FileColumn(name, type, false, mark, children).meant(read);
        }
        FileColumn member = children.get(0);
        boolean isStructure = isOwn || member.isRepeated || name.equals("array") || name.endsWith("_tuple");
        if (!isStructure) {
            return member.meant(read);
        }
        boolean isRead = read.is(ColumnType.STRUCT) && read.fields().equals(List.of(member.name));
        return ColumnType.struct(
                List.of(member.name),
                List.of(member.meant(isRead ? read.children().get(0) : read)));
    }

    private ColumnType map(List<ColumnType> keyAndValue) {
        return new ColumnType(
                ColumnType.MAP,
                "",
                List.of(
                        children.get(0).meant(keyAndValue.get(0)),
                        children.get(1).meant(keyAndValue.get(1))),
                List.of());
    }

    private interface Of {
        ColumnType type(FileColumn member, ColumnType read);
    }

    private boolean hasMembersOf(ColumnType struct) {
        return struct.is(ColumnType.STRUCT)
                && children.size() == struct.children().size();
    }

    private ColumnType members(ColumnType struct, Of type) {
        List<ColumnType> members = new ArrayList<>();
        for (int i = 0; i < children.size(); i++) {
            members.add(type.type(children.get(i), struct.children().get(i)));
        }
        // DuckDB has no names if the first one is empty.
        List<String> fields = struct.fields().isEmpty()
                ? children.stream().map(FileColumn::name).toList()
                : struct.fields();
        return ColumnType.struct(fields, members);
    }
}
