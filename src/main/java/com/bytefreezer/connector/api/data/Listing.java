package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.lake.LakeObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a dataset by their partitions. The time of a partition is read from the name of its folder once: for
 * each of 50,000 objects that would take longer than a query. Immutable.
 */
final class Listing {
    private static final Pattern HOUR = Pattern.compile("(^|/)(hour=\\d{1,2}|\\d{4}/\\d{1,2}/\\d{1,2}/\\d{1,2})/");

    private final List<Partition> partitions;
    private final List<LakeObject> objects;

    /**
     * The objects of one folder.
     *
     * @param time the start of the partition; empty if its folder names none
     */
    record Partition(Optional<Instant> time, List<LakeObject> objects) {
        /** An hour or a day. */
        Duration length() {
            return HOUR.matcher(objects.get(0).key()).find() ? Duration.ofHours(1) : Duration.ofDays(1);
        }
    }

    private Listing(List<Partition> partitions) {
        this.partitions = partitions;
        objects = partitions.stream().flatMap(one -> one.objects().stream()).toList();
    }

    /** @param objects in the order of their names */
    static Listing of(Iterable<LakeObject> objects) {
        List<Partition> partitions = new ArrayList<>();
        String folder = null;
        for (LakeObject object : objects) {
            if (!object.folder().equals(folder)) {
                folder = object.folder();
                partitions.add(new Partition(object.partitionTime(), new ArrayList<>()));
            }
            partitions.get(partitions.size() - 1).objects().add(object);
        }
        return new Listing(partitions);
    }

    /** In the order of their names, which is roughly that of their age. */
    List<LakeObject> objects() {
        return objects;
    }

    /** Those whose folder names a time. */
    Stream<Partition> dated() {
        return partitions.stream().filter(one -> one.time().isPresent());
    }

    /** The newest partition; none if no object has a time. */
    Optional<Range> newest() {
        return dated().max(Comparator.comparing(one -> one.time().orElseThrow()))
                .map(one -> {
                    Instant from = one.time().orElseThrow();
                    return new Range(Optional.of(from), Optional.of(from.plus(one.length())));
                });
    }

    /** What begins in the range, or has no time. */
    Listing in(Range range) {
        return new Listing(
                partitions.stream().filter(one -> range.has(one.time())).toList());
    }

    /** The range of a request; without both ends, the newest partition. */
    Listing inOrNewest(@Nullable String from, @Nullable String to) {
        return in(Range.isOpen(from, to) ? newest().orElse(Range.EVERYTHING) : Range.of(from, to));
    }
}
