package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Writes the SQL that turns a value into its JSON text, by these rules for every destination and the preview:
 *
 * <ul>
 *   <li>integers of any width exact; DECIMAL a number with all its digits; DOUBLE and FLOAT shortest, whole ones
 *       without a fraction ({@code 443}, as the original writes them); NaN and infinities null
 *   <li>TIMESTAMP in all precisions and TIMESTAMPTZ as ISO 8601 in UTC, {@code 2026-01-02T03:04:05.678Z}, also inside
 *       LIST, STRUCT and MAP, also before the year 1 ({@code -0043-03-15}) and after 9999 ({@code +10000-01-01}); DATE {@code 2026-01-02}; TIME {@code 03:04:05.678}
 *   <li>UUID, INTERVAL, ENUM and BIT as text; BLOB base64; JSON embedded as it is
 *   <li>LIST, ARRAY and a STRUCT without names an array; STRUCT and MAP an object; UNION an object with the member's name;
 *       NULL null
 * </ul>
 *
 * <p>DuckDB's {@code to_json} does most of this. Values that it writes differently get their own expressions (seen on 1.5.5: NaN and Infinity as bare words, timestamps with a blank, FLOAT widened, DECIMAL(n,0) with {@code .0}).
 */
final class JsonRendering {
    private static final Set<String> INTEGERS = Set.of(
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "UHUGEINT",
            "BIGNUM");
    private static final Set<String> TEXTS = Set.of("UUID", "TIME_NS", "INTERVAL", "BIT", "TIME WITH TIME ZONE");
    private static final Set<String> COARSE_TIMESTAMPS = Set.of("TIMESTAMP_S", "TIMESTAMP_MS");

    private static final Set<String> WITH_INFINITIES =
            Set.of("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE");

    private static final JsonRendering OF_ANY_LENGTH = new JsonRendering(Long.MAX_VALUE, Optional.empty());

    private final long most;
    private final Optional<String> notFinite;

    /**
     * A rendering that spares DuckDB the work for long texts.
     *
     * @param most maximum bytes of a value; the text of a longer value is also longer, but otherwise wrong
     * @param notFinite as {@link DuckDb.Reader#notFinite}
     */
    private JsonRendering(long most, Optional<String> notFinite) {
        this.most = most;
        this.notFinite = notFinite;
    }

    /**
     * A column of the user's query.
     *
     * @param typeName the type as DuckDB writes it
     */
    record Column(String name, ColumnType type, String typeName) {
        static Column of(String name, String typeName) {
            return new Column(name, ColumnType.of(typeName), typeName);
        }
    }

    /** The expression for the JSON text of {@code expression}; NULL for NULL. */
    static String json(ColumnType type, String expression) {
        return OF_ANY_LENGTH.value(type, expression, 0);
    }

    /** As above, for values of at most {@code most} bytes; a longer value gives a longer but useless text. */
    static String json(ColumnType type, String expression, long most, Optional<String> notFinite) {
        return new JsonRendering(most, notFinite).value(type, expression, 0);
    }

    /** The expression for the JSON of a text, of DuckDB's type JSON without a conversion, for appending to another text. */
    static String quoted(String expression) {
        return "to_json(%s)".formatted(expression);
    }

    /** The expression for {@code expression} as text: its JSON without the quotes of a string. */
    static String text(ColumnType type, String expression) {
        return switch (type.name()) {
            case "VARCHAR", "JSON", "ENUM" -> expression + "::VARCHAR";
            // Some writers write texts as bytes.
            case "BLOB" -> "coalesce(try(decode(%1$s)), base64(%1$s))".formatted(expression);
            case "DOUBLE", "FLOAT" -> onceEach(type, expression, x -> json(type, x));
            default ->
                type.isNested() || type.is("VARIANT")
                        ? json(type, expression)
                        : "trim(%s, '\"')".formatted(onceEach(type, expression, x -> json(type, x)));
        };
    }

    /**
     * Applies {@code work} to {@code expression}, once for each entry if the file has a dictionary: DuckDB does this for functions of one column, but not for CASE.
     */
    static String onceEach(ColumnType type, String expression, UnaryOperator<String> work) {
        String plain = work.apply(expression);
        return type.isNested() || !plain.contains("CASE ")
                ? plain
                : "list_transform([%s], lambda one: %s)[1]".formatted(expression, work.apply("one"));
    }

    /** The expression of type VARCHAR for the JSON text of {@code expression}; NULL for NULL. */
    private String value(ColumnType type, String expression, int depth) {
        if (type.name().equals(ColumnType.LIST)) {
            return list(type.children().get(0), expression, depth);
        }
        if (type.name().equals(ColumnType.STRUCT)) {
            return struct(type, expression, depth);
        }
        if (type.name().equals(ColumnType.UNION)) {
            return union(type, expression, depth);
        }
        if (type.name().equals(ColumnType.MAP)) {
            return map(type, expression, depth);
        }
        String json = type.isFraction() ? fraction(expression) : scalar(type.name(), expression);
        return notFinite
                .map(mark -> orNotFinite(type.name(), expression, json, mark))
                .orElse(json);
    }

    /** DuckDB writes no digit before the point. */
    private static String fraction(String x) {
        return "regexp_replace(%s::VARCHAR, '^(-?)[.]', '\\10.')".formatted(x);
    }

    private String scalar(String type, String x) {
        if (INTEGERS.contains(type) || type.equals("BOOLEAN") || type.equals("DECIMAL")) {
            return x + "::VARCHAR";
        }
        if (type.equals("DOUBLE")) {
            return number(x, "to_json(%s)::VARCHAR".formatted(x));
        }
        if (type.equals("FLOAT")) {
            return number(x, x + "::VARCHAR");
        }
        if (COARSE_TIMESTAMPS.contains(type)) {
            String text = "'\"' || replace(%s::VARCHAR, ' ', 'T') || 'Z\"'".formatted(x);
            return "CASE WHEN year(%s) BETWEEN 1 AND 9999 THEN %s ELSE %s END"
                    .formatted(x, text, timestamp(x, x + "::TIMESTAMP"));
        }
        if (type.equals("TIMESTAMP_NS")) {
            return nanoseconds(x);
        }
        if (type.equals("TIMESTAMP")) {
            return timestamp(x, x);
        }
        if (type.equals("TIMESTAMP WITH TIME ZONE")) {
            return timestamp(x, "make_timestamp(epoch_us(%s))".formatted(x));
        }
        if (type.equals("DATE")) {
            return "CASE WHEN %1$s BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN '\"' || %1$s::VARCHAR || '\"' WHEN isfinite(%1$s) THEN concat('\"', %2$s, '\"') END"
                    .formatted(x, farDate(x));
        }
        if (type.equals("TIME")) {
            // A file may contain a time outside the day, whose text would crash DuckDB's process (seen on 1.5.5).
            return "'\"' || to_microseconds(epoch_us(%s))::VARCHAR || '\"'".formatted(x);
        }
        if (TEXTS.contains(type)) {
            return "'\"' || %s::VARCHAR || '\"'".formatted(x);
        }
        if (type.equals("BLOB")) {
            return bounded("octet_length(%s) * 4 // 3".formatted(x), "'\"' || base64(%s) || '\"'".formatted(x));
        }
        if (type.equals("JSON")) {
            return bounded("strlen(%s::VARCHAR)".formatted(x), embedded(x + "::VARCHAR"));
        }
        if (type.equals("VARIANT")) {
            return embedded(x + "::JSON::VARCHAR");
        }
        String text = "to_json(%s)::VARCHAR".formatted(x);
        return type.equals("VARCHAR") ? bounded("strlen(%s)".formatted(x), text) : text;
    }

    /** The value's text; any longer text if it makes the record too long. */
    private String bounded(String least, String text) {
        return most == Long.MAX_VALUE
                ? text
                // DuckDB would fold the long text into a constant, and copy it for each column whenever it plans.
                : "CASE WHEN %1$s > %2$d THEN repeat('x', least(%1$s, %3$d)::BIGINT) ELSE %4$s END"
                        .formatted(least, most, most + 1, text);
    }

    /** DuckDB accepts more than JSON: NaN, Infinity and a trailing comma. Such a text becomes a string. */
    private static String embedded(String text) {
        return """
                CASE WHEN NOT coalesce(json_valid(%1$s), true) OR (regexp_matches(%1$s, '(?i)nan|inf|,\\s*[\\]}]')
                  AND regexp_matches(regexp_replace(%1$s, '"(\\\\.|[^"\\\\])*"', '""', 'g'), '(?i)nan|inf|,\\s*[\\]}]'))
                THEN to_json(%1$s)::VARCHAR ELSE translate(%1$s, chr(10) || chr(13), '  ') END""".formatted(text);
    }

    /** NaN, infinities and values that do not fit into a BIGINT do not count as whole numbers. */
    private static String number(String x, String other) {
        return "CASE WHEN try_cast(%1$s AS BIGINT) = %1$s THEN try_cast(%1$s AS BIGINT)::VARCHAR WHEN isfinite(%1$s) THEN %2$s END"
                .formatted(x, other);
    }

    /** {@code json}, or else a text for what JSON has no value for. */
    private static String orNotFinite(String type, String x, String json, String mark) {
        if (type.equals("DOUBLE") || type.equals("FLOAT")) {
            return "coalesce(%2$s, CASE WHEN isnan(%1$s) THEN '\"%3$sNaN\"' WHEN isinf(%1$s) THEN CASE WHEN %1$s > 0 THEN '\"%3$sInfinity\"' ELSE '\"%3$s-Infinity\"' END END)"
                    .formatted(x, json, mark);
        }
        return WITH_INFINITIES.contains(type)
                ? "coalesce(%2$s, CASE WHEN isinf(%1$s) THEN '\"%3$s' || %1$s::VARCHAR || '\"' END)"
                        .formatted(x, json, mark)
                : json;
    }

    /** Faster than replacing the blank in the whole text; the other precisions have a larger range and need that. */
    private static String timestamp(String x, String inUtc) {
        String text = "concat('\"', %s, 'T', %s::TIME::VARCHAR, 'Z\"')";
        return "CASE WHEN epoch_us(%s) BETWEEN -62135596800000000 AND 253402300799999999 THEN %s WHEN isfinite(%s) THEN %s END"
                .formatted(
                        x,
                        text.formatted(inUtc + "::DATE::VARCHAR", inUtc),
                        x,
                        text.formatted(farDate(inUtc + "::DATE"), inUtc));
    }

    /**
     * A date before the year 1 or after 9999 in ISO 8601: -0043-03-15 (44 BC), +10000-01-01. Not with year(), month() and day(): each fills a table of 29,000 dates before the first value, and in a lambda with every block.
     */
    private static String farDate(String date) {
        return "list_transform([date_part(['year', 'month', 'day'], %s)], lambda far: concat(CASE WHEN far.year < 0 THEN '-' WHEN far.year > 9999 THEN '+' END, format('{:04d}-{:02d}-{:02d}', abs(far.year), far.month, far.day)))[1]"
                .formatted(date);
    }

    /**
     * DuckDB has no text for nanoseconds on its first day, so these are cut to microseconds. Other programs use the smallest value as "not a time".
     */
    private static String nanoseconds(String x) {
        String text = "'\"' || replace(%s::VARCHAR, ' ', 'T') || 'Z\"'".formatted(x);
        String cut = timestamp(x, "make_timestamp(epoch_us(%s))".formatted(x));
        return "CASE WHEN epoch_ns(%s) <> -9223372036854775808 THEN %s END"
                .formatted(x, finite(x, "coalesce(try(%s), %s)".formatted(text, cut)));
    }

    private static String finite(String x, String text) {
        return "CASE WHEN isfinite(%s) THEN %s END".formatted(x, text);
    }

    private String list(ColumnType element, String x, int depth) {
        String item = "e" + depth;
        return bounded(
                "2 * len(%s)".formatted(x),
                "CASE WHEN %s IS NOT NULL THEN '[' || %s || ']' END"
                        .formatted(
                                x,
                                joined("list_transform(%s, lambda %s: coalesce(%s, 'null'))"
                                        .formatted(x, item, value(element, item, depth + 1)))));
    }

    /** The texts of a list, with commas between them. Not with array_to_string(): that is a macro, which repeats its argument. */
    private static String joined(String texts) {
        return "coalesce(list_aggr(%s, 'string_agg', ','), '')".formatted(texts);
    }

    /** The first of several entries with the same key, as in DuckDB. */
    private String map(ColumnType type, String x, int depth) {
        String keys = "k" + depth;
        String entry = "e" + depth;
        // Searching for each key is slow in a large map.
        String isFirst = "CASE WHEN %1$s.once THEN true ELSE list_position(%1$s.texts, %2$s[1]) = i%3$d END"
                .formatted(keys, entry, depth);
        String member = "CASE WHEN %s THEN to_json(%s[1])::VARCHAR || ':' || coalesce(%s, 'null') END"
                .formatted(isFirst, entry, value(type.children().get(1), entry + "[2]", depth + 1));
        String texts = "list_transform(map_keys(%s), lambda %s: %s)"
                .formatted(x, entry, key(type.children().get(0), entry));
        String each = "list_transform(list_zip(%s.texts, map_values(%s)), lambda %s, i%d: %s)"
                .formatted(keys, x, entry, depth, member);
        String members =
                "list_transform(list_transform([%1$s], lambda %2$s: {'texts': %2$s, 'once': list_unique(%2$s) = len(%2$s)}), lambda %2$s: %3$s)[1]"
                        .formatted(texts, keys, joined(each));
        return bounded(
                "5 * cardinality(%s)".formatted(x),
                "CASE WHEN %s IS NOT NULL THEN '{' || %s || '}' END".formatted(x, members));
    }

    /** The text of a key. A key that is null in JSON still has its own text. */
    private static String key(ColumnType type, String x) {
        if (type.is("BLOB")) {
            return "coalesce(base64(%s), 'null')".formatted(x);
        }
        return type.isNested()
                ? "coalesce(%s, 'null')".formatted(json(type, x))
                : "coalesce(%s, try(%s::VARCHAR), 'null')".formatted(text(type, x), x);
    }

    private String struct(ColumnType type, String x, int depth) {
        boolean named = !type.fields().isEmpty();
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < type.children().size(); i++) {
            String key = (i == 0 ? "" : ",") + (named ? jsonText(type.fields().get(i)) + ":" : "");
            String member = "struct_extract_at(%s, %d)".formatted(x, i + 1);
            parts.add("%s, coalesce(%s, 'null')"
                    .formatted(DuckDb.literal(key), value(type.children().get(i), member, depth + 1)));
        }
        return "CASE WHEN %s IS NOT NULL THEN concat('%s', %s, '%s') END"
                .formatted(x, named ? "{" : "[", String.join(", ", parts), named ? "}" : "]");
    }

    private String union(ColumnType type, String x, int depth) {
        StringBuilder cases = new StringBuilder();
        for (int i = 0; i < type.fields().size(); i++) {
            String tag = type.fields().get(i);
            String member = "union_extract(%s, %s)".formatted(x, DuckDb.literal(tag));
            cases.append(" WHEN %s THEN concat(%s, coalesce(%s, 'null'), '}')"
                    .formatted(
                            DuckDb.literal(tag),
                            DuckDb.literal("{" + jsonText(tag) + ":"),
                            value(type.children().get(i), member, depth + 1)));
        }
        return "CASE union_tag(%s)%s END".formatted(x, cases);
    }

    /** {@code text} as a JSON string. */
    static String jsonText(String text) {
        return TextNode.valueOf(text).toString();
    }
}
