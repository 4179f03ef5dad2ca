package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.FeedConsumer;
import com.bytefreezer.connector.receive.Messages;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.signs.Seldom;
import com.bytefreezer.connector.text.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches messages, hands them to the route until they are stored, and acknowledges them; only then it fetches more. What
 * a stop leaves without an acknowledgment is sent again, and the spool knows it by its id.
 */
final class FetchConsumer extends FeedConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(FetchConsumer.class);
    private static final long STORE_PAUSE_MILLIS = 1000;
    private static final long OPEN_PAUSE_MILLIS = 3000;
    private static final long STOP_MILLIS = 10_000;

    private final String feed;
    private final Source.Opener opener;
    private final int threadCount;
    private final Seldom fullSpool = new Seldom();
    private final Seldom failures = new Seldom();
    private final AtomicBoolean fails = new AtomicBoolean();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final List<Fetcher> fetchers = new ArrayList<>();

    FetchConsumer(Endpoint endpoint, Processor processor, String feed, Source.Opener opener, int threadCount) {
        super(endpoint, processor);
        this.feed = feed;
        this.opener = opener;
        this.threadCount = threadCount;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        hindered("It has not reached its server yet.");
        for (int i = 1; i <= threadCount; i++) {
            Fetcher fetcher = new Fetcher("feed-%s-%d".formatted(feed, i));
            fetcher.thread.start();
            fetchers.add(fetcher);
        }
    }

    @Override
    protected void doStop() throws Exception {
        stopping.countDown();
        for (Fetcher each : fetchers) {
            each.wake();
        }
        for (Fetcher each : fetchers) {
            // A server that does not answer holds up nothing: what is stored and not acknowledged comes again.
            each.thread.join(STOP_MILLIS);
        }
        fetchers.clear();
        super.doStop();
    }

    private boolean isEnding() {
        return stopping.getCount() == 0;
    }

    private void failed(Exception e) throws InterruptedException {
        if (!isEnding()) {
            fails.set(true);
            String why = PlainText.sentence(Failures.describe(e));
            hindered(why);
            if (failures.add(1) > 0) {
                LOG.warn(
                        "feed {}: {} Messages stay where they are. It tries again every {} seconds.",
                        feed,
                        why,
                        OPEN_PAUSE_MILLIS / 1000);
            }
            stopping.await(OPEN_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private Optional<Exception> storeAll(List<Fetched> some) {
        return store(new Messages(feed, some.stream().map(Fetched::message).toList()));
    }

    /** On one thread. */
    private final class Fetcher implements Runnable {
        private final Thread thread;
        private volatile @Nullable Source source;
        private volatile boolean isFetching;
        /** On disk, but the server may not know it. */
        private List<Fetched> stored = List.of();
        /** To acknowledge these, in vain so far. */
        private @Nullable Source asked;

        private Fetcher(String name) {
            thread = new Thread(this, name);
            thread.setDaemon(true);
        }

        /** Ends the wait for messages. */
        void wake() {
            if (isFetching) {
                close();
            }
        }

        @Override
        public void run() {
            try {
                while (!isEnding()) {
                    try {
                        step();
                    } catch (InterruptedException e) {
                        throw e;
                    } catch (Exception e) {
                        close();
                        failed(e);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
            }
        }

        private void step() throws Exception {
            Source former = source;
            Source now = former == null ? opener.open() : former;
            source = now;
            acknowledge(now);
            if (!fails.get()) {
                hindered("");
            }
            isFetching = true;
            List<Fetched> some = isEnding() ? List.of() : now.fetch();
            isFetching = false;
            if (fails.getAndSet(false)) {
                hindered("");
                LOG.info("feed {}: it fetches messages again.", feed);
            }
            if (!some.isEmpty() && store(now, some)) {
                stored = some;
                acknowledge(now);
            }
        }

        private void acknowledge(Source now) throws Exception {
            if (!stored.isEmpty()) {
                List<Fetched> some = stored;
                boolean isLast = asked != null && asked != now;
                if (isLast) {
                    // The last time: what has them may be gone, and if not, it sends them again, and the spool knows
                    // them.
                    stored = List.of();
                }
                asked = isLast ? null : now;
                now.acknowledge(some);
                stored = List.of();
                asked = null;
            }
        }

        /** Whether they are on disk; a stop does not wait until the disk works again. */
        private boolean store(Source now, List<Fetched> some) throws Exception {
            Moment held = Moment.now();
            for (Optional<Exception> failure = storeAll(some); failure.isPresent(); failure = storeAll(some)) {
                if (fullSpool.add(1) > 0) {
                    LOG.warn(
                            "feed {}: {} It fetches no more, and tries again every second.",
                            feed,
                            Failures.describe(failure.get()));
                }
                if (stopping.await(STORE_PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                    return false;
                }
                if (held.past().compareTo(now.patience()) >= 0) {
                    held = Moment.now();
                    now.hold(some);
                }
            }
            return true;
        }

        private synchronized void close() {
            isFetching = false;
            Source former = source;
            source = null;
            if (former != null) {
                former.close();
            }
        }
    }
}
