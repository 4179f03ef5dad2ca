package com.bytefreezer.connector.delivery;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the time of an event from a record's value, in the formats of logs and of DuckDB. */
public final class EventTime {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d{1,30}(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,2})?");
    /** A larger number is in a smaller unit: seconds reach it in the year 5138, milliseconds reached it in 1973. */
    private static final BigDecimal MOST_SECONDS = BigDecimal.TEN.pow(11);

    private static final int STEPS_TO_NANOSECONDS = 3;
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendValue(ChronoField.YEAR, 4, 9, SignStyle.NORMAL)
            .appendPattern("-MM-dd")
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    /** An offset without minutes or without colons: {@code +00}, {@code -0800}. */
    private static final Pattern OFFSET = Pattern.compile("(T[0-9:.]{2,20}[+-]\\d\\d)(\\d\\d)?$");

    private static final Pattern UTC = Pattern.compile("([0-9]) ?(?:UTC|GMT)$");

    private EventTime() {}

    /**
     * The time in {@code text}; empty if there is none.
     *
     * @param text a date, or a timestamp with {@code T} or a blank before the time, in UTC unless it has an offset; or
     *     an epoch number, see {@link #ofEpoch}
     */
    public static Optional<Instant> of(String text) {
        String stripped = text.strip();
        try {
            if (NUMBER.matcher(stripped).matches()) {
                return ofEpoch(new BigDecimal(stripped));
            }
            return Optional.of(instant(
                    TIMESTAMP.parseBest(withT(stripped), OffsetDateTime::from, LocalDateTime::from, LocalDate::from)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The time of an epoch number in seconds, milliseconds, microseconds or nanoseconds, told apart by its size. */
    public static Optional<Instant> ofEpoch(BigDecimal epoch) {
        BigDecimal seconds = epoch;
        for (int step = 0; step < STEPS_TO_NANOSECONDS && seconds.abs().compareTo(MOST_SECONDS) > 0; step++) {
            seconds = seconds.movePointLeft(3);
        }
        if (seconds.abs().compareTo(MOST_SECONDS) > 0) {
            return Optional.empty();
        }
        BigDecimal[] parts = seconds.divideAndRemainder(BigDecimal.ONE);
        return Optional.of(Instant.ofEpochSecond(
                parts[0].longValue(), parts[1].movePointRight(9).longValue()));
    }

    /** DuckDB writes a blank before the time; Python and some loggers write a comma before the fraction. */
    private static String withT(String text) {
        int afterDate = text.indexOf(' ');
        String timestamp = afterDate < 0 ? text : text.substring(0, afterDate) + "T" + text.substring(afterDate + 1);
        String inUtc =
                UTC.matcher(timestamp.replace(',', '.')).replaceFirst("$1Z").replace(" ", "");
        return OFFSET.matcher(inUtc)
                .replaceFirst(found -> found.group(1) + ":"
                        + Optional.ofNullable(found.group(2)).orElse("00"));
    }

    private static Instant instant(TemporalAccessor time) {
        if (time instanceof OffsetDateTime withOffset) {
            return withOffset.toInstant();
        }
        return time instanceof LocalDateTime local
                ? local.toInstant(ZoneOffset.UTC)
                : LocalDate.from(time).atStartOfDay().toInstant(ZoneOffset.UTC);
    }
}
