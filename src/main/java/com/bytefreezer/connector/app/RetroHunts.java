package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.cursor.LaneLookups.Used;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hunts automatically, one hunt at a time, when a lookup of a lane in a watch has changed: {@code lookups.retro-hunt}. */
final class RetroHunts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RetroHunts.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Settings settings;
    private final Secrets secrets;
    private final Exports exports;
    private final LaneLookups lookups;
    private final ScheduledExecutorService thread = Periodic.thread("retro-hunt");
    /** The time of the next try for each failed hunt, by {@link System#nanoTime}. */
    private final Map<Used, Long> again = new HashMap<>();

    RetroHunts(Settings settings, Secrets secrets, Exports exports, LaneLookups lookups) {
        this.settings = settings;
        this.secrets = secrets;
        this.exports = exports;
        this.lookups = lookups;
    }

    void start() {
        ScheduledFuture<?> unused = Periodic.each(PAUSE, thread, "retro-hunt", this::look);
    }

    private void look() {
        for (Used used : lookups.all()) {
            boolean isTurn = again.getOrDefault(used, System.nanoTime()) - System.nanoTime() <= 0;
            if (used.hasChanged() && isTurn && exports.find(used.lane()).isPresent()) {
                hunt(used);
            }
        }
    }

    private void hunt(Used used) {
        try {
            RetroHunt hunt = new RetroHunt(inRange(), secrets);
            Optional<RetroHunt.Claim> claim = hunt.claim(used);
            if (claim.isEmpty() || isDone(hunt, claim.get())) {
                return;
            }
        } catch (Exception e) {
            LOG.warn("{}: {} It is tried again.", used.lane(), Failures.describe(e));
        }
        long pause = Duration.ofSeconds(settings.integer("schedule.max-retry-delay-seconds"))
                .toNanos();
        again.keySet()
                .removeIf(each -> each.lane().equals(used.lane()) && each.name().equals(used.name()));
        again.put(used, System.nanoTime() + pause);
    }

    private boolean isDone(RetroHunt hunt, RetroHunt.Claim claim) throws Exception {
        Used used = claim.used();
        try (claim) {
            LOG.info(
                    "{}: lookup {} has changed (version {} after {}); the connector searches delivered records for matches of its new entries.",
                    used.lane(),
                    used.name(),
                    used.version(),
                    used.base());
            boolean done = hunt.hunt(claim, (scratch, one) -> RetroHunt.alone(scratch, secrets, used.lane(), one));
            if (done) {
                LOG.info(
                        "{}: everything that the new entries of lookup {} match is delivered.",
                        used.lane(),
                        used.name());
            }
            return done;
        }
    }

    private Settings inRange() throws SettingsException {
        String text = settings.text("lookups.retro-hunt");
        long count = Long.parseLong(text.substring(0, text.length() - 1));
        Instant from = Instant.now().minus(text.endsWith("d") ? Duration.ofDays(count) : Duration.ofHours(count));
        String begin = settings.optional("query.from")
                .map(Instant::parse)
                .filter(from::isBefore)
                .orElse(from)
                .toString();
        return settings.with(Mode.REPLAY, Map.of("query.from", begin));
    }

    /** Stops a hunt as a signal stops exports; the next watch continues it. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            boolean unused = thread.awaitTermination(settings.integer("shutdown.timeout-seconds"), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
