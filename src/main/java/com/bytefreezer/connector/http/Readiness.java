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
 * Whether the process does its work. A look may take long, as where the cursor's store hangs, so it has a thread of its
 * own; those who ask at the same time share one, and nobody waits longer than {@link #PATIENCE}. Safe for use by several
 * threads.
 */
final class Readiness {
    static final Duration PATIENCE = Duration.ofSeconds(3);
    /** Many may ask. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private static final Duration IDLE = Duration.ofSeconds(30);

    private final Supplier<Optional<String>> whyNot;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, IDLE.toSeconds(), TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Readiness::thread);

    private @Nullable CompletableFuture<Optional<String>> last;
    private long asked;

    /** @param whyNot looks, and says in one line why the process is not ready; empty when it is */
    Readiness(Supplier<Optional<String>> whyNot) {
        this.whyNot = whyNot;
        thread.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable looks) {
        Thread thread = new Thread(looks, "readiness");
        thread.setDaemon(true);
        return thread;
    }

    /** Returns at once; what it returns is complete within {@link #PATIENCE}, and never by an exception. */
    CompletableFuture<Optional<String>> ask() {
        return look().copy()
                .exceptionally(failure -> Optional.of("its state cannot be found out; see the log"))
                .completeOnTimeout(
                        Optional.of("its state has not been found out within %d s; the cursor's store may hang"
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
