package com.bytefreezer.connector.query;

import com.bytefreezer.connector.query.JsonRendering.Column;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes the SQL that turns a row, whose columns are named {@code c0}, {@code c1}, …, into its record: a JSON object with the
 * values as {@link JsonRendering} has them.
 *
 * <p>Columns that are NULL in most records, as those of many kinds of events in one dataset, cost little in groups.
 */
final class RowRendering {
    private static final int GROUP = 8;
    /** Records of more columns are mostly NULLs where these are written: {@link NullGroups} writes them then. */
    private static final int FEW_COLUMNS = 32;
    /** Between two groups of a short record; never in JSON. */
    static final byte END_OF_GROUP = 1;

    private final List<Column> columns;
    private final boolean omitNulls;
    /** The positions of the columns of each group. */
    private final List<List<Integer>> groups;

    /**
     * @param omitNulls leave out what is NULL instead of writing null
     * @param hidden the name of columns to leave out
     */
    RowRendering(List<Column> columns, boolean omitNulls, String hidden) {
        this.columns = columns;
        this.omitNulls = omitNulls;
        List<Integer> shown = IntStream.range(0, columns.size())
                .filter(i -> !columns.get(i).name().equals(hidden))
                .boxed()
                .toList();
        groups = IntStream.iterate(0, i -> i < shown.size(), i -> i + GROUP)
                .mapToObj(i -> shown.subList(i, Math.min(i + GROUP, shown.size())))
                .toList();
    }

    /** The expression for a record. */
    String record() {
        return record(Long.MAX_VALUE);
    }

    /**
     * The expression for a record of at most {@code most} bytes without what {@link #nullGroups} puts in; what it gives
     * for another one has more bytes and is worth nothing. It spares DuckDB long texts.
     */
    String shortRecord(long most) {
        return record(most);
    }

    /** What completes a {@link #shortRecord}. */
    NullGroups nullGroups() {
        return leavesOutNulls()
                ? new NullGroups(groups.stream().map(this::nulls).toList())
                : NullGroups.NONE;
    }

    private boolean leavesOutNulls() {
        return !omitNulls && columns.size() > FEW_COLUMNS;
    }

    private String record(long most) {
        if (groups.isEmpty()) {
            return "'{}'";
        }
        boolean isShort = most != Long.MAX_VALUE;
        String between = isShort && leavesOutNulls() ? ", chr(%d), ".formatted(END_OF_GROUP) : ", ";
        String all = groups.stream()
                .map(group -> "CASE WHEN %s THEN %s%s ELSE concat(%s) END"
                        .formatted(
                                group.stream().map("c%d IS NULL"::formatted).collect(Collectors.joining(" AND ")),
                                JsonRendering.literal(isShort && leavesOutNulls() ? "" : nulls(group)),
                                isShort ? tooLong(group, most) : "",
                                members(group, most)))
                .collect(Collectors.joining(between));
        return omitNulls
                ? "concat('{', substr(concat(%s), 2), '}')".formatted(all)
                : "concat('{', %s, '}')".formatted(all);
    }

    private String members(List<Integer> group, long most) {
        return group.stream()
                .map(i -> {
                    ColumnType type = columns.get(i).type();
                    String value = JsonRendering.json(type, "c" + i, isText(i) ? Long.MAX_VALUE : most);
                    String key = JsonRendering.literal(key(i));
                    // To concat NULL is nothing.
                    return omitNulls
                            ? "%s || %s".formatted(key, value)
                            : "%s, coalesce(%s, 'null')".formatted(key, value);
                })
                .collect(Collectors.joining(", "));
    }

    private boolean isText(int column) {
        return columns.get(column).type().is("VARCHAR");
    }

    /** For a group with a text of more than {@code most} bytes some text that is as long. */
    private String tooLong(List<Integer> group, long most) {
        List<String> lengths = group.stream()
                .filter(this::isText)
                .map("strlen(c%d)"::formatted)
                .toList();
        if (lengths.isEmpty()) {
            return "";
        }
        String longest = "greatest(%s)".formatted(String.join(", ", lengths));
        // DuckDB would make a constant of the long text, and copy it for each group whenever it plans.
        return " WHEN %1$s > %2$d THEN repeat('x', least(%1$s, %3$d)::BIGINT)".formatted(longest, most, most + 1);
    }

    private String nulls(List<Integer> group) {
        return omitNulls ? "" : group.stream().map(i -> key(i) + "null").collect(Collectors.joining());
    }

    private String key(int column) {
        boolean isFirst = !omitNulls && column == groups.get(0).get(0);
        return (isFirst ? "" : ",") + JsonRendering.jsonText(columns.get(column).name()) + ":";
    }

    /**
     * The expression for the size of the record in bytes, about: what it takes to write the characters of its texts
     * otherwise is not counted.
     */
    String size() {
        List<Integer> shown = groups.stream().flatMap(List::stream).toList();
        int names = shown.stream()
                .mapToInt(i -> key(i).getBytes(StandardCharsets.UTF_8).length)
                .sum();
        return "%d + %s"
                .formatted(
                        names, sum(shown.stream().map(i -> size(columns.get(i).type(), "c" + i, 0))));
    }

    private static String size(ColumnType type, String x, int depth) {
        return switch (type.name()) {
            case "VARCHAR" -> "strlen(%s)".formatted(x);
            case "JSON", "BIT", "BIGNUM", ColumnType.UNION -> "strlen(%s::VARCHAR)".formatted(x);
            case "VARIANT" -> "strlen(%s::JSON::VARCHAR)".formatted(x);
            case "BLOB" -> "octet_length(%s) * 4 // 3".formatted(x);
            case ColumnType.LIST -> sizeOfList(type.children().get(0), x, depth);
            case ColumnType.MAP ->
                sum(Stream.of(
                        sizeOfList(type.children().get(0), "map_keys(%s)".formatted(x), depth),
                        sizeOfList(type.children().get(1), "map_values(%s)".formatted(x), depth)));
            case ColumnType.STRUCT ->
                sum(IntStream.range(0, type.children().size())
                        .mapToObj(i ->
                                size(type.children().get(i), "struct_extract_at(%s, %d)".formatted(x, i + 1), depth)));
            default -> "8";
        };
    }

    /** Of NULL, and of what is none, nothing. A chain of hundreds of additions would need a deep stack. */
    private static String sum(Stream<String> parts) {
        List<String> all = new ArrayList<>(parts.toList());
        all.add("0");
        return "list_sum([%s])::BIGINT".formatted(String.join(", ", all));
    }

    private static String sizeOfList(ColumnType element, String x, int depth) {
        return "list_sum(list_transform(%s, lambda s%d: 1 + coalesce(%s, 0)))::BIGINT"
                .formatted(x, depth, size(element, "s" + depth, depth + 1));
    }
}
