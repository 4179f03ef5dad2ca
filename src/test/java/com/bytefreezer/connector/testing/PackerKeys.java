package com.bytefreezer.connector.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.AbstractList;
import java.util.RandomAccess;

/** The sorted names of very many objects of the dataset {@code acme/events}, as packer gives them; none is held in memory. */
public final class PackerKeys extends AbstractList<String> implements RandomAccess {
    public static final String DATASET = "acme/events/data/parquet/";
    private static final DateTimeFormatter PARTITION = DateTimeFormatter.ofPattern(
                    "'year='yyyy'/month='MM'/day='dd'/hour='HH'/'")
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss").withZone(ZoneOffset.UTC);

    private final Instant first;
    private final long millisEach;
    private final int count;

    /**
     * One object after the other, at the same distance.
     *
     * @param until the names end before the hour of this time ends
     */
    public PackerKeys(int count, Duration each, Instant until) {
        this.count = count;
        millisEach = each.toMillis();
        first = until.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS).minus(each.multipliedBy(count));
    }

    @Override
    public String get(int index) {
        return key(first.plusMillis(millisEach * index), index);
    }

    /** The name of an object that packer writes at {@code time}. */
    public static String key(Instant time, int number) {
        return "%s%sacme_events_%s_%012x.parquet"
                .formatted(DATASET, PARTITION.format(time), STAMP.format(time), number);
    }

    /** The time in a name. */
    public static Instant time(String key) {
        int stamp = key.lastIndexOf('_') - "yyyyMMdd_HHmmss".length();
        return Instant.from(STAMP.parse(key.substring(stamp, key.lastIndexOf('_'))));
    }

    @Override
    public int size() {
        return count;
    }
}
