package com.bytefreezer.connector.operate;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a system that may hang, such as the cursor's store, and does not wait long: while one answer is late, no one
 * else waits at all. Safe for use by several threads.
 */
final class Patience {
    private static final Duration MOST = Duration.ofSeconds(2);

    private final ExecutorService threads = Executors.newCachedThreadPool(look -> {
        Thread thread = new Thread(look, "status");
        thread.setDaemon(true);
        return thread;
    });
    private volatile @Nullable CompletableFuture<?> late;

    /** The answer; empty if it does not come in time. Throws what {@code look} throws. */
    <T> Optional<T> ask(Supplier<T> look) {
        CompletableFuture<?> before = late;
        if (before != null && !before.isDone()) {
            return Optional.empty();
        }
        CompletableFuture<T> asked = CompletableFuture.supplyAsync(look, threads);
        try {
            return Optional.of(asked.get(MOST.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            late = asked;
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
