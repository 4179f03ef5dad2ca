package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.delivery.DatasetText;
import com.bytefreezer.connector.delivery.EventTime;
import com.bytefreezer.connector.delivery.NamesTaken;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an index, fixed or with dates in it: {@code alerts-{yyyy.MM.dd}}, or as Logstash writes it, {@code
 * alerts-%{+YYYY.MM.dd}}; also with {@code {tenant}} and {@code {dataset}}, in lower case. Safe for use by several
 * threads.
 */
final class IndexName {
    private static final String SETTING = "destination.elasticsearch.index: ";
    private static final String WRITE_A_DATE = "Write a date like alerts-{yyyy.MM.dd}.";
    private static final Pattern DATE = Pattern.compile("%?\\{\\+?(?!tenant}|dataset})([^{}]+)}");
    private static final Pattern OF_DATASET = Pattern.compile("\\{(tenant|dataset)}");
    /** Characters that the name of an index cannot contain; an alias may have capitals. */
    private static final Pattern NOT_IN_A_NAME = Pattern.compile("[A-Z\\\\/*?\"<>| ,#:]");

    private static final Pattern NOT_AT_ITS_BEGIN = Pattern.compile("^[-_+]|^\\.{1,2}$");
    private static final int LONGEST_BYTES = 255;
    private static final LocalDateTime SOME_TIME = LocalDateTime.of(2026, 11, 27, 10, 0);

    private final String text;
    private final @Nullable DateTimeFormatter format;
    private final boolean ofAll;
    private final NamesTaken taken = new NamesTaken("destination.elasticsearch.index");

    /**
     * Reads a setting.
     *
     * @throws ConnectorException if the text in braces is not a date, or not the date that it seems to be
     */
    IndexName(String text) {
        this.text = text;
        ofAll = DatasetText.isFixed(text);
        DateTimeFormatterBuilder builder = new DateTimeFormatterBuilder();
        Matcher date = DATE.matcher(text);
        int end = 0;
        while (date.find()) {
            builder.appendLiteral(fixed(text.substring(end, date.start())));
            append(date.group(1), builder);
            end = date.end();
        }
        String rest = fixed(text.substring(end));
        // English, with the weeks of ISO 8601.
        format = end == 0 ? null : builder.appendLiteral(rest).toFormatter(Locale.UK);
        if (format != null || !ofAll) {
            requireName(DatasetText.in(example(), "a", "a", UnaryOperator.identity()));
        }
    }

    private String example() {
        return format == null ? text : at(SOME_TIME, format);
    }

    /**
     * Returns if a dataset has a valid index.
     *
     * @throws ConnectorException if it has none, with the reason
     */
    void require(String tenant, String dataset) {
        if (ofAll) {
            return;
        }
        String name = named(example(), tenant, dataset);
        Matcher wrong = NOT_IN_A_NAME.matcher(name);
        Matcher begin = NOT_AT_ITS_BEGIN.matcher(name);
        String why = wrong.find()
                ? "the name of an index cannot contain \"%s\"".formatted(wrong.group())
                : begin.find()
                        ? "the name of an index cannot start with \"%s\"".formatted(begin.group())
                        : name.getBytes(StandardCharsets.UTF_8).length > LONGEST_BYTES
                                ? "the name of an index cannot have more than %d bytes".formatted(LONGEST_BYTES)
                                : "";
        if (!why.isEmpty()) {
            throw new ConnectorException(
                    "dataset %s/%s: its index would be \"%s\", and %s. The connector delivers none of its records. Give it another index, with a separate export."
                            .formatted(tenant, dataset, name, why));
        }
        taken.take(DatasetText.in(example(), tenant, dataset, UnaryOperator.identity()), tenant, dataset);
    }

    private String named(String name, String tenant, String dataset) {
        return ofAll ? name : DatasetText.in(name, tenant, dataset, one -> one.toLowerCase(Locale.ROOT));
    }

    private static String fixed(String part) {
        String others = OF_DATASET.matcher(part).replaceAll("");
        if (others.contains("{") || others.contains("}")) {
            throw new ConnectorException(
                    SETTING + "a brace is not closed or not opened.", Problem.NOT_STARTED, WRITE_A_DATE, null);
        }
        return part;
    }

    private static void append(String pattern, DateTimeFormatterBuilder builder) {
        // In Joda's patterns, which Logstash uses, and without a week beside it, Y is the year.
        String java = pattern.contains("w") ? pattern.replace('x', 'Y') : pattern.replace('Y', 'y');
        if (java.contains("mm") && !java.matches(".*[HkKh].*")) {
            throw wrong(pattern, "mm means minutes; months are MM");
        }
        if (java.contains("D") && java.contains("M")) {
            throw wrong(pattern, "D is the day of the year; the day of the month is dd");
        }
        if (java.matches(".*[hK].*") && !java.contains("a")) {
            throw wrong(pattern, "hh ends at 12; the hours of a day are HH");
        }
        if (java.contains("Y") && java.matches(".*[Md].*")) {
            throw wrong(pattern, "months and days do not belong to a year of weeks");
        }
        try {
            builder.appendPattern(java);
        } catch (IllegalArgumentException e) {
            throw noDate(pattern, e);
        }
    }

    private static ConnectorException wrong(String pattern, String why) {
        return new ConnectorException(SETTING + "{%s}: %s.".formatted(pattern, why), Problem.NOT_STARTED, "", null);
    }

    private static ConnectorException noDate(String text, @Nullable Exception cause) {
        return new ConnectorException(
                SETTING + "{%s} is not a date.".formatted(text), Problem.NOT_STARTED, WRITE_A_DATE, cause);
    }

    private static void requireName(String example) {
        Matcher wrong = NOT_IN_A_NAME.matcher(example);
        if (wrong.find()) {
            throw new ConnectorException(
                    SETTING
                            + "it gives names like \"%s\", and the name of an index cannot contain \"%s\"."
                                    .formatted(example, wrong.group()),
                    Problem.NOT_STARTED,
                    WRITE_A_DATE,
                    null);
        }
    }

    boolean hasDate() {
        return format != null;
    }

    /** The index of a unit; its partition gives the date, if the name has one. */
    String of(Unit unit) {
        return of(unit.objects(), unit.object(), unit.tenant(), unit.dataset());
    }

    /**
     * The same for objects.
     *
     * @param subject names them in messages
     */
    String of(List<LakeObject> objects, String subject, String tenant, String dataset) {
        if (format == null) {
            return named(text, tenant, dataset);
        }
        List<Map<String, String>> partitions =
                objects.stream().map(LakeObject::partition).distinct().toList();
        if (partitions.size() == 1) {
            Map<String, String> partition = partitions.get(0);
            try {
                LocalDateTime time = LocalDateTime.of(
                        Integer.parseInt(partition.getOrDefault("year", "")),
                        Integer.parseInt(partition.getOrDefault("month", "")),
                        Integer.parseInt(partition.getOrDefault("day", "")),
                        Integer.parseInt(partition.getOrDefault("hour", "0")),
                        0);
                return named(at(time, format), tenant, dataset);
            } catch (NumberFormatException | DateTimeException e) {
                // Said below.
            }
        }
        throw new ConnectorException(
                "destination.elasticsearch.index has a date, but %s has no year=, month= and day= for it. Set destination.elasticsearch.index-time-column."
                        .formatted(subject));
    }

    /** The index of a record with this {@link EventTime}; empty if the value is not a time. */
    Optional<String> at(String time, String tenant, String dataset) {
        return EventTime.of(time)
                .map(instant -> format == null ? text : at(LocalDateTime.ofInstant(instant, ZoneOffset.UTC), format))
                .map(name -> named(name, tenant, dataset));
    }

    private static String at(LocalDateTime time, DateTimeFormatter format) {
        try {
            return format.format(time);
        } catch (DateTimeException e) {
            throw noDate(format.toString(), e);
        }
    }
}
