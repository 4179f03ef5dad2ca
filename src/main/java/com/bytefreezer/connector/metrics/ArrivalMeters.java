package com.bytefreezer.connector.metrics;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.spool.DatasetState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Measures at each scrape what has arrived, and what has become of it. Safe for use by several threads. */
final class ArrivalMeters {
    private final MeterRegistry registry;
    private final Arrivals arrivals;
    private final Map<String, Gauge> feeds = new ConcurrentHashMap<>();
    private final Map<DatasetName, AtomicReference<DatasetState>> datasets = new ConcurrentHashMap<>();
    private final Map<DatasetName, AtomicReference<SourceTotal>> sources = new ConcurrentHashMap<>();
    private final Set<DatasetName> packing = ConcurrentHashMap.newKeySet();
    private volatile Map<DatasetName, Long> widened = Map.of();
    private volatile Map<String, Boolean> working = Map.of();
    private volatile Set<DatasetName> failing = Set.of();
    private boolean measuresFill;

    ArrivalMeters(MeterRegistry registry, Arrivals arrivals) {
        this.registry = registry;
        this.arrivals = arrivals;
    }

    synchronized void measure() {
        working = arrivals.feeds();
        failing = arrivals.failingPacks();
        widened = arrivals.widened();
        working.keySet().forEach(this::measure);
        feeds.entrySet().removeIf(each -> {
            boolean gone = !working.containsKey(each.getKey());
            if (gone) {
                registry.remove(each.getValue());
            }
            return gone;
        });
        if (!measuresFill && arrivals.spoolFull().isPresent()) {
            measuresFill = true;
            Gauge.builder(Metrics.PREFIX + "spool.full.ratio", arrivals, now -> now.spoolFull()
                            .orElse(Double.NaN))
                    .description("How full the spool or its disk is; once it is 1, senders are refused")
                    .strongReference(true)
                    .register(registry);
        }
        arrivals.datasets().forEach(this::measure);
        arrivals.sources().forEach(this::measure);
        widened.keySet().forEach(this::measurePacks);
    }

    private void measurePacks(DatasetName name) {
        if (packing.size() < Metrics.MOST_LANES && packing.add(name)) {
            Gauge.builder(Metrics.PREFIX + "feed.pack.failing", this, now -> now.failing.contains(name) ? 1 : 0)
                    .description("1 if the last pack failed, else 0")
                    .tags(tags(name))
                    .strongReference(true)
                    .register(registry);
            FunctionCounter.builder(Metrics.PREFIX + "pack.columns.widened", this, now -> now.widened
                            .getOrDefault(name, 0L)
                            .doubleValue())
                    .description("Columns that packs have given a type that holds more values")
                    .tags(tags(name))
                    .register(registry);
        }
    }

    private void measure(String feed) {
        feeds.computeIfAbsent(feed, name -> Gauge.builder(
                        Metrics.PREFIX + "feed.up", this, now -> now.working.getOrDefault(name, false) ? 1 : 0)
                .description("Whether the feed works: 0 if it cannot reach its server, or cannot store events")
                .tags(Tags.of("feed", name))
                .strongReference(true)
                .register(registry));
    }

    private void measure(DatasetState dataset) {
        DatasetName name = new DatasetName(dataset.tenant(), dataset.dataset());
        AtomicReference<DatasetState> known = datasets.get(name);
        if (known != null) {
            known.set(dataset);
        } else if (datasets.size() < Metrics.MOST_LANES) {
            AtomicReference<DatasetState> now = new AtomicReference<>(dataset);
            datasets.put(name, now);
            Tags tags = tags(name);
            count(now, tags, "feed.events.received", "Events that feeds have acknowledged", DatasetState::received);
            count(now, tags, "feed.events.packed", "Events that are in the lake", DatasetState::packed);
            count(now, tags, "feed.events.dropped", "Events that packs have left out", DatasetState::dropped);
            count(
                    now,
                    tags,
                    "feed.events.rejected",
                    "What was no event; it is a dead letter",
                    DatasetState::deadLetters);
            gauge(now, tags, "spool.events", "Events to be packed", DatasetState::spooled);
            gauge(now, tags, "spool.bytes", "Bytes of the events to be packed", DatasetState::spoolBytes);
            gauge(
                    now,
                    tags,
                    "spool.oldest.timestamp.seconds",
                    "When the oldest event to be packed arrived",
                    state -> seconds(state.oldestSpooled()));
            gauge(
                    now,
                    tags,
                    "last.event.timestamp.seconds",
                    "When the last event arrived",
                    state -> seconds(state.lastEvent()));
        }
    }

    private void measure(SourceTotal total) {
        AtomicReference<SourceTotal> known = sources.get(total.dataset());
        if (known != null) {
            known.set(total);
        } else if (sources.size() < Metrics.MOST_LANES) {
            AtomicReference<SourceTotal> now = new AtomicReference<>(total);
            sources.put(total.dataset(), now);
            Tags tags = tags(total.dataset());
            count(now, tags, "source.objects.packed", "Source objects that are packed", SourceTotal::objects);
            count(now, tags, "source.events.packed", "Events of source objects in the lake", SourceTotal::events);
            count(
                    now,
                    tags,
                    "source.events.dropped",
                    "Events of source objects that packs have left out",
                    SourceTotal::dropped);
            count(now, tags, "source.events.rejected", "What was no event in source objects", SourceTotal::deadLetters);
        }
    }

    private static Tags tags(DatasetName name) {
        return Tags.of("tenant", name.tenant(), "dataset", name.dataset());
    }

    private <T> void count(
            AtomicReference<T> now, Tags tags, String name, String description, ToDoubleFunction<T> value) {
        FunctionCounter.builder(Metrics.PREFIX + name, now, state -> value.applyAsDouble(state.get()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void gauge(
            AtomicReference<DatasetState> now,
            Tags tags,
            String name,
            String description,
            ToDoubleFunction<DatasetState> value) {
        Gauge.builder(Metrics.PREFIX + "feed." + name, now, state -> value.applyAsDouble(state.get()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static double seconds(@Nullable String time) {
        return time == null ? Double.NaN : Instant.parse(time).toEpochMilli() / 1000.0;
    }
}
