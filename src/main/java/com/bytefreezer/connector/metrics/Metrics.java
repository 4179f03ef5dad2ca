package com.bytefreezer.connector.metrics;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.spool.DatasetState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.jspecify.annotations.Nullable;

/**
 * Counts what the exports of this process do, for {@code GET /metrics}. Each lane has its meters from the start, so
 * that counters begin at zero; beyond {@value #MOST_LANES} lanes, the datasets of an export share meters. Batches in
 * flight are counted from Camel's events. Safe for use by several threads.
 */
public final class Metrics extends EventNotifierSupport implements AutoCloseable {
    static final int MOST_LANES = 1000;

    private static final String PREFIX = "bytefreezer.connector.";
    /** Stands for the datasets of an export without meters of their own. */
    private static final String OTHERS = "@*";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Map<Lane, Meters> lanes = new ConcurrentHashMap<>();
    /** By export and destination. */
    private final Map<Lane, Meters> shared = new ConcurrentHashMap<>();

    /** The last state of each dataset that feeds fill. */
    private final Map<DatasetName, AtomicReference<DatasetState>> datasets = new ConcurrentHashMap<>();

    private volatile Supplier<List<DatasetState>> arrivals = List::of;

    /** The last state of each dataset that source objects fill. */
    private final Map<DatasetName, AtomicReference<SourceTotal>> sources = new ConcurrentHashMap<>();

    private volatile Supplier<List<SourceTotal>> sourceTotals = List::of;

    /** Only metrics of lanes. */
    public Metrics() {
        ignoreAllEvents();
        setIgnoreExchangeEvents(false);
        setIgnoreExchangeSendingEvents(false);
        setIgnoreExchangeSentEvents(false);
    }

    /** Also metrics of the process. */
    public static Metrics ofProcess(String version) {
        Metrics metrics = new Metrics();
        metrics.measureProcess(version);
        return metrics;
    }

    private void measureProcess(String version) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        Gauge.builder(PREFIX + "info", () -> 1)
                .description("Always 1; the label says which version runs")
                .tag("version", version)
                .register(registry);
    }

    /** The counts of an export to one of its destinations. Safe for use by several threads. */
    public final class Meters {
        private final Tags tags;
        private final Counter selected;
        private final Counter accepted;
        private final Counter duplicate;
        private final Counter rejected;
        private final Counter batches;
        private final Counter bytes;
        private final Counter objects;
        private final AtomicInteger inFlight = new AtomicInteger();
        /** For each lane that shares these meters. */
        private final Map<String, List<Supplier<Number>>> measured = new ConcurrentHashMap<>();

        private Meters(String export, String destination) {
            tags = Tags.of("export", export, "destination", destination);
            selected = counter("records.selected", "Records that the query returned");
            accepted = counter("records.accepted", "Records that the destination accepted");
            duplicate = counter("records.duplicate", "Records that the destination already had");
            rejected = counter("records.rejected", "Records that the destination refused; they are dead letters");
            batches = counter("batches", "Batches that are settled");
            bytes = counter("bytes", "Size of the settled batches, as NDJSON");
            objects = counter("objects", "Objects whose records are all settled");
            gauge("batches.in.flight", "Batches being delivered to the destination", inFlight::get);
        }

        /** A batch was created; it is settled later, or its run fails. */
        public void selected(int records) {
            selected.increment(records);
        }

        /** The outcome of each record of a batch is known. */
        public void settled(Counts outcome, int size) {
            accepted.increment((double) outcome.accepted());
            duplicate.increment((double) outcome.duplicates());
            rejected.increment((double) outcome.deadLettered());
            batches.increment();
            bytes.increment(size);
        }

        /** All records of this many objects are settled. */
        public void delivered(long objectCount) {
            objects.increment((double) objectCount);
        }

        /** Measures at each scrape; NaN or a failure means unknown. */
        public void gauge(String name, String description, Supplier<Number> value) {
            List<Supplier<Number>> all = measured.computeIfAbsent(name, any -> new CopyOnWriteArrayList<>());
            all.add(value);
            if (all.size() > 1) {
                return;
            }
            Gauge.builder(PREFIX + name, () -> worst(name, all))
                    .strongReference(true)
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }

        private static double worst(String name, List<Supplier<Number>> all) {
            DoubleStream known =
                    all.stream().mapToDouble(one -> one.get().doubleValue()).filter(value -> !Double.isNaN(value));
            return (name.contains("timestamp") ? known.min() : known.max()).orElse(Double.NaN);
        }

        /** A batch is tried again; {@code code} is the reason. */
        public void retried(String code) {
            Counter.builder(PREFIX + "retries")
                    .description("Tries after the first, by HTTP status or other cause")
                    .tags(tags.and("code", code))
                    .register(registry)
                    .increment();
        }

        private Counter counter(String name, String description) {
            return Counter.builder(PREFIX + name)
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }
    }

    /** Measures the volume of a folder from now on; {@code use} says what it contains. */
    public void disk(String use, Path folder) {
        for (boolean free : new boolean[] {true, false}) {
            Gauge.builder(PREFIX + (free ? "disk.free.bytes" : "disk.total.bytes"), () -> space(folder, free))
                    .strongReference(true)
                    .description(free ? "Free space on the volume" : "Size of the volume")
                    .tag("use", use)
                    .register(registry);
        }
    }

    private static double space(Path folder, boolean free) {
        try {
            FileStore volume = Files.getFileStore(folder);
            return free ? volume.getUsableSpace() : volume.getTotalSpace();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** The meters of a lane, created at first use. */
    public Meters lane(Lane lane) {
        Meters known = lanes.get(lane);
        return known != null
                ? known
                : lanes.computeIfAbsent(
                        lane,
                        it -> lane.dataset() == null || lanes.size() < MOST_LANES
                                ? new Meters(lane.name(), lane.destination())
                                : shared.computeIfAbsent(
                                        lane.ofAll(), any -> new Meters(lane.export() + OTHERS, lane.destination())));
    }

    /** Removes the meters of a lane that no longer exists. */
    public void remove(Lane lane) {
        Meters gone = lanes.remove(lane);
        if (gone != null && !shared.containsValue(gone)) {
            List<Tag> tags = gone.tags.stream().toList();
            registry.getMeters().stream()
                    .filter(meter -> meter.getId().getTags().containsAll(tags))
                    .forEach(registry::remove);
        }
    }

    /**
     * Measures at each scrape what has arrived for each dataset, up to {@value #MOST_LANES} of them.
     *
     * @param feeds whether each feed works, by its name
     */
    public void arrivals(Supplier<List<DatasetState>> datasetStates, Supplier<Map<String, Boolean>> feeds) {
        arrivals = datasetStates;
        for (String feed : feeds.get().keySet()) {
            Gauge.builder(PREFIX + "feed.up", feeds, now -> now.get().getOrDefault(feed, false) ? 1 : 0)
                    .description("Whether the feed works: 0 if it cannot reach its server, or cannot store events")
                    .tags(Tags.of("feed", feed))
                    .strongReference(true)
                    .register(registry);
        }
    }

    private synchronized void measure(DatasetState dataset) {
        DatasetName name = new DatasetName(dataset.tenant(), dataset.dataset());
        AtomicReference<DatasetState> known = datasets.get(name);
        if (known != null) {
            known.set(dataset);
        } else if (datasets.size() < MOST_LANES) {
            AtomicReference<DatasetState> now = new AtomicReference<>(dataset);
            datasets.put(name, now);
            Tags tags = Tags.of("tenant", dataset.tenant(), "dataset", dataset.dataset());
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

    /** Measures at each scrape what has become of the source objects of each dataset, up to {@value #MOST_LANES} of them. */
    public void sources(Supplier<List<SourceTotal>> look) {
        sourceTotals = look;
    }

    private synchronized void measure(SourceTotal total) {
        AtomicReference<SourceTotal> known = sources.get(total.dataset());
        if (known != null) {
            known.set(total);
        } else if (sources.size() < MOST_LANES) {
            AtomicReference<SourceTotal> now = new AtomicReference<>(total);
            sources.put(total.dataset(), now);
            Tags tags = Tags.of(
                    "tenant",
                    total.dataset().tenant(),
                    "dataset",
                    total.dataset().dataset());
            count(now, tags, "source.objects.packed", "Source objects that are packed", SourceTotal::objects);
            count(now, tags, "source.events.packed", "Events of source objects in the lake", SourceTotal::events);
            count(now, tags, "source.events.rejected", "What was no event in source objects", SourceTotal::deadLetters);
        }
    }

    private <T> void count(
            AtomicReference<T> now, Tags tags, String name, String description, ToDoubleFunction<T> value) {
        FunctionCounter.builder(PREFIX + name, now, state -> value.applyAsDouble(state.get()))
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
        Gauge.builder(PREFIX + "feed." + name, now, state -> value.applyAsDouble(state.get()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static double seconds(@Nullable String time) {
        return time == null ? Double.NaN : Instant.parse(time).toEpochMilli() / 1000.0;
    }

    /** Everything in Prometheus' text format. */
    public String scrape() {
        arrivals.get().forEach(this::measure);
        sourceTotals.get().forEach(this::measure);
        return registry.scrape();
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending
                && isDestination(sending.getEndpoint().getEndpointUri())) {
            lane(sending.getExchange()).inFlight.incrementAndGet();
        } else if (event instanceof ExchangeSentEvent sent
                && isDestination(sent.getEndpoint().getEndpointUri())) {
            lane(sent.getExchange()).inFlight.decrementAndGet();
        }
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }

    private void ignoreAllEvents() {
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreStepEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeFailedEvents(true);
    }

    private Meters lane(Exchange exchange) {
        return lane(Lane.of(
                exchange.getVariable("export", String.class), exchange.getVariable("destination", String.class)));
    }

    private static boolean isDestination(String uri) {
        return uri.startsWith("direct://destination-");
    }
}
