package com.bytefreezer.connector.lake;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The objects of a lake whose partition begins in a range, and all objects whose partition has no date. */
final class RangeLake implements Lake {
    private final Lake lake;
    private final Instant from;
    private final Instant to;

    private RangeLake(Lake lake, Instant from, Instant to) {
        this.lake = lake;
        this.from = from;
        this.to = to;
    }

    /**
     * The lake, limited to the range if it has a bound.
     *
     * @param to exclusive
     */
    static Lake of(Lake lake, Optional<Instant> from, Optional<Instant> to) {
        return from.isEmpty() && to.isEmpty()
                ? lake
                : new RangeLake(lake, from.orElse(Instant.MIN), to.orElse(Instant.MAX));
    }

    @Override
    public Stream<LakeObject> objects(Instant since) {
        return lake.objects(since.isAfter(from) ? since : from).filter(object -> object.beginsIn(from, to));
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
