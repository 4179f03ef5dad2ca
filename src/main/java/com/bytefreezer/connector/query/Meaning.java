package com.bytefreezer.connector.query;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes of a value as DuckDB reads it the value that its writer means, where only the newer annotation of the format says so: a number is a date, bytes are a decimal, see {@link FileColumn#meant}.
 */
final class Meaning implements Leaves.Change {
    private static final Meaning MEANING = new Meaning();
    private static final BigInteger OVERFLOW = BigInteger.TWO.pow(Long.SIZE);
    /** The hexadecimal digits of the largest integer, and of half of it. */
    private static final int DIGITS = 32;

    private static final int WORD_DIGITS = 16;
    /** What the widest DECIMAL of Arrow has. */
    private static final int WIDE_WORDS = 4;

    private static final int FACTOR_DIGITS = 18;

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
            case "DECIMAL" ->
                to.isWide() ? wideDecimal(x, to) : decimal(from.is("BLOB") ? whole(x) : x + "::HUGEINT", to);
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
        String high = word(0) + "::HUGEINT";
        return ofDigits(
                bytes,
                DIGITS,
                "try((%s - CASE WHEN hex[1] >= '8' THEN %s ELSE 0 END) * %s + %s)"
                        .formatted(high, OVERFLOW, OVERFLOW, word(1)));
    }

    /** The same of up to 256 bits, as text. */
    private static String wideWhole(String bytes) {
        List<String> terms = new ArrayList<>();
        for (int i = 0; i < WIDE_WORDS; i++) {
            String factor = OVERFLOW.pow(WIDE_WORDS - 1 - i).toString();
            // A product with so many digits is a HUGEINT.
            for (int end = factor.length(); end > 0; end -= FACTOR_DIGITS) {
                terms.add("((%s::HUGEINT * %s)::VARCHAR || '%s')::BIGNUM"
                        .formatted(
                                word(i),
                                factor.substring(Math.max(0, end - FACTOR_DIGITS), end),
                                "0".repeat(factor.length() - end)));
            }
        }
        terms.add("CASE WHEN hex[1] >= '8' THEN '-%s' ELSE '0' END::BIGNUM".formatted(OVERFLOW.pow(WIDE_WORDS)));
        return ofDigits(
                bytes,
                WIDE_WORDS * WORD_DIGITS,
                "CASE WHEN hex IS NOT NULL THEN list_sum([%s])::VARCHAR END".formatted(String.join(", ", terms)));
    }

    /**
     * The expression over the hexadecimal digits of bytes, called {@code hex}.
     *
     * @param digits how many there are, after those of a shorter value are completed; a larger value gives NULL
     */
    private static String ofDigits(String bytes, int digits, String expression) {
        String sign = "CASE WHEN hex[1] >= '8' THEN 'F' ELSE '0' END";
        String padded = "right(repeat(%s, %d) || hex, %d)".formatted(sign, digits, digits);
        String fits =
                "ltrim(left(hex, greatest(strlen(hex) - %d, 0)::BIGINT), %s) = '' AND (hex[-%d] >= '8') = (hex[1] >= '8')"
                        .formatted(digits, sign, digits);
        String completed =
                "CASE WHEN hex <> '' AND (strlen(hex) <= %d OR (%s)) THEN %s END".formatted(digits, fits, padded);
        return each(each("hex(%s)".formatted(bytes), "hex", completed), "hex", expression);
    }

    /** Of {@code hex}, counted from the most significant one. */
    private static String word(int number) {
        return "('0x' || substr(hex, %d, %d))::UBIGINT".formatted(number * WORD_DIGITS + 1, WORD_DIGITS);
    }

    /** An integer with a decimal point; NULL if it has more digits than its type. */
    private static String decimal(String whole, ColumnType type) {
        return each(whole + "::VARCHAR", "n", "try_cast(%s AS %s)".formatted(withPoint(scale(type)), type));
    }

    /** The same as text, because DuckDB has no such type. */
    private static String wideDecimal(String bytes, ColumnType type) {
        return each(wideWhole(bytes), "n", withPoint(scale(type)));
    }

    private static int scale(ColumnType decimal) {
        return Integer.parseInt(ColumnType.split(decimal.arguments()).get(1));
    }

    /** The text {@code n} of an integer with a decimal point. */
    private static String withPoint(int scale) {
        String digits = "lpad(ltrim(n, '-'), greatest(strlen(ltrim(n, '-')), %d)::INTEGER, '0')".formatted(scale + 1);
        return scale == 0
                ? "n"
                : "CASE WHEN n[1] = '-' THEN '-' ELSE '' END || left(%1$s, -%2$d) || '.' || right(%1$s, %2$d)"
                        .formatted(digits, scale);
    }

    /** The expression over a name, so that a value is worked out once. */
    private static String each(String x, String name, String expression) {
        return "list_transform([%s], lambda %s: %s)[1]".formatted(x, name, expression);
    }
}
