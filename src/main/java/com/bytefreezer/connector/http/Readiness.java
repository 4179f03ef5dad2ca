package com.bytefreezer.connector.http;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the process is ready. A check may take long, for example if the cursor's store hangs, so it has its own
 * thread. Concurrent callers share one check, and nobody waits longer than {@link #PATIENCE}. Safe for use by several
 * threads.
 */
final class Readiness {
    static final Duration PATIENCE = Duration.ofSeconds(3);
    /** A result is reused for this long, because many may ask. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private static final Duration IDLE = Duration.ofSeconds(30);

    private final Supplier<Optional<String>> whyNot;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, IDLE.toSeconds(), TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Readiness::thread);

    private @Nullable CompletableFuture<Optional<String>> last;
    private long asked;

    /** @param whyNot checks, and says in one line why the process is not ready; empty if it is */
    Readiness(Supplier<Optional<String>> whyNot) {
        this.whyNot = whyNot;
        thread.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable looks) {
        Thread thread = new Thread(looks, "readiness");
        thread.setDaemon(true);
        return thread;
    }

    /** Returns at once. The result completes within {@link #PATIENCE}, never with an exception. */
    CompletableFuture<Optional<String>> ask() {
        return look().copy()
                .exceptionally(failure -> Optional.of("its state is unknown; see the log"))
                .completeOnTimeout(
                        Optional.of("its state is unknown after %d s; the cursor's store may hang"
                                .formatted(PATIENCE.toSeconds())),
                        PATIENCE.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private synchronized CompletableFuture<Optional<String>> look() {
        CompletableFuture<Optional<String>> known = last;
        if (known == null || (known.isDone() && System.nanoTime() - asked > FRESH.toNanos())) {
            known = CompletableFuture.supplyAsync(whyNot, thread);
            last = known;
            asked = System.nanoTime();
        }
        return known;
    }
}
