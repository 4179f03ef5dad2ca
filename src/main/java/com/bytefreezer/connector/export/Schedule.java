package com.bytefreezer.connector.export;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Failures;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When each export to a destination, a lane, runs next, and how the last runs went. After a failure the pause doubles with each further one, with
 * jitter. Safe for use by several threads.
 */
public final class Schedule {
    private static final Logger LOG = LoggerFactory.getLogger(Schedule.class);

    private final Duration firstPause;
    private final Duration longestPause;
    private final Map<String, Instant> next = new ConcurrentHashMap<>();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Set<String> finished = ConcurrentHashMap.newKeySet();
    private final CountDownLatch unfinished;

    /** @param lanes how many there are */
    public Schedule(Settings settings, int lanes) {
        firstPause = Duration.ofSeconds(settings.integer("schedule.retry-delay-seconds"));
        longestPause = Duration.ofSeconds(settings.integer("schedule.max-retry-delay-seconds"));
        unfinished = new CountDownLatch(lanes);
    }

    /** Whether the export is to run now: at once when it has not run yet, and not while it runs. */
    public boolean isDue(@Variable("lane") String lane) {
        return !Instant.now().isBefore(next.getOrDefault(lane, Instant.EPOCH)) && running.add(lane);
    }

    /** A run has ended well. */
    public void succeeded(@Variable("lane") String lane, @Variable("intervalSeconds") int intervalSeconds) {
        failures.remove(lane);
        next.put(lane, Instant.now().plusSeconds(intervalSeconds));
        finished(lane);
    }

    /** A run has failed: says why, in one line, and when the next one is. */
    public void failed(
            @Variable("lane") String lane,
            @Variable("mode") String mode,
            @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        int count = failures.merge(lane, 1, Integer::sum);
        if (failure instanceof StoppedException) {
            LOG.info("export {}: stopped. What is not delivered stays to be delivered.", lane);
        } else if (mode.equals("watch")) {
            Duration pause = pause(count);
            next.put(lane, Instant.now().plus(pause));
            LOG.error("{} Next try in {} s.", Failures.describe(failure), pause.toSeconds());
        } else {
            LOG.error("{}", Failures.describe(failure));
        }
        LOG.debug("export {}", lane, failure);
        finished(lane);
    }

    /** Whether every run so far has ended well. */
    public boolean allSucceeded() {
        return failures.isEmpty();
    }

    /** Waits until each export has run once. */
    public void awaitAll() throws InterruptedException {
        unfinished.await();
    }

    private void finished(String lane) {
        running.remove(lane);
        if (finished.add(lane)) {
            unfinished.countDown();
        }
    }

    private Duration pause(int failuresInARow) {
        long doubled = firstPause.toMillis() << Math.min(failuresInARow - 1, 20);
        long pause = Math.min(doubled, longestPause.toMillis());
        return Duration.ofMillis(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
    }
}
