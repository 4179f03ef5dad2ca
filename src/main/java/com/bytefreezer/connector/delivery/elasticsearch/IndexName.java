package com.bytefreezer.connector.delivery.elasticsearch;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The name of an index, fixed or with a date in it: {@code alerts-{yyyy.MM.dd}}. Immutable. */
final class IndexName {
    private static final Pattern WITH_DATE = Pattern.compile("([^{}]*)\\{([^{}]+)}([^{}]*)");
    /** A date, with or without a time, with or without an offset. */
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter(Locale.ROOT);

    private final String before;
    private final @Nullable DateTimeFormatter date;
    private final String after;

    /**
     * Reads a setting.
     *
     * @throws ConnectorException when what stands in braces is no pattern of a date
     */
    IndexName(String text) {
        Matcher parts = WITH_DATE.matcher(text);
        if (!parts.matches()) {
            before = text;
            date = null;
            after = "";
            return;
        }
        before = parts.group(1);
        after = parts.group(3);
        try {
            date = DateTimeFormatter.ofPattern(parts.group(2), Locale.ROOT);
            // Also what can be read but not be written, like the offset of a time that has none.
            date.formatTo(LocalDate.EPOCH.atStartOfDay(), new StringBuilder());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new ConnectorException(
                    "destination.elasticsearch.index: {%s} is no date. Not started. Write one like alerts-{yyyy.MM.dd}."
                            .formatted(parts.group(2)),
                    e);
        }
    }

    boolean hasDate() {
        return date != null;
    }

    /** The name for the objects of a unit, whose partition tells the date when there is one in the name. */
    String of(Unit unit) {
        if (!hasDate()) {
            return before;
        }
        List<Map<String, String>> partitions =
                unit.objects().stream().map(LakeObject::partition).distinct().toList();
        if (partitions.size() == 1) {
            Map<String, String> partition = partitions.get(0);
            try {
                return at(LocalDateTime.of(
                        Integer.parseInt(partition.getOrDefault("year", "")),
                        Integer.parseInt(partition.getOrDefault("month", "")),
                        Integer.parseInt(partition.getOrDefault("day", "")),
                        Integer.parseInt(partition.getOrDefault("hour", "0")),
                        0));
            } catch (NumberFormatException | DateTimeException e) {
                // Said below.
            }
        }
        throw new ConnectorException(
                "destination.elasticsearch.index has a date, and %s has no year=, month= and day= that tells it. Set destination.elasticsearch.index-time-column."
                        .formatted(unit.object()));
    }

    /**
     * The name for a record.
     *
     * @param time ISO 8601, UTC if without an offset, or milliseconds since 1970
     * @throws DateTimeException when it is neither
     */
    String at(String time) {
        if (time.matches("-?[0-9.]+([eE][+-]?[0-9]+)?")) {
            try {
                return at(Instant.ofEpochMilli(new BigDecimal(time).longValue()).atOffset(ZoneOffset.UTC));
            } catch (NumberFormatException e) {
                throw new DateTimeParseException(e.toString(), time, 0, e);
            }
        }
        TemporalAccessor read = TIME.parseBest(time, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
        if (read instanceof OffsetDateTime withOffset) {
            return at(withOffset.withOffsetSameInstant(ZoneOffset.UTC));
        }
        return at(read instanceof LocalDate day ? day.atStartOfDay() : read);
    }

    private String at(TemporalAccessor time) {
        return date == null ? before : before + date.format(time) + after;
    }
}
