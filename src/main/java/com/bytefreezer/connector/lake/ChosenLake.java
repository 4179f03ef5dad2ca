package com.bytefreezer.connector.lake;

import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A lake without some of its objects.
 *
 * @param chosen the remaining objects, in the order of {@link Lake#objects}
 */
public record ChosenLake(Lake lake, Function<Instant, Stream<LakeObject>> chosen) implements Lake {
    /** The lake with the objects that {@code choice} leaves. */
    public static Lake of(Lake lake, UnaryOperator<Iterator<LakeObject>> choice) {
        return new ChosenLake(lake, since -> {
            Stream<LakeObject> all = lake.objects(since);
            return StreamSupport.stream(
                            Spliterators.spliteratorUnknownSize(choice.apply(all.iterator()), Spliterator.ORDERED),
                            false)
                    .onClose(all::close);
        });
    }

    /**
     * The objects whose partition begins in a range, and all objects whose partition has no date.
     *
     * @param to exclusive
     */
    static Lake ofRange(Lake lake, Optional<Instant> from, Optional<Instant> to) {
        if (from.isEmpty() && to.isEmpty()) {
            return lake;
        }
        Instant first = from.orElse(Instant.MIN);
        Instant end = to.orElse(Instant.MAX);
        return new ChosenLake(lake, since -> lake.objects(since.isAfter(first) ? since : first)
                .filter(object -> object.beginsIn(first, end)));
    }

    @Override
    public Stream<LakeObject> objects(Instant since) {
        return chosen.apply(since);
    }

    @Override
    public Optional<Period> newest() {
        return lake.newest();
    }

    @Override
    public Skipped skipped() {
        return lake.skipped();
    }

    @Override
    public List<String> unlisted() {
        return lake.unlisted();
    }

    @Override
    public boolean isGone(LakeObject object) {
        return lake.isGone(object);
    }

    @Override
    public Set<String> folders() {
        return lake.folders();
    }

    @Override
    public String place() {
        return lake.place();
    }

    @Override
    public void probe() {
        lake.probe();
    }

    @Override
    public void close() {
        lake.close();
    }
}
