package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for the history in every store. */
abstract class HistoryContract {
    static final Lane LANE = new Lane("default", "webhook");
    private static final Lane OTHER_LANE = new Lane("other", "webhook");
    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00.123Z");

    /** The settings of a store in which nothing is yet. */
    abstract Settings settings() throws Exception;

    /** As the connector does at its start. */
    static History open(Settings settings) {
        try (Cursor cursor = Cursor.open(settings)) {
            return cursor.history();
        }
    }

    @Test
    void aReaderSeesRunsAndTotalsAsTheyWereAdded() throws Exception {
        Settings settings = settings();
        History history = open(settings);
        Run failed = new Run(
                LANE,
                NOON,
                NOON.plusMillis(5),
                State.FAILED,
                2,
                new Counts(10, 6, 1, 1),
                Map.of("503", 2L, "no answer", 1L),
                true,
                NOON.minusSeconds(60),
                "503 from http://sink — 'busy'",
                Map.of());
        Run succeeded = new Run(
                LANE,
                NOON.plusSeconds(1),
                NOON.plusSeconds(2),
                State.SUCCEEDED,
                1,
                new Counts(4, 4, 0, 0),
                Map.of("503", 1L),
                false,
                null,
                null,
                Map.of());
        history.add(failed);
        history.add(succeeded);
        history.add(idle(7, OTHER_LANE));

        History reader = History.of(settings);
        assertThat(reader.runs(LANE, 10)).containsExactly(succeeded, failed);
        assertThat(reader.runs(LANE, 1)).containsExactly(succeeded);
        assertThat(reader.lastListing(LANE)).contains(failed);
        assertThat(reader.total(LANE))
                .isEqualTo(new History.Total(
                        new Counts(12, 10, 1, 1), Map.of("503", 3L, "no answer", 1L), NOON.plusSeconds(2)));
        history.checkWritable();
        assertThat(reader.runs(OTHER_LANE, 10)).hasSize(1);
    }

    @Test
    void aTotalCountsEachRecordOnceByWhatBecameOfIt() throws Exception {
        History history = open(settings());
        history.add(with(1, State.FAILED, new Counts(100, 20, 0, 5)));
        assertThat(history.total(LANE).counts()).isEqualTo(new Counts(100, 20, 0, 5));
        // The lake could not even be listed: what is open stays open.
        history.add(with(2, State.FAILED, Counts.NONE));
        history.add(with(3, State.STOPPED, new Counts(75, 25, 0, 0)));
        assertThat(history.total(LANE).counts()).isEqualTo(new Counts(100, 45, 0, 5));
        history.add(with(4, State.SUCCEEDED, new Counts(60, 50, 10, 0)));
        assertThat(history.total(LANE).counts()).isEqualTo(new Counts(110, 95, 10, 5));
        history.add(with(5, State.REPLAYED, new Counts(5, 4, 0, 1)));
        assertThat(history.total(LANE).counts()).isEqualTo(new Counts(110, 99, 10, 1));
        assertThat(history.last(LANE)).map(Run::started).contains(Instant.ofEpochMilli(4));
    }

    private static Run with(long startedMs, State state, Counts counts) {
        Instant started = Instant.ofEpochMilli(startedMs);
        return new Run(LANE, started, started, state, 1, counts, Map.of(), false, null, null, Map.of());
    }

    @Test
    void aStoreThatIsNotThereYetIsEmptyAndStaysSo() throws Exception {
        Settings settings = settings();
        for (int look = 0; look < 2; look++) {
            History reader = History.of(settings);
            assertThat(reader.runs(LANE, 10)).isEmpty();
            assertThat(reader.lastListing(LANE)).isEmpty();
            assertThat(reader.total(LANE)).isEqualTo(History.Total.NONE);
        }
        open(settings).add(run(1, 5));
        assertThat(open(settings).total(LANE).counts().accepted()).isEqualTo(5);
    }

    @Test
    void runsThatFindNothingAreOneRowAndTheOldestAreForgotten() throws Exception {
        int kept = 10;
        Settings settings = settings();
        open(settings);
        History history = new History(Visit.of(settings), kept);
        for (int i = 0; i < kept + 3; i++) {
            history.add(run(i, 1));
        }
        history.add(idle(2000, LANE));
        history.add(idle(2001, LANE));

        assertThat(history.runs(LANE, 5000)).hasSize(kept);
        assertThat(history.runs(LANE, 2).get(0).started()).isEqualTo(Instant.ofEpochMilli(2001));
        assertThat(history.runs(LANE, 2).get(1).objects()).isEqualTo(1);
        assertThat(history.total(LANE).counts().accepted()).isEqualTo(kept + 3);
    }

    /** Also where two replicas begin in the same millisecond. */
    @Test
    void eachOfSeveralThatOpenAndAddTogetherCounts() throws Exception {
        Settings settings = settings();
        open(settings);
        CompletableFuture<?>[] writers = IntStream.range(0, 4)
                .mapToObj(writer -> CompletableFuture.runAsync(() -> {
                    History history = History.of(settings);
                    IntStream.range(0, 10).forEach(i -> history.add(run(i + writer / 2 * 100, 1)));
                }))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(writers).join();
        History reader = History.of(settings);
        assertThat(reader.total(LANE).counts().accepted()).isEqualTo(40);
        assertThat(reader.runs(LANE, 100)).hasSize(20);
    }

    static Run run(long startedMs, long records) {
        return Runs.succeeded(LANE, startedMs, records);
    }

    private static Run idle(long startedMs, Lane lane) {
        return Runs.succeeded(lane, startedMs, 0);
    }
}
