package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.PageRun.Status;
import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.log.RecentLines.Line;
import com.bytefreezer.connector.operate.DeadLetterPage;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.operate.DeadLetterTrial;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Header;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exports from the page. Each runs once, beside the others and with a cursor of its own; it does not affect the
 * others. They end with the process. Safe for use by several threads.
 */
public final class PageRuns implements CamelContextAware {
    private static final Logger LOG = LoggerFactory.getLogger(PageRuns.class);
    private static final int MOST_AT_A_TIME = 4;
    private static final int MOST_REMEMBERED = 100;

    private final Settings settings;
    private final Secrets secrets;
    private final Watchdog watchdog;
    private final Targets targets;
    private final Semaphore free = new Semaphore(MOST_AT_A_TIME);
    /** In the order of their start. */
    private final Map<String, PageRun> runs = new LinkedHashMap<>();

    /** Held while a run starts. */
    private final Object starting = new Object();

    private @Nullable CamelContext camel;
    private boolean closed;

    /** Runs of exports of the lake that {@code settings} name. */
    public PageRuns(Settings settings, Secrets secrets, Watchdog watchdog) {
        this.settings = settings;
        this.secrets = secrets;
        this.watchdog = watchdog;
        targets = new Targets(settings, secrets);
    }

    /** The original's answer for a finished export, with its balance (docs/contracts.md). */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Exported(
            @Nullable String status,
            @Nullable String error,
            String destination,
            @JsonProperty("row_count") long rowCount,
            long accepted,
            long duplicates,
            @JsonProperty("dead_lettered") long deadLettered,
            @JsonProperty("execution_time_ms") long executionTimeMs) {}

    /**
     * Starts a run, or returns the one under way that does the same: a double click asks once.
     *
     * @throws ApiException if the request is wrong, or too many exports run
     */
    public Map<String, String> start(@Body SendRequest request) {
        return Map.of("id", begin(request).id());
    }

    /** Waits for the end of a run, but no longer than {@code patience}; returns its state then. */
    public Status await(String id, Duration patience) throws InterruptedException {
        PageRun run = run(id);
        run.await(patience);
        return run.status();
    }

    /** Runs an export and waits for its end. */
    public Exported export(@Body SendRequest request) throws InterruptedException {
        Moment begun = Moment.now();
        PageRun run = begin(request);
        run.await();
        Status status = run.status();
        boolean succeeded = status.state().equals("succeeded");
        return new Exported(
                succeeded ? "ok" : null,
                succeeded ? null : status.message(),
                status.destination(),
                status.selected(),
                status.accepted(),
                status.duplicates(),
                status.deadLettered(),
                begun.past().toMillis());
    }

    /** All remembered runs, the newest first. */
    public synchronized Map<String, List<Status>> list() {
        List<Status> all =
                new ArrayList<>(runs.values().stream().map(PageRun::status).toList());
        Collections.reverse(all);
        return Map.of("runs", all);
    }

    /** The state of a run. */
    public Status status(@Header("id") String id) {
        return run(id).status();
    }

    /** The last lines of its log. */
    public Map<String, List<Line>> log(@Header("id") String id) {
        return Map.of("lines", run(id).lines());
    }

    /** A page of the records that the destination refused. */
    public DeadLetterPage deadLetters(
            @Header("id") String id,
            @Header("offset") @Nullable String offset,
            @Header("limit") @Nullable String limit,
            @Header("reason") @Nullable String reason) {
        return run(id).deadLetters(offset, limit, reason);
    }

    /** Why the destination refused records. */
    public DeadLetterReasons reasons(@Header("id") String id) {
        return run(id).reasons();
    }

    /** What a changed query makes of dead letters of a finished run, some or all. */
    public DeadLetterTrial tryChanged(
            @Header("id") String id, @Header("query_id") @Nullable String queryId, @Body Map<String, Object> request)
            throws Exception {
        return run(id).tryChanged(ApiException.required(request), watchdog, queryId);
    }

    /** Delivers dead letters of a finished run again, some or all, as they are or as a changed query makes them. */
    public Replayed replay(@Header("id") String id, @Body Map<String, Object> request) throws Exception {
        return Replayed.of(run(id).replay(ApiException.required(request)), 0);
    }

    /** Removes dead letters of a finished run for good, some or all. */
    public Map<String, Long> discard(@Header("id") String id, @Body Map<String, Object> request) {
        return Map.of("discarded", run(id).discard(ApiException.required(request)));
    }

    /** Stops a run; it finishes the batches in flight. */
    public void cancel(@Header("id") String id) {
        run(id).cancel();
    }

    private synchronized PageRun run(String id) {
        PageRun run = runs.get(id);
        if (run == null) {
            throw ApiException.unknown("This run does not exist, or is no longer kept.");
        }
        return run;
    }

    private PageRun begin(SendRequest request) {
        ApiException.required(request);
        Target target = targets.resolve(request.type(), request.config());
        synchronized (starting) {
            Optional<PageRun> same = doing(request);
            return same.isPresent() ? same.get() : begin(request, target);
        }
    }

    private synchronized Optional<PageRun> doing(SendRequest request) {
        return runs.values().stream().filter(run -> run.isDoing(request)).findFirst();
    }

    private PageRun begin(SendRequest request, Target target) {
        CamelContext routes = camel;
        if (routes == null) {
            throw new IllegalStateException("the bean has no CamelContext");
        }
        if (!free.tryAcquire()) {
            throw ApiException.busy(
                    "%d exports are running already. Wait for one of them, or stop it.".formatted(MOST_AT_A_TIME));
        }
        PageRun run;
        try {
            run = new PageRun(
                    request,
                    target.type(),
                    PageScratch.ofExport(settings, secrets, target, request),
                    secrets,
                    routes,
                    free::release);
            Thread thread = new Thread(run, "run-" + run.id());
            thread.setDaemon(true);
            thread.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            // The latter if the machine allows no further thread.
            free.release();
            throw e;
        }
        synchronized (this) {
            runs.put(run.id(), run);
            forgetOldest();
            if (closed) {
                run.cancel();
            }
        }
        return run;
    }

    private void forgetOldest() {
        for (Iterator<PageRun> all = runs.values().iterator(); runs.size() > MOST_REMEMBERED && all.hasNext(); ) {
            PageRun oldest = all.next();
            if (oldest.isOver()) {
                all.remove();
                oldest.forget();
            }
        }
    }

    @Override
    public @Nullable CamelContext getCamelContext() {
        return camel;
    }

    /** The runs end before the routes, because a route may be waiting for a run. */
    @Override
    public void setCamelContext(CamelContext context) {
        camel = context;
        context.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onContextStopping(CamelContext stopping) {
                close();
            }
        });
    }

    private void close() {
        List<PageRun> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(runs.values());
        }
        all.forEach(PageRun::cancel);
        try {
            for (PageRun run : all) {
                run.await();
                Status status = run.status();
                if (status.deadLettersFolder() != null) {
                    LOG.warn(
                            "export {}: its {} dead letters stay in {}.",
                            run.id(),
                            status.deadLettered(),
                            status.deadLettersFolder());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
