package com.bytefreezer.connector.query;

import com.bytefreezer.connector.query.JsonRendering.Column;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes the SQL that turns a row with columns {@code c0}, {@code c1}, … into its record: a JSON object with values written by {@link JsonRendering}.
 */
final class RowRendering {
    /** With more columns, records are mostly NULLs; {@link Members} writes these and the names. */
    static final int FEW_COLUMNS = 32;

    private final List<Column> columns;
    private final boolean omitNulls;
    private final String hidden;
    private final Optional<String> notFinite;
    /** The names of the columns whose texts need no limit. */
    private final Set<String> shortTexts;
    /** The positions of the columns of a record. */
    private final List<Integer> shown;

    /**
     * @param omitNulls leaves out NULLs instead of writing null
     * @param hidden the name of the columns to leave out
     */
    RowRendering(List<Column> columns, boolean omitNulls, String hidden) {
        this(columns, omitNulls, hidden, Optional.empty());
    }

    /** @param notFinite as {@link DuckDb.Reader#notFinite} */
    RowRendering(List<Column> columns, boolean omitNulls, String hidden, Optional<String> notFinite) {
        this(columns, omitNulls, hidden, notFinite, Set.of());
    }

    private RowRendering(
            List<Column> columns,
            boolean omitNulls,
            String hidden,
            Optional<String> notFinite,
            Set<String> shortTexts) {
        this.columns = columns;
        this.omitNulls = omitNulls;
        this.hidden = hidden;
        this.notFinite = notFinite;
        this.shortTexts = shortTexts;
        shown = IntStream.range(0, columns.size())
                .filter(i -> !columns.get(i).name().equals(hidden))
                .boxed()
                .toList();
    }

    /** The same, where texts of these columns are short, so that {@link #shortRecord} need not look at their lengths. */
    RowRendering withShort(Set<String> texts) {
        return new RowRendering(columns, omitNulls, hidden, notFinite, texts);
    }

    /** The expression for a record. */
    String record() {
        return whole(Long.MAX_VALUE);
    }

    /**
     * The expression for a record of at most {@code most} bytes, without the parts that {@link #members} adds. A larger record gives NULL, or a longer but useless text. This spares DuckDB the work for long texts.
     */
    String shortRecord(long most) {
        String all = isWide() ? values(most) : whole(most);
        if (most == Long.MAX_VALUE) {
            return all;
        }
        String lengths = shown.stream()
                .filter(this::isText)
                .filter(i -> !shortTexts.contains(columns.get(i).name()))
                .map("strlen(c%d)"::formatted)
                .collect(Collectors.joining(", "));
        return lengths.isEmpty()
                ? all
                : "CASE WHEN greatest(%s) > %d THEN NULL ELSE %s END".formatted(lengths, most, all);
    }

    /** Completes a {@link #shortRecord}. */
    Members members() {
        return isWide()
                ? new Members(shown.stream().map(i -> columns.get(i).name()).toList(), omitNulls)
                : Members.NONE;
    }

    private boolean isWide() {
        return shown.size() > FEW_COLUMNS;
    }

    private String whole(long most) {
        if (shown.isEmpty()) {
            return "'{}'";
        }
        // concat ignores NULL.
        return omitNulls
                ? "concat('{', substr(concat(%s), 2), '}')"
                        .formatted(joined(i -> "%s || %s".formatted(key(i), value(i, most))))
                : "concat('{', %s, '}')"
                        .formatted(joined(i -> "%s, coalesce(%s, 'null')".formatted(key(i), value(i, most))));
    }

    private String values(long most) {
        String each = IntStream.range(0, shown.size())
                .mapToObj(i -> "%s || %s"
                        .formatted(
                                omitNulls ? key(shown.get(i)) : DuckDb.literal(Members.mark(i)),
                                onceEach(shown.get(i), most)))
                .collect(Collectors.joining(", "));
        return omitNulls ? "concat(%s, '}')".formatted(each) : "concat('{', %s)".formatted(each);
    }

    private String joined(IntFunction<String> member) {
        return shown.stream().map(member::apply).collect(Collectors.joining(", "));
    }

    /** Texts have no limit here, because a row with a long text gives NULL, see {@link #shortRecord}. */
    private String value(int column, long most) {
        return json(columns.get(column).type(), "c" + column, isText(column) ? Long.MAX_VALUE : most);
    }

    private String onceEach(int column, long most) {
        ColumnType type = columns.get(column).type();
        return isText(column)
                ? JsonRendering.quoted("c" + column)
                : JsonRendering.onceEach(type, "c" + column, x -> json(type, x, most));
    }

    private String json(ColumnType type, String x, long most) {
        return JsonRendering.json(type, x, most, notFinite);
    }

    private boolean isText(int column) {
        return columns.get(column).type().is("VARCHAR");
    }

    private String key(int column) {
        return DuckDb.literal(
                comma(column) + JsonRendering.jsonText(columns.get(column).name()) + ":");
    }

    private String comma(int column) {
        return !omitNulls && column == shown.get(0) ? "" : ",";
    }

    /**
     * The expression for the approximate size of the record in bytes, without the escapes in its texts.
     */
    String size() {
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

    /** A NULL counts nothing. A chain of hundreds of additions would need a deep stack. */
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
