package com.bytefreezer.connector.lake;

import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A lake of which some objects are left out.
 *
 * @param choice leaves the others, in their order
 */
public record ChosenLake(Lake lake, UnaryOperator<Iterator<LakeObject>> choice) implements Lake {
    @Override
    public Stream<LakeObject> objects(Instant since) {
        Stream<LakeObject> all = lake.objects(since);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(choice.apply(all.iterator()), Spliterator.ORDERED), false)
                .onClose(all::close);
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
