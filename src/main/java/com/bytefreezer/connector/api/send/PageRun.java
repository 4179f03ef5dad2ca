package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lane.FailedObject;
import com.bytefreezer.connector.lane.RunProgress;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.log.RecentLines.Line;
import com.bytefreezer.connector.operate.DeadLetterPage;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.operate.DeadLetterTrial;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.operate.Replay;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** An export from the page: a connector of its own that runs once. Safe for use by several threads. */
final class PageRun implements Runnable {
    private final String id = UUID.randomUUID().toString();
    private final Moment started = Moment.now();
    private final CountDownLatch over = new CountDownLatch(1);
    private final SendRequest request;
    private final String destination;
    private final Scratch once;
    private final Secrets secrets;
    private final CamelContext routes;
    private final Operations operations;
    private final Runnable whenOver;

    private State state = State.RUNNING;
    private boolean cancelled;
    private @Nullable Connector connector;
    private @Nullable Schedule schedule;
    private @Nullable Long objectsTotal;
    private RunProgress progress = new RunProgress(0, Counts.NONE, Duration.ZERO);
    private List<FailedObject> failed = List.of();
    private List<Line> lines = List.of();
    private String message = "";
    private @Nullable Instant finished;

    private enum State {
        RUNNING,
        SUCCEEDED,
        FAILED,
        CANCELLED
    }

    /**
     * The state of a run.
     *
     * @param objectsTotal the number of objects; null until it is known
     * @param retries of batches so far, while it runs, by HTTP status or kind of failure
     * @param message how it ended, in one line
     * @param deadLettersFolder the folder of refused records; null if there are none
     * @param failedObjects the first objects that could not be read
     */
    record Status(
            String id,
            String state,
            String destination,
            @JsonProperty("tenant_id") String tenant,
            @JsonProperty("dataset_id") String dataset,
            String sql,
            @JsonProperty("objects_done") long objectsDone,
            @JsonProperty("objects_total") @Nullable Long objectsTotal,
            long selected,
            long accepted,
            long duplicates,
            @JsonProperty("dead_lettered") long deadLettered,
            @JsonProperty("records_per_second") long recordsPerSecond,
            Map<String, Long> retries,
            String message,
            @JsonProperty("started_at") String startedAt,
            @JsonProperty("finished_at") @Nullable String finishedAt,
            @JsonProperty("dead_letters_folder") @Nullable String deadLettersFolder,
            @JsonProperty("failed_objects") List<FailedObject> failedObjects) {}

    /**
     * Prepares a run.
     *
     * @param request the request for it
     * @param destination its name for people
     * @param routes with {@code direct:credentials}
     * @param whenOver called once, whatever happens
     */
    PageRun(
            SendRequest request,
            String destination,
            Scratch once,
            Secrets secrets,
            CamelContext routes,
            Runnable whenOver) {
        this.request = request;
        this.destination = destination;
        this.once = once;
        this.secrets = secrets;
        this.routes = routes;
        operations = Operations.ofStore(once.settings(), () -> routes);
        this.whenOver = whenOver;
    }

    String id() {
        return id;
    }

    @Override
    public void run() {
        try {
            export();
        } catch (Throwable e) {
            // Also after an error: a waiting request must get an answer.
            end(State.FAILED, Failures.describe(e));
        } finally {
            once.closeExceptDeadLetters();
            whenOver.run();
            over.countDown();
        }
    }

    private void export() throws Exception {
        Settings settings = once.settings();
        Cursor cursor = Cursor.open(settings);
        Connector running = Connector.once(settings, secrets, cursor);
        Schedule runs;
        boolean succeeded;
        try (running) {
            runs = running.start();
            begun(running, runs);
            countObjects(settings);
            runs.awaitAll();
            succeeded = runs.allSucceeded() && !isCancelled();
        }
        // The batches in flight are finished now.
        progressOf(running);
        if (succeeded) {
            end(State.SUCCEEDED, balance());
        } else {
            end(State.FAILED, runs.failure().map(this::reason).orElse("It has not ended."));
        }
    }

    /** The name and cursor of its export mean nothing to a person. */
    private String reason(Throwable failure) {
        return Failures.known(failure).saying(destination, "The other records were not sent.");
    }

    private synchronized void begun(Connector running, Schedule runs) {
        connector = running;
        schedule = runs;
        if (cancelled) {
            runs.giveUp();
        }
    }

    /** Counts separately: the export lists objects only as fast as it delivers them. */
    private void countObjects(Settings settings) {
        ExportDefinition export = settings.exports().get(0);
        String tenant = export.tenant();
        String dataset = export.dataset();
        try (Lake lake = Lake.of(settings, tenant, dataset, LakeCredentials.ask(routes, tenant, dataset));
                Stream<LakeObject> objects = lake.objects()) {
            long count = objects.takeWhile(object -> !isCancelled()).count();
            synchronized (this) {
                objectsTotal = count;
            }
        } catch (RuntimeException e) {
            // The export reports the failure.
        }
    }

    private synchronized void progressOf(Connector running) {
        look(running);
        connector = null;
    }

    private void look(Connector running) {
        running.exports.all().stream().findFirst().ifPresent(export -> {
            progress = export.progress();
            failed = export.failed();
            lines = export.lines().lines();
        });
    }

    /** The last lines of its log. */
    synchronized List<Line> lines() {
        if (connector != null) {
            look(connector);
        }
        return lines;
    }

    private synchronized void end(State how, String why) {
        state = cancelled && how == State.FAILED ? State.CANCELLED : how;
        message = secrets.mask(state == State.CANCELLED ? "Stopped. " + balance() : why);
        finished = started.end();
    }

    private synchronized String balance() {
        Counts counts = progress.counts();
        return String.format(
                Locale.ROOT,
                "%,d records selected: %,d accepted, %,d duplicates, %,d dead-lettered.",
                counts.selected(),
                counts.accepted(),
                counts.duplicates(),
                counts.deadLettered());
    }

    private synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Starts no further batch. */
    synchronized void cancel() {
        if (state == State.RUNNING) {
            cancelled = true;
            if (schedule != null) {
                schedule.giveUp();
            }
        }
    }

    /** Waits for the end. */
    void await() throws InterruptedException {
        over.await();
    }

    /** As above, but no longer than {@code patience}. */
    void await(Duration patience) throws InterruptedException {
        var ignored = over.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    synchronized boolean isOver() {
        return state != State.RUNNING;
    }

    /** Whether it does the work of another request, and has not ended. */
    synchronized boolean isDoing(SendRequest other) {
        return state == State.RUNNING && !cancelled && request.equals(other);
    }

    /**
     * Delivers dead letters again, with the settings of the run.
     *
     * @param which of them
     * @throws ApiException 409 while it runs
     */
    Replay.Result replay(Map<String, Object> which) throws Exception {
        requireOver();
        Set<String> ids = ids(which);
        Optional<String> sql = DeadLetterChoice.sql(which);
        Replay.Result result = once.again(() -> sql.isPresent()
                ? operations.replayChanged(definition(), ids, sql.get())
                : operations.replay().replay(definition(), ids));
        synchronized (this) {
            progress = new RunProgress(
                    progress.objects(), progress.counts().replayed(result.replayed()), progress.lasting());
            message = secrets.mask("%s %,d dead letters were replayed.".formatted(balance(), result.replayed()));
        }
        return result;
    }

    /**
     * What a changed query makes of dead letters.
     *
     * @param which of them
     * @param queryId to cancel it, or null
     * @throws ApiException 409 while it runs
     */
    DeadLetterTrial tryChanged(Map<String, Object> which, Watchdog watchdog, @Nullable String queryId)
            throws Exception {
        requireOver();
        return once.again(() -> DeadLetterChoice.tried(which, operations, definition(), watchdog, queryId));
    }

    /**
     * Removes dead letters for good.
     *
     * @param which of them
     * @throws ApiException 409 while it runs
     */
    long discard(Map<String, Object> which) {
        requireOver();
        return operations.replay().discard(definition(), ids(which));
    }

    private Set<String> ids(Map<String, Object> which) {
        return DeadLetterChoice.ids(which, new DeadLetters(once.deadLetters()), lane());
    }

    private ExportDefinition definition() {
        return once.settings().exports().get(0);
    }

    private void requireOver() {
        if (!isOver()) {
            throw ApiException.conflict("The export is running. Wait for its end, or stop it.");
        }
    }

    /** Removes all its files. */
    void forget() {
        once.close();
    }

    DeadLetterPage deadLetters(@Nullable String offset, @Nullable String limit, @Nullable String reason) {
        return DeadLetterPage.of(new DeadLetters(once.deadLetters()), lane(), offset, limit, reason);
    }

    DeadLetterReasons reasons() {
        return DeadLetterReasons.of(new DeadLetters(once.deadLetters()), lane());
    }

    private Lane lane() {
        return new Lane(PageScratch.EXPORT, once.settings().text("destination.type"));
    }

    synchronized Status status() {
        if (connector != null) {
            look(connector);
        }
        Counts counts = progress.counts();
        Instant until = finished == null ? started.end() : finished;
        long millis = Math.max(1, Duration.between(started.time(), until).toMillis());
        Settings settings = once.settings();
        ExportDefinition export = settings.exports().get(0);
        return new Status(
                id,
                state.name().toLowerCase(Locale.ROOT),
                destination,
                export.tenant(),
                export.dataset(),
                export.sql(),
                progress.objects(),
                objectsTotal,
                counts.selected(),
                counts.accepted(),
                counts.duplicates(),
                counts.deadLettered(),
                counts.settled() * 1000 / millis,
                connector == null ? Map.of() : connector.retries(),
                message,
                started.time().toString(),
                finished == null ? null : finished.toString(),
                once.hasDeadLetters() ? once.deadLetters().toString() : null,
                failed);
    }
}
