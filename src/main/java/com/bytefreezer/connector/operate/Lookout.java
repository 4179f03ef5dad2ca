package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lane.Export;
import com.bytefreezer.connector.lane.Export.Step;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.signs.Retrying;
import com.bytefreezer.connector.signs.Signs;
import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the exports from outside, every second. It asks the lake of a run without progress whether it answers, writes
 * a heartbeat with what the exports wait for into the cursor's store, and logs when an export starts to wait, every
 * minute while it waits, and when it works again. A system that hangs does not hold it up.
 */
public final class Lookout implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);

    /** Represents all lanes in {@link #said}. */
    private static final Lane EVERYBODY = new Lane("", "");

    private static final Duration TICK = Duration.ofSeconds(1);
    /** After this time without a step, a run's lake may not be answering. */
    private static final Duration STANDSTILL = Duration.ofSeconds(3);
    /** The time that a lake has to answer. */
    private static final Duration ANSWER = Duration.ofSeconds(4);

    private static final Duration BETWEEN_PROBES = Duration.ofSeconds(3);
    private static final Duration KEPT = Duration.ofMinutes(1);
    private static final Duration BETWEEN_BEATS = Duration.ofSeconds(3);
    /** A failure that returns within this time was never over. */
    private static final Duration OVER = Duration.ofSeconds(5);

    /** A run reports a final failure itself. */
    private static final Duration FIRST_LINE = Duration.ofSeconds(3);

    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private final Exports exports;
    private final Signs signs;
    private final Cursor cursor;
    private final Runnable refusals;
    private final ScheduledExecutorService ticks = Periodic.thread("lookout");
    private final ExecutorService beats = Executors.newSingleThreadExecutor(Lookout::thread);
    private final ExecutorService probes = Executors.newCachedThreadPool(Lookout::thread);
    private final Map<Lane, Watched> lanes = new ConcurrentHashMap<>();
    /** By the lake's place: a question that hangs for one lane is not asked for another. */
    private final Map<String, Probe> lakes = new ConcurrentHashMap<>();

    private final Map<Lane, Said> said = new HashMap<>();

    private @Nullable CompletableFuture<?> beat;
    private long beatAt;

    /** The progress of a lane's run at the last look. */
    private static final class Watched {
        private @Nullable Lake lake;
        private long step;
        private long since;
    }

    /** A question to a lake. */
    private static final class Probe {
        private final long begun = System.nanoTime();
        private final CompletableFuture<@Nullable String> problem;

        private Probe(CompletableFuture<@Nullable String> problem) {
            this.problem = problem;
        }

        private boolean isOld() {
            return problem.isDone() && System.nanoTime() - begun > KEPT.toNanos();
        }
    }

    /** The state of a lane in the log. */
    private static final class Said {
        private final long begun;
        private long lineAt;
        private @Nullable Long overSince;

        private Said(Retrying first, long now) {
            begun = now - first.lasting().toNanos();
            lineAt = now;
        }
    }

    /** @param refusals logs refusals, once a second */
    public Lookout(Exports exports, Cursor cursor, Runnable refusals) {
        this.exports = exports;
        this.refusals = refusals;
        this.cursor = cursor;
        signs = exports.signs();
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "lookout");
        thread.setDaemon(true);
        return thread;
    }

    /** Starts; the first heartbeat is written before this returns. */
    public void start() {
        cursor.pulse().beat(Map.of());
        signs.listen(lane -> say(lane, Duration.ZERO));
        // Each has its own thread, so that none holds up the others.
        each("the sign of life", this::beat);
        each("the watch over the lakes", () -> {
            long now = System.nanoTime();
            exports.all().forEach(export -> watch(export, now));
            Set<Lane> there = exports.all().stream().map(Export::lane).collect(Collectors.toSet());
            lanes.keySet().retainAll(there);
            lakes.values().removeIf(Probe::isOld);
        });
        each("the lines about what exports wait for", () -> {
            say(EVERYBODY, FIRST_LINE);
            exports.all().forEach(export -> say(export.lane(), FIRST_LINE));
            forget();
        });
        each("the lines about what is refused", refusals);
    }

    private void each(String what, Runnable work) {
        var unused = Periodic.each(TICK, ticks, what, work);
    }

    /** Lanes come and go with the files of exports. */
    private synchronized void forget() {
        said.keySet()
                .removeIf(lane -> !lane.equals(EVERYBODY) && exports.find(lane).isEmpty());
    }

    /** Forgets a lane that is gone, and what it waited for. */
    public synchronized void forget(Lane lane) {
        lanes.remove(lane);
        said.remove(lane);
    }

    // -- the lake

    private void watch(Export export, long now) {
        Watched watched = lanes.computeIfAbsent(export.lane(), any -> new Watched());
        Step step = export.step().orElse(null);
        if (step == null) {
            watched.lake = null;
            return;
        }
        if (step.lake() != watched.lake || step.number() != watched.step) {
            boolean moves = step.lake() == watched.lake;
            watched.lake = step.lake();
            watched.step = step.number();
            watched.since = now;
            if (moves) {
                signs.works(export.lane(), Neighbour.LAKE);
            }
            return;
        }
        if (now - watched.since > STANDSTILL.toNanos()) {
            ask(export.lane(), step.lake(), now);
        }
    }

    private void ask(Lane lane, Lake lake, long now) {
        String place = lake.place();
        Probe probe = lakes.compute(
                place,
                (any, last) -> last == null || (last.problem.isDone() && now - last.begun > BETWEEN_PROBES.toNanos())
                        ? new Probe(CompletableFuture.supplyAsync(() -> problem(lake), probes))
                        : last);
        if (!probe.problem.isDone()) {
            if (now - probe.begun > ANSWER.toNanos()) {
                signs.failed(
                        lane,
                        Neighbour.LAKE,
                        "%s: no answer for %d s".formatted(place, TimeUnit.NANOSECONDS.toSeconds(now - probe.begun)),
                        probe.begun);
            }
            return;
        }
        String problem = probe.problem.join();
        if (problem == null) {
            signs.works(lane, Neighbour.LAKE);
        } else {
            signs.failed(lane, Neighbour.LAKE, problem, probe.begun);
        }
    }

    private static @Nullable String problem(Lake lake) {
        try {
            lake.probe();
            return null;
        } catch (RuntimeException | Error e) {
            return Failures.describe(e);
        }
    }

    // -- the cursor's store

    private void beat() {
        long now = System.nanoTime();
        cursor.trouble().ifPresent(why -> signs.failed(Neighbour.CURSOR, why, true));
        if (beat != null && (!beat.isDone() || now - beatAt < BETWEEN_BEATS.toNanos())) {
            return;
        }
        beatAt = now;
        Map<Lane, Retrying> retrying = new TreeMap<>();
        exports.all().forEach(export -> signs.of(export.lane()).ifPresent(why -> retrying.put(export.lane(), why)));
        signs.begin(Neighbour.CURSOR, this);
        beat = CompletableFuture.runAsync(
                () -> {
                    try {
                        cursor.pulse().beat(retrying);
                        signs.works(Neighbour.CURSOR);
                    } catch (RuntimeException | Error e) {
                        signs.failed(Neighbour.CURSOR, Failures.describe(e), true);
                    } finally {
                        signs.end(Neighbour.CURSOR, this);
                    }
                },
                beats);
    }

    // -- the log

    /** @param since it is worth a line, if there was none yet */
    private synchronized void say(Lane lane, Duration since) {
        boolean everybody = lane.equals(EVERYBODY);
        String subject = everybody
                ? "all exports"
                : exports.find(lane).map(Export::subject).orElseGet(lane::toString);
        Retrying retrying = (everybody ? signs.shared() : signs.own(lane)).orElse(null);
        long now = System.nanoTime();
        Said before = said.get(lane);
        if (retrying != null) {
            if (before == null && retrying.lasting().compareTo(since) < 0) {
                return;
            }
            if (before == null) {
                before = new Said(retrying, now);
                said.put(lane, before);
                log(
                        lane,
                        () -> LOG.warn(
                                "{}: {} The connector retries; nothing is lost.",
                                subject,
                                PlainText.sentence(retrying.why())));
            } else if (now - before.lineAt >= BETWEEN_LINES.toNanos()) {
                before.lineAt = now;
                log(
                        lane,
                        () -> LOG.warn(
                                "{}: retrying for {} now: {}.", subject, text(retrying.lasting()), retrying.why()));
            }
            before.overSince = null;
        } else if (before != null) {
            if (before.overSince == null) {
                before.overSince = now;
            } else if (now - before.overSince >= OVER.toNanos()) {
                said.remove(lane);
                String after = text(Duration.ofNanos(before.overSince - before.begun));
                log(lane, () -> LOG.info("{}: it works again, after {}.", subject, after));
            }
        }
    }

    /** Among the lines of the lane too, if it is there. */
    private void log(Lane lane, Runnable line) {
        exports.find(lane).ifPresentOrElse(export -> export.lines().during(line), line);
    }

    private static String text(Duration time) {
        return time.toMinutes() < 2 ? time.toSeconds() + " s" : time.toMinutes() + " min";
    }

    /** Ends, and removes this process from the store. */
    @Override
    public void close() {
        ticks.shutdownNow();
        probes.shutdownNow();
        beats.shutdownNow();
        try {
            cursor.pulse().end();
        } catch (ConnectorException e) {
            LOG.debug("The last heartbeat could not be written", e);
        }
    }
}
