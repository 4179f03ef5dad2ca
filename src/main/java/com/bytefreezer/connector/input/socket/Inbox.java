package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.receive.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What has been read from senders and is not yet on disk, within a limit. Safe for use by several threads.
 */
final class Inbox {
    /** What an object takes beside its bytes. */
    private static final int OVERHEAD = 64;

    private final long most;
    private final long together;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final List<Runnable> waiting = new ArrayList<>();
    /** With those under way to the disk. */
    private long held;

    private boolean closed;

    /**
     * An empty one.
     *
     * @param most bytes beyond which there is no room
     * @param together bytes that go to the disk at once
     */
    Inbox(long most, long together) {
        this.most = most;
        this.together = together;
    }

    /** Takes them in any case, and says whether there is room for more. */
    synchronized boolean add(List<Frame> more) {
        frames.addAll(more);
        more.forEach(frame -> held += size(frame));
        notifyAll();
        return held < most;
    }

    /** Runs {@code resume} once, as soon as there is room. */
    void whenRoom(Runnable resume) {
        synchronized (this) {
            if (held >= most) {
                waiting.add(resume);
                return;
            }
        }
        resume.run();
    }

    /** Waits until there is room, or for {@code millis}. */
    synchronized boolean awaitRoom(long millis) throws InterruptedException {
        long begun = System.nanoTime();
        for (long rest = millis; held >= most && rest > 0; rest = millis - nanosSince(begun) / 1_000_000) {
            wait(rest);
        }
        return held < most;
    }

    private static long nanosSince(long begun) {
        return System.nanoTime() - begun;
    }

    /** Waits for frames; empty once it is closed and has no more. */
    synchronized List<Frame> take() throws InterruptedException {
        while (frames.isEmpty() && !closed) {
            wait();
        }
        List<Frame> some = new ArrayList<>();
        for (long bytes = 0; !frames.isEmpty() && bytes < together; bytes += size(some.get(some.size() - 1))) {
            some.add(frames.remove());
        }
        return some;
    }

    /** Makes room: these are on disk. */
    void stored(List<Frame> some) {
        List<Runnable> resumed;
        synchronized (this) {
            some.forEach(frame -> held -= size(frame));
            if (held >= most) {
                return;
            }
            resumed = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        resumed.forEach(Runnable::run);
    }

    /** Lets {@link #take} come to its end. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private static long size(Frame frame) {
        return (long) frame.size() + OVERHEAD;
    }
}
