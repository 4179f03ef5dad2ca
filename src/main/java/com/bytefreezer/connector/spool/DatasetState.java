package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.spool.Journal.Line;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has become of the events of a dataset since its spool exists: received = packed + dropped + dead letters + spooled.
 *
 * @param packed in the lake
 * @param dropped left out by packs
 * @param deadLetters kept with a reason
 * @param spooled on disk here, to be packed
 * @param spoolBytes of those
 * @param oldestSpooled when the oldest of those arrived; null for none
 * @param lastEvent when the last one arrived; null if that is not known any more, an hour after its pack
 * @param eventsPerSecond that have arrived in the last minute
 */
public record DatasetState(
        @JsonProperty("tenant_id") String tenant,
        @JsonProperty("dataset_id") String dataset,
        long received,
        long packed,
        long dropped,
        @JsonProperty("dead_letters") long deadLetters,
        long spooled,
        @JsonProperty("spool_bytes") long spoolBytes,
        @JsonProperty("oldest_spooled_at") @Nullable String oldestSpooled,
        @JsonProperty("last_event_at") @Nullable String lastEvent,
        @JsonProperty("events_per_second") double eventsPerSecond) {
    private static final long MINUTE = 60_000;

    /** Times are in milliseconds, 0 for none. */
    static DatasetState of(
            String tenant, String dataset, Counts counts, long bytes, long oldest, long last, double perSecond) {
        return new DatasetState(
                tenant,
                dataset,
                counts.received(),
                counts.packed(),
                counts.dropped(),
                counts.deadLettered(),
                counts.spooled(),
                bytes,
                time(oldest),
                time(last),
                perSecond);
    }

    private static @Nullable String time(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis).toString();
    }

    /**
     * Those of a spool that another process may use: takes no lock and writes nothing.
     *
     * @param spool its folder, which may be missing
     */
    public static List<DatasetState> in(Path spool) throws IOException {
        return in(spool, System.currentTimeMillis());
    }

    static List<DatasetState> in(Path spool, long now) throws IOException {
        List<DatasetState> all = new ArrayList<>();
        for (Path tenant : folders(spool)) {
            for (Path dataset : folders(tenant)) {
                if (Files.exists(SpoolState.file(dataset))) {
                    all.add(ofDataset(dataset, now));
                }
            }
        }
        return all;
    }

    private static List<Path> folders(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static DatasetState ofDataset(Path folder, long now) throws IOException {
        SpoolState state = SpoolState.read(folder);
        Counts counts = state.counts();
        long bytes = 0;
        long oldest = 0;
        long last = 0;
        LastMinute minute = new LastMinute();
        for (long number : Segment.numbers(folder)) {
            Path journal = Segment.journal(folder, number);
            try {
                List<Line> lines = Journal.newest(journal, now - MINUTE);
                if (lines.isEmpty()) {
                    continue;
                }
                minute.add(lines.get(0), lines.subList(1, lines.size()));
                last = Math.max(last, new Journal(lines, List.of()).lastArrival());
                if (number > state.packedThrough()) {
                    Line line = Segment.look(folder, number, lines);
                    if (line.equals(Line.START)) {
                        // The disk has lost much of it, or there is nothing.
                        line = Segment.look(
                                folder, number, Journal.read(journal).lines());
                    }
                    counts = counts.plus(new Counts(0, 0, line.deadLetters(), line.events()));
                    bytes += line.end() + line.deadEnd();
                    oldest = oldest > 0 ? oldest : Journal.firstArrival(journal);
                }
            } catch (NoSuchFileException e) {
                // Packed meanwhile, and older than an hour.
            }
        }
        return of(state.tenant(), state.dataset(), counts, bytes, oldest, last, minute.perSecond(now));
    }
}
