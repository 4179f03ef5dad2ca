package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.lake.Period;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The newest partition of each dataset. An answer takes at most {@value #PATIENCE_SECONDS} seconds, however many
 * datasets there are and however slow the lake is; the next one starts with those not reached. Results are kept for
 * {@value #KEPT_SECONDS} seconds. Safe for use by several threads.
 */
final class Activity {
    private static final int PATIENCE_SECONDS = 2;
    private static final int KEPT_SECONDS = 60;
    /** Looks are requests that wait for the lake; more of them at once would crowd out people's requests. */
    private static final int AT_ONCE = 8;

    private static final int MOST_KEPT = 20_000;

    private final Datasets datasets;
    private final Map<DatasetName, Kept> kept = Collections.synchronizedMap(new Recent<>(MOST_KEPT));
    private final ExecutorService looks = Executors.newFixedThreadPool(AT_ONCE, task -> {
        Thread thread = new Thread(task, "newest partitions");
        thread.setDaemon(true);
        return thread;
    });

    private record Kept(Optional<Period> newest, long since) {
        private static final Duration LIFE = Duration.ofSeconds(KEPT_SECONDS);

        boolean isFresh() {
            return System.nanoTime() - since < LIFE.toNanos();
        }
    }

    Activity(Datasets datasets) {
        this.datasets = datasets;
    }

    /** The partitions found in time, without datasets whose partitions have no date or that cannot be read. */
    Map<DatasetName, Period> of(Collection<DatasetName> names) {
        // A copy: other threads may look meanwhile.
        Set<DatasetName> old = names.stream().filter(kept::containsKey).collect(Collectors.toSet());
        List<Callable<Void>> unknown = names.stream()
                .filter(name -> {
                    Kept known = kept.get(name);
                    return known == null || !known.isFresh();
                })
                .sorted(Comparator.comparing(old::contains))
                .map(name -> (Callable<Void>) () -> {
                    look(name);
                    return null;
                })
                .toList();
        try {
            looks.invokeAll(unknown, PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Map<DatasetName, Period> newest = new HashMap<>();
        for (DatasetName name : names) {
            Kept known = kept.get(name);
            if (known != null) {
                known.newest.ifPresent(period -> newest.put(name, period));
            }
        }
        return newest;
    }

    private void look(DatasetName name) {
        // Until it is found, other datasets come first.
        kept.putIfAbsent(name, new Kept(Optional.empty(), System.nanoTime() - Kept.LIFE.toNanos()));
        Optional<Period> newest = Optional.empty();
        try {
            newest = datasets.newest(name);
        } catch (RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            // The failure is reported when the dataset is opened.
        }
        kept.put(name, new Kept(newest, System.nanoTime()));
    }
}
