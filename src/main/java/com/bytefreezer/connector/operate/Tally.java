package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.lake.LakeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Counts objects and keeps an even sample of them. For one thread. */
final class Tally {
    /** The size of the sample, for a listing of any length. */
    private static final int SAMPLE = 500;

    private final Random random = new Random(1);
    final List<LakeObject> sample = new ArrayList<>();

    @Nullable
    LakeObject newest;

    long objects;
    long bytes;
    /** Adds the next object of a listing. */
    private Map<String, String> partition = Map.of();

    long partitions;

    void add(LakeObject object) {
        Map<String, String> its = object.partition();
        partitions += objects == 0 || !its.equals(partition) ? 1 : 0;
        partition = its;
        objects++;
        bytes += object.size();
        newest = newest == null || object.lastModified().isAfter(newest.lastModified()) ? object : newest;
        if (sample.size() < SAMPLE) {
            sample.add(object);
        } else {
            long place = random.nextLong(objects);
            if (place < SAMPLE) {
                sample.set((int) place, object);
            }
        }
    }

    /** A few objects of the sample, evenly. */
    Stream<LakeObject> spread(int most) {
        return IntStream.range(0, most)
                .map(at -> (int) ((long) at * sample.size() / most))
                .distinct()
                .mapToObj(sample::get);
    }

    long bytesOfSample() {
        return sample.stream().mapToLong(LakeObject::size).sum();
    }
}
