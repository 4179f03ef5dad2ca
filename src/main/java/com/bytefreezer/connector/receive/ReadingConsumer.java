package com.bytefreezer.connector.receive;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/** Reads, on a thread of its own, until the feed stops: whatever fails, it goes on after a pause. */
public abstract class ReadingConsumer extends FeedConsumer {
    private static final long STORE_PAUSE_MILLIS = 1000;

    private final String feed;
    private final int pauseSeconds;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private @Nullable Thread thread;

    /** @param pauseSeconds before it reads again */
    protected ReadingConsumer(Endpoint endpoint, Processor processor, String feed, int pauseSeconds) {
        super(endpoint, processor);
        this.feed = feed;
        this.pauseSeconds = pauseSeconds;
    }

    /** Reads what there is, or until something fails; on the feed's thread. */
    protected abstract void read() throws InterruptedException;

    /** Ends a wait of {@link #read} for its server. For any thread. */
    protected void wake() {}

    /** It reads no more; on the feed's thread. */
    protected void ended() {}

    /** For any thread. */
    protected final boolean isEnding() {
        return stopping.getCount() == 0;
    }

    /** Waits; shorter if the feed stops. */
    protected final void pause(long millis) throws InterruptedException {
        stopping.await(millis, TimeUnit.MILLISECONDS);
    }

    /**
     * Stores it, again and again until it is on disk.
     *
     * @param failed gets why it is not, each time
     * @return false: the feed stops, and it is not
     */
    protected final boolean storeUntilDone(Records some, Consumer<Exception> failed) throws InterruptedException {
        while (!isEnding()) {
            Optional<Exception> failure = store(some);
            if (failure.isEmpty()) {
                return true;
            }
            failed.accept(failure.get());
            pause(STORE_PAUSE_MILLIS);
        }
        return false;
    }

    private void run() {
        try {
            while (!isEnding()) {
                read();
                pause(TimeUnit.SECONDS.toMillis(pauseSeconds));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended();
        }
    }

    @Override
    protected final void doStart() throws Exception {
        super.doStart();
        thread = new Thread(this::run, "feed-" + feed);
        thread.start();
    }

    @Override
    protected final void doStop() throws Exception {
        stopping.countDown();
        wake();
        if (thread != null) {
            thread.join();
        }
        super.doStop();
    }
}
