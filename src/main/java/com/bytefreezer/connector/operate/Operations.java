package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.lane.Export;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.log.RecentLines.Line;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The questions about exports and the actions on them, in the process that runs them and in any other. Safe for use
 * by several threads.
 */
public final class Operations {
    /** If no export has worked for this long, the process is not ready. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RunTotals totals = new RunTotals(this::planner);
    private volatile Parts parts;

    /** The parts that belong to one process and change together. */
    private record Parts(
            Settings settings,
            DeadLetters deadLetters,
            History history,
            CursorView view,
            ExportsOnDisk onDisk,
            Status status,
            Replay replay,
            Supplier<CamelContext> routes,
            @Nullable Exports running,
            @Nullable Cursor cursor,
            Supplier<@Nullable Schedule> schedule,
            Instant started) {}

    private Operations(Parts parts) {
        this.parts = parts;
    }

    /**
     * For exports that another process may run.
     *
     * @param routes with {@code direct:credentials}
     */
    public static Operations ofStore(Settings settings, Supplier<CamelContext> routes) {
        DeadLetters deadLetters = new DeadLetters(settings.deadLettersFolder());
        CursorView view = CursorView.of(settings);
        ExportsOnDisk onDisk = new ExportsOnDisk(settings, view);
        return new Operations(new Parts(
                settings,
                deadLetters,
                History.of(settings),
                view,
                onDisk,
                Status.ofStore(settings, deadLetters),
                new Replay(settings, deadLetters, () -> History.beside(settings), () -> null),
                routes,
                null,
                null,
                () -> null,
                Instant.now()));
    }

    /**
     * For the exports of this process.
     *
     * @param schedule gives null until the exports have started
     * @param routes with the destinations among them
     */
    public static Operations ofRunning(
            Settings settings,
            DeadLetters deadLetters,
            Exports exports,
            Cursor cursor,
            History history,
            Supplier<@Nullable Schedule> schedule,
            Supplier<CamelContext> routes) {
        CursorView view = CursorView.of(settings);
        return new Operations(new Parts(
                settings,
                deadLetters,
                history,
                view,
                new ExportsOnDisk(settings, view),
                Status.ofRunning(settings, deadLetters, exports, schedule),
                new Replay(settings, deadLetters, () -> Optional.of(history), routes),
                routes,
                exports,
                cursor,
                schedule,
                Instant.now()));
    }

    /** From now on this acts like {@code other}; returns one that acts as this did so far. */
    public Operations become(Operations other) {
        Operations before = new Operations(parts);
        parts = other.parts;
        return before;
    }

    /** Whether this process runs the exports. */
    public boolean runsHere() {
        return parts.running != null;
    }

    public Status status() {
        return parts.status;
    }

    public History history() {
        return parts.history;
    }

    /** The progress of each lane. */
    public CursorView view() {
        return parts.view;
    }

    /** The objects of the runs under way in this process. */
    RunTotals totals() {
        return totals;
    }

    public Replay replay() {
        return parts.replay;
    }

    Planner planner() {
        Parts now = parts;
        return new Planner(now.settings, now.routes.get());
    }

    /** A planner for a person who waits. */
    public Planner planner(Watchdog.Running running) {
        Parts now = parts;
        return new Planner(now.settings, now.routes.get(), running::engine, running::check);
    }

    public Settings settings() {
        return parts.settings;
    }

    /** Every export with each of its destinations. */
    public List<ExportDefinition> exports() {
        return exports(parts);
    }

    private static List<ExportDefinition> exports(Parts now) {
        return now.running == null ? now.onDisk.all() : now.running.definitions();
    }

    /**
     * One of them.
     *
     * @throws ApiException if there is none
     */
    public ExportDefinition export(String name, String destination) {
        return exports().stream()
                .filter(export ->
                        export.name().equals(name) && export.destination().equals(destination))
                .findFirst()
                .orElseThrow(() -> ApiException.unknown("There is no export %s/%s.".formatted(name, destination)));
    }

    public DeadLetters deadLetters() {
        return parts.deadLetters;
    }

    /**
     * Forgets what an export has delivered: its next run starts at {@code cursor.start}.
     *
     * @throws ApiException 409 while it runs, here or in another process
     */
    public void resetCursor(ExportDefinition export) {
        Lane lane = export.lane();
        Parts now = parts;
        Cursor cursor = now.cursor;
        if (cursor == null) {
            try (Cursor own = Cursor.open(now.settings)) {
                own.lanes().reset(lane);
            } catch (ConnectorException e) {
                throw ApiException.conflict(e.saying("Nothing was reset."));
            }
            return;
        }
        Schedule timing = now.schedule.get();
        if (timing == null || !timing.betweenRuns(lane, () -> cursor.lanes().reset(lane))) {
            throw ApiException.conflict(
                    "export %s is running. Nothing was reset. Try again when it is idle.".formatted(lane));
        }
    }

    /**
     * Lets an export run now instead of at its next turn; changes nothing if it is due already.
     *
     * @throws ApiException if it runs, is paused, or does not run in this process
     */
    public void runNow(ExportDefinition export) {
        Schedule timing = parts.schedule.get();
        if (timing == null) {
            throw ApiException.conflict("The exports do not run in this process, so none was started.");
        }
        if (!export.enabled()) {
            throw ApiException.conflict("export %s is paused. Resume it first.".formatted(export.lane()));
        }
        if (timing.isRunning(export.lane())) {
            throw ApiException.conflict("export %s is running already.".formatted(export.lane()));
        }
        timing.runNow(export.lane());
    }

    /**
     * Stops the current run of an export; it finishes the batches in flight, and the next run starts at its time.
     *
     * @throws ApiException if none is under way in this process
     */
    public void stopRun(ExportDefinition export) {
        if (running(export).filter(Export::stopRun).isEmpty()) {
            throw ApiException.conflict("export %s has no run under way in this process.".formatted(export.lane()));
        }
    }

    /**
     * Delivers dead letters again whose rows a changed query selects, as the records that it makes of them, with the ids they had. The others stay.
     *
     * @param ids of the dead letters; empty for all of the export
     * @throws ConnectorException if the query is wrong, or the dataset cannot be listed
     */
    public Replay.Result replayChanged(ExportDefinition export, Set<String> ids, String sql) throws Exception {
        try (ChangedQuery changed = changed(planner(), export, sql, wanted(export, ids))) {
            return replay().replay(export, ids, changed);
        }
    }

    /** What {@link #replayChanged} would deliver, of the first of them. */
    public DeadLetterTrial tryChanged(ExportDefinition export, Set<String> ids, String sql, Watchdog.Running running) {
        try {
            return tryChanged(export, ids, sql, planner(running));
        } catch (ConnectorException e) {
            throw running.told(e);
        }
    }

    DeadLetterTrial tryChanged(ExportDefinition export, Set<String> ids, String sql, Planner planner) {
        List<DeadLetterLine> some =
                wanted(export, ids).limit(DeadLetterTrial.MOST).toList();
        try (ChangedQuery changed = changed(planner, export, sql, some.stream())) {
            return DeadLetterTrial.of(some, changed.of(some));
        }
    }

    private Stream<DeadLetterLine> wanted(ExportDefinition export, Set<String> ids) {
        return deadLetters().lines(export.lane()).filter(line -> Redelivery.isWanted(line, ids));
    }

    private ChangedQuery changed(Planner planner, ExportDefinition export, String sql, Stream<DeadLetterLine> lines) {
        return new ChangedQuery(
                planner,
                export,
                sql,
                view().queries(export.lane()),
                lines.flatMap(line -> line.letter().stream())
                        .map(DeadLetter::object)
                        .collect(Collectors.toSet()));
    }

    /** The last lines that the runs of an export have logged; none if it runs in another process. */
    public List<Line> lines(ExportDefinition export) {
        return running(export).map(one -> one.lines().lines()).orElse(List.of());
    }

    /** The export, if this process runs it. */
    Optional<Export> running(ExportDefinition export) {
        return Optional.ofNullable(parts.running).flatMap(all -> all.find(export.lane()));
    }

    /** Lets the next run try again the objects that are set aside. Returns their number. */
    public int retrySetAside(ExportDefinition export) {
        Parts now = parts;
        Cursor cursor = now.cursor;
        if (now.view.suspects(export.lane()).setAside("").isEmpty()) {
            return 0;
        }
        if (cursor != null) {
            return cursor.lanes().retrySetAside(export.lane());
        }
        try (Cursor own = Cursor.open(now.settings)) {
            return own.lanes().retrySetAside(export.lane());
        }
    }

    /** Why this process is not ready, in one line without secrets; empty if it is. */
    public Optional<String> whyNotReady() {
        Parts now = parts;
        Exports running = now.running;
        if (running == null) {
            return Optional.empty();
        }
        Schedule timing = now.schedule.get();
        if (timing == null) {
            return Optional.of("the exports have not started yet");
        }
        try {
            now.history.checkWritable();
        } catch (ConnectorException e) {
            return Optional.of("the cursor cannot be written; see the log");
        }
        List<ExportDefinition> all = exports(now);
        Optional<String> wrong = all.stream()
                .flatMap(export -> running.refusal(export.export()).stream())
                .findFirst();
        if (wrong.isPresent()) {
            return wrong;
        }
        if (all.stream().anyMatch(export -> timing.unrecorded(export.lane()).isPresent())) {
            return Optional.of("the last run could not be recorded; see the log");
        }
        List<Lane> lanes = all.stream()
                .filter(ExportDefinition::enabled)
                .map(ExportDefinition::lane)
                .toList();
        if (!lanes.isEmpty() && lanes.stream().allMatch(lane -> standsStill(running, lane))) {
            return Optional.of(
                    "no export has worked for %d s; see the log or /api/v1/exports".formatted(PATIENCE.toSeconds()));
        }
        boolean noLake = !lanes.isEmpty()
                && lanes.stream().allMatch(lane -> now.history
                        .last(lane)
                        .filter(run -> !run.listed()
                                && run.state() != History.State.KILLED
                                && run.started().isAfter(now.started))
                        .isPresent());
        return noLake
                ? Optional.of("the lake of export %s cannot be listed; see the log or /api/v1/exports"
                        .formatted(lanes.get(0)))
                : Optional.empty();
    }

    private static boolean standsStill(Exports running, Lane lane) {
        return running.signs()
                .of(lane)
                .filter(retrying -> retrying.stands() && retrying.lasting().compareTo(PATIENCE) >= 0)
                .isPresent();
    }
}
