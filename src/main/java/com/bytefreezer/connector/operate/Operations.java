package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of, and done to, the exports; by the process that runs them, and by any other beside it. Safe for use by
 * several threads.
 */
public final class Operations {
    /** While no export has worked for so long, the process is not ready. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Settings settings;
    private final DeadLetters deadLetters;
    private final History history;
    private final CursorView view;
    private final Status status;
    private final Replay replay;
    private final Supplier<CamelContext> routes;
    private final @Nullable Exports running;
    private final @Nullable Cursor cursor;
    private final Supplier<@Nullable Schedule> schedule;
    private final Instant started = Instant.now();

    private Operations(
            Settings settings,
            DeadLetters deadLetters,
            History history,
            Status status,
            Replay replay,
            Supplier<CamelContext> routes,
            @Nullable Exports running,
            @Nullable Cursor cursor,
            Supplier<@Nullable Schedule> schedule) {
        this.running = running;
        this.settings = settings;
        this.deadLetters = deadLetters;
        this.history = history;
        this.view = CursorView.of(settings);
        this.status = status;
        this.replay = replay;
        this.routes = routes;
        this.cursor = cursor;
        this.schedule = schedule;
    }

    /**
     * For exports that another process runs, if any.
     *
     * @param routes with {@code direct:credentials}
     */
    public static Operations ofStore(Settings settings, Supplier<CamelContext> routes) {
        DeadLetters deadLetters = new DeadLetters(settings.deadLettersFolder());
        return new Operations(
                settings,
                deadLetters,
                History.of(settings),
                Status.ofStore(settings, deadLetters),
                new Replay(settings, deadLetters, () -> History.beside(settings), () -> null),
                routes,
                null,
                null,
                () -> null);
    }

    /**
     * For the exports of this process.
     *
     * @param schedule null until the exports have started
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
        return new Operations(
                settings,
                deadLetters,
                history,
                Status.ofRunning(settings, deadLetters, exports, schedule),
                new Replay(settings, deadLetters, () -> Optional.of(history), routes),
                routes,
                exports,
                cursor,
                schedule);
    }

    public Status status() {
        return status;
    }

    public History history() {
        return history;
    }

    /** How far each lane is. */
    public CursorView view() {
        return view;
    }

    public Replay replay() {
        return replay;
    }

    Planner planner() {
        return new Planner(settings, routes.get());
    }

    /** The same for a person who waits. */
    public Planner planner(Watchdog.Running running) {
        return new Planner(settings, routes.get(), running::engine, running::check);
    }

    public Settings settings() {
        return settings;
    }

    /** Every export with each of its destinations. */
    public List<ExportDefinition> exports() {
        return running == null ? ofStore(settings, view) : running.definitions();
    }

    /** Those of another process: of an export that chooses its datasets, those that have begun. */
    static List<ExportDefinition> ofStore(Settings settings, CursorView view) {
        List<ExportDefinition> exports = settings.exports();
        if (exports.stream().noneMatch(ExportDefinition::isChoice)) {
            return exports;
        }
        Set<Lane> lanes = view.lanes();
        return exports.stream()
                .flatMap(export -> {
                    DatasetChoice choice = export.choice();
                    if (choice == null) {
                        return Stream.of(export);
                    }
                    return Stream.concat(
                                    choice.named().stream(),
                                    lanes.stream().flatMap(lane -> export.datasetOf(lane).stream()))
                            .distinct()
                            .sorted(DatasetName.ORDER)
                            .map(export::at);
                })
                .toList();
    }

    /**
     * One of them.
     *
     * @throws ApiException 404 when there is none
     */
    public ExportDefinition export(String name, String destination) {
        return exports().stream()
                .filter(export ->
                        export.name().equals(name) && export.destination().equals(destination))
                .findFirst()
                .orElseThrow(() -> new ApiException(404, "There is no export %s/%s.".formatted(name, destination)));
    }

    public DeadLetters deadLetters() {
        return deadLetters;
    }

    /**
     * Forgets what an export has delivered: its next run begins at {@code cursor.start}.
     *
     * @throws ApiException 409 while it runs, here or in another process
     */
    public void resetCursor(ExportDefinition export) {
        Lane lane = export.lane();
        if (cursor == null) {
            try (Cursor own = Cursor.open(settings)) {
                own.lanes().reset(lane);
            } catch (ConnectorException e) {
                throw new ApiException(409, e.saying("Nothing was reset."));
            }
            return;
        }
        Schedule timing = schedule.get();
        if (timing == null || !timing.betweenRuns(lane, () -> cursor.lanes().reset(lane))) {
            throw new ApiException(
                    409, "export %s is running. Nothing was reset. Try again when it is idle.".formatted(lane));
        }
    }

    /** What of an export is set aside is tried again at its next run. How many objects are. */
    public int retrySetAside(ExportDefinition export) {
        if (view.suspects(export.lane()).setAside("").isEmpty()) {
            return 0;
        }
        if (cursor != null) {
            return cursor.lanes().retrySetAside(export.lane());
        }
        try (Cursor own = Cursor.open(settings)) {
            return own.lanes().retrySetAside(export.lane());
        }
    }

    /** Why this process is not ready to do its work, in one line without secrets; empty when it is. */
    public Optional<String> whyNotReady() {
        if (cursor == null) {
            return Optional.empty();
        }
        Schedule timing = schedule.get();
        if (timing == null) {
            return Optional.of("the exports have not started yet");
        }
        try {
            history.checkWritable();
        } catch (ConnectorException e) {
            return Optional.of("the cursor cannot be written; see the log");
        }
        Optional<String> wrong = exports().stream()
                .flatMap(export -> Objects.requireNonNull(running).refusal(export.export()).stream())
                .findFirst();
        if (wrong.isPresent()) {
            return wrong;
        }
        if (exports().stream()
                .anyMatch(export -> timing.unrecorded(export.lane()).isPresent())) {
            return Optional.of("the last run could not be recorded; see the log");
        }
        List<Lane> lanes = exports().stream().map(ExportDefinition::lane).toList();
        if (!lanes.isEmpty() && lanes.stream().allMatch(this::standsStill)) {
            return Optional.of(
                    "no export has worked for %d s; see the log or /api/v1/exports".formatted(PATIENCE.toSeconds()));
        }
        boolean noLake = !lanes.isEmpty()
                && lanes.stream().allMatch(lane -> history.last(lane)
                        .filter(run -> !run.listed()
                                && run.state() != History.State.KILLED
                                && run.started().isAfter(started))
                        .isPresent());
        return noLake
                ? Optional.of("the lake of export %s cannot be listed; see the log or /api/v1/exports"
                        .formatted(lanes.get(0)))
                : Optional.empty();
    }

    private boolean standsStill(Lane lane) {
        return running != null
                && running.signs()
                        .of(lane)
                        .filter(retrying ->
                                retrying.stands() && retrying.lasting().compareTo(PATIENCE) >= 0)
                        .isPresent();
    }
}
