package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import com.bytefreezer.connector.cursor.History.Total;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.cursor.Pulse.Seen;
import com.bytefreezer.connector.cursor.Pulse.UnderWay;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Retrying;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The state of all exports, from the cursor's store, which it only reads, and from the running exports, if this process
 * has them. Safe for use by several threads.
 */
public final class Status {
    private final ExportsOnDisk onDisk;
    private final CursorView cursor;
    private final History history;
    private final DeadLetters deadLetters;
    private final @Nullable Exports exports;
    private final Supplier<@Nullable Schedule> schedule;
    private final Patience patience = new Patience();
    private volatile Map<Lane, LaneStatus> known = Map.of();

    private Status(
            Settings settings,
            DeadLetters deadLetters,
            @Nullable Exports exports,
            Supplier<@Nullable Schedule> schedule) {
        this.cursor = CursorView.of(settings);
        onDisk = new ExportsOnDisk(settings, cursor);
        this.history = cursor.history();
        this.deadLetters = deadLetters;
        this.exports = exports;
        this.schedule = schedule;
    }

    /** Of exports that another process may run. */
    public static Status ofStore(Settings settings, DeadLetters deadLetters) {
        return new Status(settings, deadLetters, null, () -> null);
    }

    /**
     * Of the exports of this process.
     *
     * @param schedule gives null until the exports have started
     */
    public static Status ofRunning(
            Settings settings, DeadLetters deadLetters, Exports exports, Supplier<@Nullable Schedule> schedule) {
        return new Status(settings, deadLetters, exports, schedule);
    }

    /**
     * All lanes, in the order of their files. If this process runs them and the store does not answer: their last known
     * state, waiting for the store.
     */
    public List<LaneStatus> lanes() {
        if (exports == null) {
            return of(onDisk.all());
        }
        List<LaneStatus> lanes = ask(() -> of(exports.definitions()))
                .orElseGet(
                        () -> exports.definitions().stream().map(this::asKnown).toList());
        known = lanes.stream().collect(Collectors.toMap(LaneStatus::lane, lane -> lane, (one, other) -> one));
        return lanes;
    }

    /** Reads the store once for all questions. */
    public <T> T together(Supplier<T> questions) {
        return history.together(questions);
    }

    /** The state of some lanes, from the store. */
    public List<LaneStatus> of(List<ExportDefinition> some) {
        return history.together(() -> some.stream().map(this::of).toList());
    }

    /** The answer of {@code look} from the store; empty if the store does not answer or is known to be down. */
    public <T> Optional<T> ask(Supplier<T> look) {
        try {
            return patience.ask(look);
        } catch (ConnectorException e) {
            if (exports != null && exports.signs().shared().isPresent()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The state without the store. */
    public LaneStatus asKnown(ExportDefinition export) {
        LaneStatus before = known.get(export.lane());
        Retrying retrying =
                exports == null ? null : exports.signs().of(export.lane()).orElse(null);
        Schedule timing = schedule.get();
        boolean running = timing != null && timing.isRunning(export.lane());
        String last = before == null ? "never" : before.state();
        String state = retrying != null ? "retrying" : running ? "running" : export.enabled() ? last : "paused";
        return before == null
                ? new LaneStatus(
                        export.lane(),
                        state,
                        null,
                        null,
                        null,
                        null,
                        null,
                        Counts.NONE,
                        Map.of(),
                        0,
                        List.of(),
                        null,
                        running,
                        retrying)
                : new LaneStatus(
                        before.lane(),
                        state,
                        before.lagSeconds(),
                        before.watermark(),
                        before.lastSuccess(),
                        before.lastError(),
                        null,
                        before.totals(),
                        before.retries(),
                        before.deadLetters(),
                        before.setAside(),
                        before.leftOut(),
                        running,
                        retrying);
    }

    LaneStatus of(ExportDefinition export) {
        Lane lane = export.lane();
        Schedule timing = schedule.get();
        boolean running = timing != null && timing.isRunning(lane);
        Optional<Run> unrecorded = timing == null ? Optional.empty() : timing.unrecorded(lane);
        Optional<Run> last = unrecorded.or(() -> history.last(lane));
        Optional<Run> failed = last.filter(run -> run.state() == State.FAILED);
        Optional<String> problem = exports == null ? Optional.empty() : exports.problem(export.export());
        Seen seen = cursor.seen(lane);
        Total total = total(lane, seen);
        String leftOut = cursor.leftOut(lane);
        Retrying retrying =
                exports == null ? seen.retrying() : exports.signs().of(lane).orElse(null);
        return new LaneStatus(
                lane,
                retrying != null
                        ? "retrying"
                        : running
                                ? "running"
                                : problem.isPresent()
                                        ? "failed"
                                        : state(export, last, timing == null ? seen : Seen.NOTHING),
                lagSeconds(lane, unrecorded),
                cursor.position(lane)
                        .map(Position::watermark)
                        .filter(watermark -> !watermark.equals(Instant.EPOCH))
                        .orElse(null),
                total.lastSuccess(),
                problem.or(() -> failed.filter(run -> export.enabled()).map(Run::message))
                        .orElse(null),
                timing == null || !export.enabled()
                        ? null
                        : timing.nextRun(lane).orElse(null),
                total.counts(),
                total.retries(),
                deadLetters.count(lane),
                cursor.suspects(lane).setAside(cursor.queryId(lane)),
                leftOut.isEmpty() ? null : leftOut,
                running,
                retrying);
    }

    /** The state of an export that another process may run. */
    private String state(ExportDefinition export, Optional<Run> last, Seen seen) {
        Lane lane = export.lane();
        if (seen.runs().stream().anyMatch(UnderWay::isKilled)) {
            return "killed";
        }
        if (!seen.runs().isEmpty()) {
            return seen.runs().stream().allMatch(UnderWay::isSilent) ? "silent" : "running";
        }
        if (!export.enabled()) {
            return "paused";
        }
        return last.map(run -> switch (run.state()) {
                    case FAILED -> "failed";
                    case KILLED -> "killed";
                    case SUCCEEDED, STOPPED, REPLAYED ->
                        run.counts().selected() > 0 || cursor.hasSeenObjects(lane) ? "idle" : "empty";
                })
                .orElse("never");
    }

    private Total total(Lane lane, Seen seen) {
        Total total = history.total(lane);
        for (UnderWay run : seen.runs()) {
            total = total.plus(run.killed());
        }
        return total;
    }

    private @Nullable Long lagSeconds(Lane lane, Optional<Run> unrecorded) {
        Optional<Instant> now = exports == null ? Optional.empty() : exports.oldestInFlight(lane);
        Optional<Run> listing = unrecorded.isPresent() ? unrecorded.filter(Run::listed) : history.lastListing(lane);
        Instant oldest = now.orElseGet(() -> listing.map(Run::oldestUndelivered).orElse(null));
        if (oldest == null) {
            return listing.isPresent() ? 0L : null;
        }
        return Math.max(0, Duration.between(oldest, Instant.now()).toSeconds());
    }
}
