package com.bytefreezer.connector.query;

import java.math.BigInteger;

/**
 * Makes of a value as DuckDB reads it the value that its writer means, where only the newer annotation of the format says so: a number is a date, bytes are a decimal, see {@link FileColumn#meant}.
 */
final class Meaning implements Leaves.Change {
    private static final Meaning MEANING = new Meaning();
    private static final BigInteger OVERFLOW = BigInteger.TWO.pow(Long.SIZE);
    /** The hexadecimal digits of the largest integer, and of half of it. */
    private static final int DIGITS = 32;

    private Meaning() {}

    /** The expression for the value {@code x}, which DuckDB reads as {@code read}. */
    static String sql(ColumnType read, ColumnType meant, String x) {
        return Leaves.change(read, meant, x, MEANING);
    }

    @Override
    public boolean concerns(ColumnType from, ColumnType to) {
        return !from.equals(to) && !from.equals(Widening.NOTHING);
    }

    @Override
    public String of(ColumnType from, ColumnType to, String x) {
        return switch (to.name()) {
            case "DATE" -> "make_date(%s)".formatted(x);
            case "UTINYINT", "USMALLINT", "UINTEGER" -> "(%s::BIGINT & %d)::%s".formatted(x, mask(to.name()), to);
            case "UBIGINT" ->
                "CASE WHEN %1$s < 0 THEN %1$s::HUGEINT + %2$s ELSE %1$s END::UBIGINT".formatted(x, OVERFLOW);
            case "DECIMAL" -> decimal(from.is("BLOB") ? whole(x) : x + "::HUGEINT", to);
            default -> RawCopies.typed(from, to, x);
        };
    }

    private static long mask(String type) {
        return switch (type) {
            case "UTINYINT" -> 0xffL;
            case "USMALLINT" -> 0xffffL;
            default -> 0xffffffffL;
        };
    }

    /** Bytes as a signed integer, the first one most significant; NULL if it has too many. */
    private static String whole(String bytes) {
        String sign = "CASE WHEN hex[1] >= '8' THEN 'F' ELSE '0' END";
        String padded = "right(repeat(%s, %d) || hex, %d)".formatted(sign, DIGITS, DIGITS);
        String fits =
                "ltrim(left(hex, greatest(strlen(hex) - %d, 0)::BIGINT), %s) = '' AND (hex[-%d] >= '8') = (hex[1] >= '8')"
                        .formatted(DIGITS, sign, DIGITS);
        String high = "('0x' || left(%s, %d))::UBIGINT::HUGEINT".formatted(padded, DIGITS / 2);
        String low = "('0x' || right(%s, %d))::UBIGINT::HUGEINT".formatted(padded, DIGITS / 2);
        return each(
                "hex(%s)".formatted(bytes),
                "hex",
                "CASE WHEN hex <> '' AND (strlen(hex) <= %d OR (%s)) THEN try((%s - CASE WHEN hex[1] >= '8' THEN %s ELSE 0 END) * %s + %s) END"
                        .formatted(DIGITS, fits, high, OVERFLOW, OVERFLOW, low));
    }

    /** An integer with a decimal point; NULL if it has more digits than its type. */
    private static String decimal(String whole, ColumnType type) {
        int scale = Integer.parseInt(ColumnType.split(type.arguments()).get(1));
        String digits = "lpad(ltrim(n::VARCHAR, '-'), greatest(strlen(ltrim(n::VARCHAR, '-')), %d)::INTEGER, '0')"
                .formatted(scale + 1);
        String text = scale == 0
                ? "n::VARCHAR"
                : "CASE WHEN n < 0 THEN '-' ELSE '' END || left(%1$s, -%2$d) || '.' || right(%1$s, %2$d)"
                        .formatted(digits, scale);
        return each(whole, "n", "try_cast(%s AS %s)".formatted(text, type));
    }

    /** The expression over a name, so that a value is worked out once. */
    private static String each(String x, String name, String expression) {
        return "list_transform([%s], lambda %s: %s)[1]".formatted(x, name, expression);
    }
}
