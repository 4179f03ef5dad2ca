package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.log.RecentLines;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The threads of all lanes. A lane with nothing to do has none; {@link Turns} limits how many lanes have some. A thread
 * knows its lane and passes it on to the work that it submits. Safe for use by several threads.
 */
final class LaneThreads implements AutoCloseable {
    /** Does the work of all lanes. */
    private static final Lane NO_LANE = new Lane("", "");

    private static final int SECONDS_TO_KEEP = 15;
    private static final int SECONDS_TO_END = 5;

    private static final ThreadLocal<@Nullable Lane> CURRENT = new ThreadLocal<>();
    private final Map<Lane, RecentLines> lines = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, SECONDS_TO_KEEP, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                Thread thread = new Thread(work, "lane-" + number.incrementAndGet());
                thread.setDaemon(true);
                return thread;
            });

    /** Does {@code work} for {@code lane} in a thread of its own. */
    void execute(Lane lane, Runnable work) {
        threads.execute(() -> runFor(lane, work));
    }

    /** The last lines that the work of a lane has logged. */
    RecentLines lines(Lane lane) {
        return lines.computeIfAbsent(lane, any -> new RecentLines());
    }

    /** Forgets the lines of a lane that is gone. */
    void forget(Lane lane) {
        lines.remove(lane);
    }

    /** A pool with {@code size} threads for each lane, first come, first served. */
    ExecutorService poolOfEachLane(int size) {
        return new Pool(size);
    }

    /** Interrupts the work under way. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void runFor(Lane lane, Runnable work) {
        Lane before = CURRENT.get();
        CURRENT.set(lane);
        try {
            lines(lane).during(work);
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    private final class Pool extends AbstractExecutorService {
        private final int size;
        private final Map<Lane, Work> lanes = new HashMap<>();

        /** The pool of one lane; guarded by {@link #lanes}. */
        private static final class Work {
            private final Queue<Runnable> waiting = new ArrayDeque<>();
            private int running;
        }

        private Pool(int size) {
            this.size = size;
        }

        @Override
        public void execute(Runnable task) {
            Lane lane = CURRENT.get() == null ? NO_LANE : CURRENT.get();
            synchronized (lanes) {
                Work work = lanes.computeIfAbsent(lane, name -> new Work());
                if (work.running == size) {
                    work.waiting.add(task);
                    return;
                }
                work.running++;
            }
            try {
                LaneThreads.this.execute(lane, () -> run(lane, task));
            } catch (RuntimeException | Error e) {
                next(lane);
                throw e;
            }
        }

        private void run(Lane lane, Runnable first) {
            for (Runnable task = first; task != null; task = next(lane)) {
                task.run();
            }
        }

        private @Nullable Runnable next(Lane lane) {
            synchronized (lanes) {
                Work work = lanes.get(lane);
                Runnable next = work == null || isShutdown() ? null : work.waiting.poll();
                if (work != null && next == null && --work.running == 0) {
                    lanes.remove(lane);
                }
                return next;
            }
        }

        @Override
        public void shutdown() {
            // The pools share the threads.
        }

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return threads.isShutdown();
        }

        @Override
        public boolean isTerminated() {
            return threads.isTerminated();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
            return threads.awaitTermination(timeout, unit);
        }
    }
}
