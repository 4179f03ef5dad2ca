package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.SomeBatch;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lane.UnitOutcome.Delivered;
import com.bytefreezer.connector.lane.UnitOutcome.Elsewhere;
import com.bytefreezer.connector.lane.UnitOutcome.Gone;
import com.bytefreezer.connector.lane.UnitOutcome.NotAccepted;
import com.bytefreezer.connector.lane.UnitOutcome.NotRecorded;
import com.bytefreezer.connector.lane.UnitOutcome.ReadAlone;
import com.bytefreezer.connector.lane.UnitOutcome.ReadOneByOne;
import com.bytefreezer.connector.lane.UnitOutcome.ReadWithNewKeys;
import com.bytefreezer.connector.lane.UnitOutcome.SetAside;
import com.bytefreezer.connector.lane.UnitOutcome.Stopped;
import com.bytefreezer.connector.lane.UnitOutcome.Unread;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.testing.TestSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnitOutcomeTest {
    private static final RuntimeException BROKEN = new IllegalStateException("broken");
    private static final ConnectorException NO_MEMORY =
            new ConnectorException(new Problem(Kind.NO_MEMORY, "failed to pin"), null);

    @TempDir
    Path folder;

    private final Unit unit = SomeBatch.unit("a.parquet");
    private final Unit bundle = SomeBatch.unit("a.parquet", "b.parquet");

    private static UnitOutcome of(Unit unit, Throwable failure) {
        return UnitOutcome.of(unit, failure, false, false);
    }

    // -- decided

    @Test
    void withoutAFailureItIsDeliveredHereOrByAnother() {
        assertThat(UnitOutcome.of(unit, null, false, false)).isEqualTo(new Delivered(false));
        unit.recorded();
        assertThat(UnitOutcome.of(unit, null, false, false)).isEqualTo(new Delivered(true));
    }

    @Test
    void whatAnotherReplicaHasIsElsewhereWhateverFailed() {
        unit.elsewhere();
        assertThat(of(unit, BROKEN)).isEqualTo(new Elsewhere());
        bundle.elsewhere();
        bundle.notRecorded(NO_MEMORY);
        assertThat(of(bundle, null)).isEqualTo(new Elsewhere());
    }

    @Test
    void aBundleThatCannotBeReadIsReadOneByOne() {
        assertThat(of(bundle, BROKEN)).isEqualTo(new ReadOneByOne());
    }

    @Test
    void aBundleThatTheDestinationRefusesIsNotReadAgain() {
        bundle.failDelivery(BROKEN);
        assertThat(of(bundle, BROKEN)).isEqualTo(new NotAccepted(BROKEN));
    }

    @Test
    void whatTheCursorCannotRecordIsNotReadAgain() {
        bundle.notRecorded(NO_MEMORY);
        assertThat(of(bundle, BROKEN)).isEqualTo(new NotRecorded(NO_MEMORY));
        assertThat(of(bundle, null)).isEqualTo(new NotRecorded(NO_MEMORY));
    }

    @Test
    void whatNeedsMoreMemoryIsReadAloneOnce() {
        assertThat(of(unit, NO_MEMORY)).isEqualTo(new ReadAlone());
        assertThat(UnitOutcome.of(unit, NO_MEMORY, true, false)).isInstanceOf(Unread.class);
    }

    @Test
    void refusedKeysAreFetchedAnewOnce() {
        var refused = new ConnectorException(new Problem(Kind.FORBIDDEN, "403"), null);
        assertThat(of(unit, refused)).isEqualTo(new ReadWithNewKeys());
        assertThat(UnitOutcome.of(unit, refused, false, true)).isInstanceOf(Unread.class);
    }

    @Test
    void aStopIsNoFailure() {
        assertThat(of(unit, new StoppedException())).isEqualTo(new Stopped());
        unit.failDelivery(new StoppedException());
        assertThat(of(unit, new StoppedException())).isEqualTo(new Stopped());
    }

    // -- acted on

    /** Each with what it leaves of a unit with one object. */
    private static final Map<UnitOutcome, String> EFFECTS = Map.ofEntries(
            Map.entry(new Delivered(true), "delivered 1"),
            Map.entry(new Elsewhere(), "left over"),
            Map.entry(new ReadOneByOne(), "left over"),
            Map.entry(new ReadWithNewKeys(), "left over"),
            Map.entry(new ReadAlone(), "left over"),
            Map.entry(new NotRecorded(NO_MEMORY), "undelivered 1"),
            Map.entry(new NotAccepted(BROKEN), "undelivered 1"),
            Map.entry(new Stopped(), "undelivered 1"),
            Map.entry(new Gone(), "nothing"),
            Map.entry(new Unread(Trouble.of(BROKEN)), "undelivered 1"),
            Map.entry(new SetAside(), "undelivered 1"));

    @Test
    void everyOutcomeHasItsEffectOnTheRun() throws Exception {
        assertThat(EFFECTS.keySet().stream().map(Object::getClass))
                .containsExactlyInAnyOrder(UnitOutcome.class.getPermittedSubclasses());
        for (var each : EFFECTS.entrySet()) {
            try (Run run = run()) {
                run.tally.begun(unit);

                run.done(unit, each.getKey());

                assertThat(effect(run)).as(each.getKey().toString()).isEqualTo(each.getValue());
            }
        }
    }

    @Test
    void aRunWithAnUndeliveredUnitFails() throws Exception {
        for (var outcome : List.of(
                new NotRecorded(NO_MEMORY),
                new NotAccepted(NO_MEMORY),
                new Unread(Trouble.of(BROKEN)),
                new SetAside())) {
            try (Run run = run()) {
                run.done(unit, outcome);

                assertThatExceptionOfType(ConnectorException.class)
                        .as(outcome.toString())
                        .isThrownBy(() -> run.tally.requireAllDelivered("the lake"));
            }
        }
    }

    private static String effect(Run run) {
        var result = run.tally.result();
        return Stream.of(
                        run.leftOver.isEmpty() ? "" : "left over",
                        result.objects() == 0 ? "" : "delivered " + result.objects(),
                        result.undelivered() == 0 ? "" : "undelivered " + result.undelivered())
                .filter(part -> !part.isEmpty())
                .findFirst()
                .orElse("nothing");
    }

    private Run run() throws Exception {
        var settings = TestSettings.over(folder, Map.of());
        try (var cursor = Cursor.open(folder.resolve("cursor.db"), Duration.ofHours(1))) {
            return new Run(
                    "webhook, export default",
                    Lake.of(settings, "acme", "syslog", null),
                    Instant.MIN,
                    null,
                    cursor.lanes().position(new Lane("default", "webhook")),
                    cursor.lanes().suspects(new Lane("default", "webhook")),
                    true,
                    LookupTables.NONE,
                    Progress.none());
        }
    }
}
