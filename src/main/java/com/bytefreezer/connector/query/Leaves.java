package com.bytefreezer.connector.query;

import java.util.ArrayList;
import java.util.List;

/** Changes the values within lists, structures and maps, each by itself. */
final class Leaves {
    private final Change change;

    /** The conversion of one value. */
    interface Change {
        /** Whether values of the type {@code from} change on the way to the type {@code to}. */
        boolean concerns(ColumnType from, ColumnType to);

        /** The expression for the changed value of {@code x}; neither type has children. */
        String of(ColumnType from, ColumnType to, String x);
    }

    private Leaves(Change change) {
        this.change = change;
    }

    /**
     * The expression for {@code x} with changed values.
     *
     * @param from its type
     * @param to the new type, with the same structure; or a LIST or MAP for the STRUCT that it is in the file, or a STRUCT of one for its member
     */
    static String change(ColumnType from, ColumnType to, String x, Change change) {
        return new Leaves(change).of(from, to, x, 0);
    }

    private boolean concerns(ColumnType from, ColumnType to) {
        if (isMember(from, to)) {
            return true;
        }
        if (!from.isNested() || !from.is(to.name())) {
            return change.concerns(from, to);
        }
        for (int i = 0; i < from.children().size(); i++) {
            if (concerns(from.children().get(i), to.children().get(i))) {
                return true;
            }
        }
        return false;
    }

    private String of(ColumnType from, ColumnType to, String x, int depth) {
        if (!concerns(from, to)) {
            return x;
        }
        if (isMember(from, to)) {
            return "{%s: %s}"
                    .formatted(
                            DuckDb.literal(to.fields().get(0)),
                            of(from, to.children().get(0), x, depth));
        }
        if (!from.isNested()) {
            return change.of(from, to, x);
        }
        if (!from.is(to.name())) {
            return plain(from, to, x, depth);
        }
        return switch (from.name()) {
            case ColumnType.LIST -> elements(from, to, 0, x, depth);
            case ColumnType.MAP ->
                "map(%s, %s)"
                        .formatted(
                                elements(from, to, 0, "map_keys(" + x + ")", depth),
                                elements(from, to, 1, "map_values(" + x + ")", depth));
            case ColumnType.STRUCT -> struct(from, to, x, depth);
            default -> x;
        };
    }

    private static boolean isMember(ColumnType from, ColumnType to) {
        return to.is(ColumnType.STRUCT)
                && to.fields().size() == 1
                && !(from.is(ColumnType.STRUCT) && from.fields().equals(to.fields()));
    }

    /** Makes a list or a map of the structure that it has in the file: a group with a repeated member. */
    private String plain(ColumnType from, ColumnType to, String x, int depth) {
        ColumnType list = from.children().get(0);
        String inside = "coalesce(struct_extract_at(%s, 1), [])".formatted(x);
        if (to.is(ColumnType.LIST)) {
            return "CASE WHEN %s IS NOT NULL THEN %s END".formatted(x, of(list, to, inside, depth));
        }
        ColumnType entry = list.children().get(0);
        String keys = "list_transform(%s, lambda e: struct_extract_at(e, 1))".formatted(inside);
        // A map has each key once, and none without a name.
        String entries =
                "list_filter(%s, lambda e, i: struct_extract_at(e, 1) IS NOT NULL AND list_position(%s, struct_extract_at(e, 1)) = i)"
                        .formatted(inside, keys);
        ColumnType map = new ColumnType(ColumnType.MAP, "", entry.children(), List.of());
        return "CASE WHEN %s IS NOT NULL THEN %s END"
                .formatted(x, of(map, to, "map_from_entries(%s)".formatted(entries), depth));
    }

    private String elements(ColumnType from, ColumnType to, int child, String list, int depth) {
        String item = "v" + depth;
        return "list_transform(%s, lambda %s: %s)"
                .formatted(
                        list, item, of(from.children().get(child), to.children().get(child), item, depth + 1));
    }

    private String struct(ColumnType from, ColumnType to, String x, int depth) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < to.fields().size(); i++) {
            String member = "struct_extract_at(%s, %d)".formatted(x, i + 1);
            members.add(DuckDb.literal(to.fields().get(i)) + ": "
                    + of(from.children().get(i), to.children().get(i), member, depth));
        }
        return "CASE WHEN %s IS NOT NULL THEN {%s} END".formatted(x, String.join(", ", members));
    }
}
