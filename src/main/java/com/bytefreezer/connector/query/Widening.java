package com.bytefreezer.connector.query;

import java.util.ArrayList;
import java.util.List;

/**
 * The common type of a column with different types in different objects, and the conversion of a value to it. docs/data.md has the table for people.
 */
final class Widening {
    static final ColumnType TEXT = ColumnType.scalar("VARCHAR");
    static final ColumnType JSON = ColumnType.scalar("JSON");
    /** The type of a column without values: Parquet's null type, which DuckDB reads as INTEGER. */
    static final ColumnType NOTHING = ColumnType.scalar("\"NULL\"");

    private static final ColumnType DOUBLE = ColumnType.scalar("DOUBLE");
    private static final List<String> SIGNED = List.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT");
    private static final List<String> UNSIGNED = List.of("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT");
    /** The digits of integer types. */
    private static final int[] DIGITS = {3, 5, 10, 20, 39};

    /** A later type can hold the values of an earlier one; nanoseconds cover only 1677 to 2262. */
    private static final List<String> TIMES =
            List.of("DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE");

    private Widening() {}

    /** The narrowest type that holds the values of both; text if there is no other. */
    static ColumnType of(ColumnType one, ColumnType other) {
        if (one.equals(other) || other.equals(NOTHING)) {
            return one;
        }
        if (one.equals(NOTHING)) {
            return other;
        }
        if (one.is(ColumnType.LIST) && other.is(ColumnType.LIST)) {
            return ColumnType.list(of(one.children().get(0), other.children().get(0)));
        }
        if (one.is(ColumnType.STRUCT) && other.is(ColumnType.STRUCT)) {
            return merged(one, other);
        }
        boolean maps = (one.is(ColumnType.MAP) || one.equals(JSON)) && (other.is(ColumnType.MAP) || other.equals(JSON));
        if (maps) {
            return JSON;
        }
        if (isNumber(one) && isNumber(other)) {
            return number(one, other);
        }
        int time = Math.min(TIMES.indexOf(one.name()), TIMES.indexOf(other.name()));
        if (time >= 0) {
            return ColumnType.scalar(TIMES.get(Math.max(TIMES.indexOf(one.name()), TIMES.indexOf(other.name()))));
        }
        return TEXT;
    }

    private static ColumnType merged(ColumnType one, ColumnType other) {
        List<String> fields = new ArrayList<>(one.fields());
        List<ColumnType> types = new ArrayList<>(one.children());
        for (int i = 0; i < other.fields().size(); i++) {
            int at = indexOf(fields, other.fields().get(i));
            if (at < 0) {
                fields.add(other.fields().get(i));
                types.add(other.children().get(i));
            } else {
                types.set(at, of(types.get(at), other.children().get(i)));
            }
        }
        return ColumnType.struct(fields, types);
    }

    private static int indexOf(List<String> fields, String name) {
        return fields.stream().map(Schema::folded).toList().indexOf(Schema.folded(name));
    }

    private static boolean isNumber(ColumnType type) {
        return isWhole(type) || type.is("DECIMAL") || type.is("FLOAT") || type.is("DOUBLE");
    }

    static boolean isWhole(ColumnType type) {
        return SIGNED.contains(type.name()) || UNSIGNED.contains(type.name());
    }

    private static ColumnType number(ColumnType one, ColumnType other) {
        if (isWhole(one) && isWhole(other)) {
            return whole(one.name(), other.name());
        }
        if (one.is("DOUBLE") || one.is("FLOAT") || other.is("DOUBLE") || other.is("FLOAT")) {
            return DOUBLE;
        }
        int scale = Math.max(scale(one), scale(other));
        int width = Math.max(digits(one), digits(other)) + scale;
        return width > ColumnType.MOST_DIGITS
                ? DOUBLE
                : new ColumnType("DECIMAL", width + "," + scale, List.of(), List.of());
    }

    private static ColumnType whole(String one, String other) {
        int signed = Math.max(SIGNED.indexOf(one), SIGNED.indexOf(other));
        int unsigned = Math.max(UNSIGNED.indexOf(one), UNSIGNED.indexOf(other));
        if (signed < 0) {
            return ColumnType.scalar(UNSIGNED.get(unsigned));
        }
        int needed = Math.max(signed, unsigned + (unsigned < 0 ? 0 : 1));
        return needed < SIGNED.size() ? ColumnType.scalar(SIGNED.get(needed)) : DOUBLE;
    }

    private static int scale(ColumnType type) {
        return type.is("DECIMAL")
                ? Integer.parseInt(ColumnType.split(type.arguments()).get(1))
                : 0;
    }

    /** The digits before the point. */
    private static int digits(ColumnType type) {
        if (type.is("DECIMAL")) {
            return Integer.parseInt(ColumnType.split(type.arguments()).get(0)) - scale(type);
        }
        return DIGITS[Math.max(SIGNED.indexOf(type.name()), UNSIGNED.indexOf(type.name()))];
    }

    /** The expression of type {@code to} for the value {@code x}; NULL stays NULL. */
    static String convert(ColumnType from, ColumnType to, String x) {
        return convert(from, to, x, 0);
    }

    private static String convert(ColumnType from, ColumnType to, String x, int depth) {
        if (from.equals(to)) {
            return x;
        }
        if (from.equals(NOTHING)) {
            return "NULL::" + type(to);
        }
        if (to.equals(TEXT)) {
            return JsonRendering.text(from, x);
        }
        if (to.equals(JSON)) {
            return "(" + JsonRendering.json(from, x) + ")::JSON";
        }
        if (from.is(ColumnType.LIST) && to.is(ColumnType.LIST)) {
            String item = "w" + depth;
            return "list_transform(%s, lambda %s: %s)"
                    .formatted(
                            x,
                            item,
                            convert(from.children().get(0), to.children().get(0), item, depth + 1));
        }
        if (from.is(ColumnType.STRUCT) && to.is(ColumnType.STRUCT)) {
            return struct(from, to, x, depth);
        }
        return x + "::" + type(to);
    }

    private static String struct(ColumnType from, ColumnType to, String x, int depth) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < to.fields().size(); i++) {
            int at = indexOf(from.fields(), to.fields().get(i));
            ColumnType type = to.children().get(i);
            String value = at < 0
                    ? "NULL::" + type(type)
                    : convert(
                            from.children().get(at), type, "struct_extract_at(%s, %d)".formatted(x, at + 1), depth + 1);
            members.add("%s: %s".formatted(DuckDb.literal(to.fields().get(i)), value));
        }
        return "CASE WHEN %s IS NOT NULL THEN {%s} END".formatted(x, String.join(", ", members));
    }

    /** The type of a dataset's column for a type of a file. */
    static ColumnType inDataset(ColumnType type) {
        return type.isWide() ? TEXT : type.withChildren(Widening::inDataset);
    }

    /** The type in SQL. */
    static String type(ColumnType type) {
        return spoken(type).toString();
    }

    private static ColumnType spoken(ColumnType type) {
        return type.equals(NOTHING) ? ColumnType.scalar("INTEGER") : type.withChildren(Widening::spoken);
    }
}
